using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire;

namespace Busbar.Protocols.Translation.Request;

/// <summary>
/// The web search that four vendors run themselves, from the entry of one into the entry of another. Chat Completions has no entry but the field
/// <c>web_search_options</c>, whose value stands for it.
/// </summary>
internal static class WebSearchTool
{
    private static readonly JsonText SearchName = JsonText.From("web_search");

    /// <summary>
    /// <paramref name="tool"/>, a tool its vendor runs, as <paramref name="egress"/> spells it. False when it is no web search or there is none at
    /// <paramref name="egress"/>. What of its settings has no place there is noted.
    /// </summary>
    public static bool TryTranslate(in Tool tool, ProtocolId egress, IrArena arena, ref Losses losses, out Tool translated)
    {
        translated = default;
        using var tape = new JsonTape();
        if (tool.Raw.IsAbsent || egress is ProtocolId.Bedrock or ProtocolId.Cohere || !tape.TryParse(tool.Raw.Raw) || !IsWebSearch(tool, tape.Root))
        {
            return false;
        }

        Settings settings = Read(tool.Origin, tape.Root);
        using var entry = new PooledBuffer(256);
        var json = new JsonWriter(entry);
        json.StartObject();
        bool isWhole = Write(settings, egress, json);
        json.EndObject();
        if (!isWhole)
        {
            losses.Add(LossField.HostedTool);
        }

        translated = new()
        {
            Kind = ToolKind.Hosted,
            Name = egress is ProtocolId.Anthropic or ProtocolId.Responses ? SearchName : default,
            Raw = new(arena.Store(entry.Span)),
            Origin = egress,
        };
        return true;
    }

    private static bool IsWebSearch(in Tool tool, JsonNode entry) => tool.Origin switch
    {
        ProtocolId.OpenAI => tool.Name.Is("web_search_options"u8),
        ProtocolId.Gemini => tool.Name.Is("googleSearch"u8) || tool.Name.Is("google_search"u8),
        ProtocolId.Anthropic or ProtocolId.Responses => entry["type"u8].Text.Span.StartsWith("web_search"u8),
        _ => false,
    };

    private static Settings Read(ProtocolId origin, JsonNode entry)
    {
        JsonNode location = entry["user_location"u8];
        JsonNode filters = origin == ProtocolId.Responses ? entry["filters"u8] : entry;
        return new()
        {
            Location = location["approximate"u8].IsObject ? location["approximate"u8] : location,
            Allowed = filters["allowed_domains"u8],
            Blocked = filters["blocked_domains"u8],
            Depth = entry["search_context_size"u8],
            Uses = entry["max_uses"u8],
        };
    }

    // False when a setting was left out.
    private static bool Write(in Settings settings, ProtocolId egress, JsonWriter output)
    {
        bool hasDomains = settings.Allowed.IsArray || settings.Blocked.IsArray;
        switch (egress)
        {
            case ProtocolId.Gemini:
                output.StartObject("googleSearch"u8);
                output.EndObject();
                return !hasDomains && settings is { Location.IsNull: true, Depth.IsNull: true, Uses.IsNull: true };
            case ProtocolId.Anthropic:
                output.Literal("type"u8, "web_search_20250305"u8);
                output.Literal("name"u8, "web_search"u8);
                WriteDomains(settings, output);
                WriteLocation(settings.Location, nested: false, output);
                return settings.Depth.IsNull;
            case ProtocolId.Responses:
                output.Literal("type"u8, "web_search"u8);
                if (settings.Allowed.IsArray)
                {
                    output.StartObject("filters"u8);
                    output.Raw("allowed_domains"u8, settings.Allowed.Raw);
                    output.EndObject();
                }

                WriteDepth(settings, output);
                WriteLocation(settings.Location, nested: false, output);
                return !settings.Blocked.IsArray && settings.Uses.IsNull;
            default:
                WriteDepth(settings, output);
                WriteLocation(settings.Location, nested: true, output);
                return !hasDomains && settings.Uses.IsNull;
        }
    }

    // Messages takes one of the two lists.
    private static void WriteDomains(in Settings settings, JsonWriter output)
    {
        if (settings.Allowed.IsArray)
        {
            output.Raw("allowed_domains"u8, settings.Allowed.Raw);
        }
        else if (settings.Blocked.IsArray)
        {
            output.Raw("blocked_domains"u8, settings.Blocked.Raw);
        }
    }

    private static void WriteDepth(in Settings settings, JsonWriter output)
    {
        if (settings.Depth.IsString)
        {
            output.Raw("search_context_size"u8, settings.Depth.Raw);
        }
    }

    private static void WriteLocation(JsonNode location, bool nested, JsonWriter output)
    {
        if (!location.IsObject)
        {
            return;
        }

        output.StartObject("user_location"u8);
        output.Literal("type"u8, "approximate"u8);
        if (nested)
        {
            output.StartObject("approximate"u8);
        }

        Copy("city"u8, location, output);
        Copy("country"u8, location, output);
        Copy("region"u8, location, output);
        Copy("timezone"u8, location, output);
        if (nested)
        {
            output.EndObject();
        }

        output.EndObject();
    }

    private static void Copy(ReadOnlySpan<byte> name, JsonNode location, JsonWriter output)
    {
        if (location[name].IsString)
        {
            output.Raw(name, location[name].Raw);
        }
    }

    private struct Settings
    {
        public JsonNode Location;
        public JsonNode Allowed;
        public JsonNode Blocked;
        public JsonNode Depth;
        public JsonNode Uses;
    }
}
