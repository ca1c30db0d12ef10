using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Request.Tools;

/// <summary>
/// The web search that several vendors run themselves, from the entry of one into the entry of another.
/// </summary>
internal static class WebSearchTool
{
    /// <summary>
    /// <paramref name="tool"/>, a tool its vendor runs, as <paramref name="egress"/> spells it. False when it is no web search or there is none at
    /// <paramref name="egress"/>. What of its settings has no place there is noted.
    /// </summary>
    public static bool TryTranslate(in Tool tool, ProtocolId egress, IrArena arena, ref Losses losses, out Tool translated)
    {
        translated = default;
        using var tape = new JsonTape();
        if (tool.Raw.IsAbsent || !tape.TryParse(tool.Raw.Raw) || !ProtocolTable.Get(tool.Origin).IsWebSearch(tool, tape.Root))
        {
            return false;
        }

        Protocol target = ProtocolTable.Get(egress);
        using var entry = new PooledBuffer(256);
        var json = new JsonWriter(entry);
        json.StartObject();
        if (target.WriteWebSearch(Read(ProtocolTable.Get(tool.Origin), tape.Root), json) is not { } isWhole)
        {
            return false;
        }

        json.EndObject();
        if (!isWhole)
        {
            losses.Add(LossField.HostedTool);
        }

        translated = new()
        {
            Kind = ToolKind.Hosted,
            Name = target.Tools.SearchName,
            Raw = new(arena.Store(entry.Span)),
            Origin = egress,
        };
        return true;
    }

    private static WebSearchSettings Read(Protocol origin, JsonNode entry)
    {
        JsonNode location = entry["user_location"u8];
        JsonNode sites = origin.WebSearchSites(entry);
        return new()
        {
            Location = location["approximate"u8].IsObject ? location["approximate"u8] : location,
            Allowed = sites["allowed_domains"u8],
            Blocked = sites["blocked_domains"u8],
            Depth = entry["search_context_size"u8],
            Uses = entry["max_uses"u8],
        };
    }
}
