using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic.Content;

/// <summary>The <c>cache_control</c> object: <c>{"type":"ephemeral","ttl":"5m"|"1h"}</c>.</summary>
internal static class CacheControl
{
    /// <summary>Reads the mark; null and missing mean none. False when the object says more than a mark can hold.</summary>
    public static bool TryRead(JsonNode node, out CacheMark mark)
    {
        mark = CacheMark.None;
        if (node.IsNull)
        {
            return true;
        }

        var fields = new MemberReader(node);
        if (!fields.Take("type"u8).Text.Is("ephemeral"u8))
        {
            return false;
        }

        JsonNode ttl = fields.Take("ttl"u8);
        mark = ttl.Text.Is("1h"u8) ? CacheMark.Long : ttl.Text.Is("5m"u8) ? CacheMark.Short : CacheMark.Default;
        return !fields.HasOthers && (mark != CacheMark.Default || ttl.IsNull);
    }

    /// <summary>Writes the member, or nothing for no mark.</summary>
    public static void Write(CacheMark mark, JsonWriter output)
    {
        switch (mark)
        {
            case CacheMark.Default: output.Raw("cache_control"u8, """{"type":"ephemeral"}"""u8); break;
            case CacheMark.Short: output.Raw("cache_control"u8, """{"type":"ephemeral","ttl":"5m"}"""u8); break;
            case CacheMark.Long: output.Raw("cache_control"u8, """{"type":"ephemeral","ttl":"1h"}"""u8); break;
        }
    }
}
