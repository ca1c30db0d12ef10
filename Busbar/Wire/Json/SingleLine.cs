using System.Buffers;

namespace Busbar.Wire.Json;

/// <summary>
/// Keeps copied JSON on one line, because a line break would end the <c>data</c> field of the event. Inside JSON strings breaks are always
/// escaped, so a raw one is white space between tokens.
/// </summary>
internal static class SingleLine
{
    private static readonly SearchValues<byte> Breaks = SearchValues.Create((byte)'\r', (byte)'\n');

    /// <summary>Removes line breaks from everything written to <paramref name="output"/> after its first <paramref name="start"/> bytes.</summary>
    public static void Enforce(PooledBuffer output, int start)
    {
        if (!output.Span[start..].ContainsAny(Breaks))
        {
            return;
        }

        using var flat = new PooledBuffer(output.Length - start);
        foreach (byte value in output.Span[start..])
        {
            if (!Breaks.Contains(value))
            {
                flat.Write(value);
            }
        }

        output.Truncate(start);
        output.Write(flat.Span);
    }
}
