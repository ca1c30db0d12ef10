using Busbar.Wire.Json;

namespace Busbar.Protocols;

/// <summary>What a request may say of the web search that a vendor runs itself. What it does not say is missing.</summary>
internal struct WebSearchSettings
{
    /// <summary>Where the user is.</summary>
    public JsonNode Location;

    /// <summary>The only sites that are searched.</summary>
    public JsonNode Allowed;

    /// <summary>Sites that are not searched.</summary>
    public JsonNode Blocked;

    /// <summary>How much is read of what is found.</summary>
    public JsonNode Depth;

    /// <summary>How often is searched at most.</summary>
    public JsonNode Uses;

    /// <summary>Whether sites are named.</summary>
    public readonly bool HasDomains => Allowed.IsArray || Blocked.IsArray;

    /// <summary>Writes <see cref="Depth"/> where it is said.</summary>
    public readonly void WriteDepth(JsonWriter output)
    {
        if (Depth.IsString)
        {
            output.Raw("search_context_size"u8, Depth.Raw);
        }
    }

    /// <summary>Writes <see cref="Location"/> where it is said; <paramref name="nested"/> in an object <c>approximate</c> of its own.</summary>
    public readonly void WriteLocation(bool nested, JsonWriter output)
    {
        if (!Location.IsObject)
        {
            return;
        }

        output.StartObject("user_location"u8);
        output.Literal("type"u8, "approximate"u8);
        if (nested)
        {
            output.StartObject("approximate"u8);
        }

        Copy("city"u8, output);
        Copy("country"u8, output);
        Copy("region"u8, output);
        Copy("timezone"u8, output);
        if (nested)
        {
            output.EndObject();
        }

        output.EndObject();
    }

    private readonly void Copy(ReadOnlySpan<byte> name, JsonWriter output)
    {
        if (Location[name].IsString)
        {
            output.Raw(name, Location[name].Raw);
        }
    }
}
