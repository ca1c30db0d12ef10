using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock.Content;

/// <summary>The <c>{"cachePoint":{"type":"default","ttl":"5m"|"1h"}}</c> element, which stands behind what it closes.</summary>
internal static class CachePoints
{
    /// <summary>Reads an element that is a cache point and nothing else, and that says no more than a mark holds.</summary>
    public static bool TryRead(JsonNode element, out CacheMark mark)
    {
        var fields = new MemberReader(element);
        var point = new MemberReader(fields.Take("cachePoint"u8));
        bool isDefault = point.Take("type"u8).Text.Is("default"u8);
        JsonNode ttl = point.Take("ttl"u8);
        mark = ttl.Text.Is("1h"u8) ? CacheMark.Long : ttl.Text.Is("5m"u8) ? CacheMark.Short : CacheMark.Default;
        return isDefault && !point.HasOthers && !fields.HasOthers && (ttl.IsMissing || mark != CacheMark.Default);
    }

    /// <summary>Writes the element as the next value, or nothing for no mark.</summary>
    public static void Write(CacheMark mark, JsonWriter output)
    {
        switch (mark)
        {
            case CacheMark.Default: output.Raw("""{"cachePoint":{"type":"default"}}"""u8); break;
            case CacheMark.Short: output.Raw("""{"cachePoint":{"type":"default","ttl":"5m"}}"""u8); break;
            case CacheMark.Long: output.Raw("""{"cachePoint":{"type":"default","ttl":"1h"}}"""u8); break;
        }
    }

    /// <summary>
    /// The mark to write behind <paramref name="block"/>: its own, or that of a nested block, inside which there is no place for one.
    /// </summary>
    public static CacheMark After(Block block)
    {
        CacheMark mark = block.Cache;
        for (int index = (block.Children?.Count ?? 0) - 1; index >= 0 && mark == CacheMark.None; index--)
        {
            mark = block.Children![index].Cache;
        }

        return mark;
    }
}
