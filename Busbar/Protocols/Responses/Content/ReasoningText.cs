using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses.Content;

/// <summary>The words of a <c>reasoning</c> item: its summary parts, then its full text parts, set apart by an empty line.</summary>
internal static class ReasoningText
{
    /// <summary>What stands between two parts, JSON-escaped.</summary>
    public static ReadOnlySpan<byte> Separator => @"\n\n"u8;

    /// <summary>All words of <paramref name="item"/>; empty when it has none.</summary>
    public static JsonText Read(JsonNode item, IrArena arena)
    {
        JsonText only = JsonText.Empty;
        PooledBuffer? joined = null;
        Collect(item["summary"u8], ref only, ref joined);
        Collect(item["content"u8], ref only, ref joined);
        if (joined is null)
        {
            return only;
        }

        using (joined)
        {
            return arena.StoreText(joined.Span);
        }
    }

    private static void Collect(JsonNode parts, ref JsonText only, ref PooledBuffer? joined)
    {
        foreach (JsonNode part in parts.Items)
        {
            JsonText text = part["text"u8].Text;
            if (text.IsNullOrEmpty)
            {
                continue;
            }

            if (only.IsNullOrEmpty)
            {
                only = text;
                continue;
            }

            if (joined is null)
            {
                joined = new PooledBuffer();
                joined.Write(only.Span);
            }

            joined.Write(Separator);
            joined.Write(text.Span);
        }
    }
}
