using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI.Content;

/// <summary>The member <c>prompt_cache_breakpoint</c> of content parts, which both of the vendor's APIs have.</summary>
internal static class CacheBreakpoints
{
    /// <summary>The mark of <paramref name="part"/>. <c>cache_control</c> is what hosts of other vendors' models take in its place.</summary>
    public static CacheMark Read(JsonNode part)
    {
        JsonNode mark = part["prompt_cache_breakpoint"u8];
        if (!mark.IsObject)
        {
            mark = part["cache_control"u8];
        }

        if (!mark.IsObject)
        {
            return CacheMark.None;
        }

        JsonText lifetime = mark["ttl"u8].Text;
        return lifetime.Is("30m"u8) || lifetime.Is("5m"u8) ? CacheMark.Short : lifetime.Is("12h"u8) || lifetime.Is("1h"u8) ? CacheMark.Long
            : CacheMark.Default;
    }

    /// <summary>Writes the member into the open part; nothing for <see cref="CacheMark.None"/>.</summary>
    public static void Write(CacheMark mark, JsonWriter output)
    {
        if (mark == CacheMark.None)
        {
            return;
        }

        output.StartObject("prompt_cache_breakpoint"u8);
        output.Literal("mode"u8, "explicit"u8);
        if (mark != CacheMark.Default)
        {
            output.Literal("ttl"u8, mark == CacheMark.Long ? "12h"u8 : "30m"u8);
        }

        output.EndObject();
    }
}
