using System.Text;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Response;

/// <summary>
/// Converts positions in a text between the units in which protocols count them. Positions are those of the decoded text, not of its escaped form.
/// </summary>
internal static class TextOffsets
{
    /// <summary>
    /// <paramref name="offset"/> in <paramref name="text"/>, given in <paramref name="from"/>, expressed in <paramref name="to"/>. A position inside
    /// a character counts as its start; one beyond the end as the end; a negative one is unknown and stays -1.
    /// </summary>
    public static long Convert(JsonText text, long offset, TextUnit from, TextUnit to)
    {
        if (offset < 0)
        {
            return -1;
        }

        if (!text.HasEscapes)
        {
            return Walk(text.Span, offset, from, to);
        }

        using var plain = new PooledBuffer(text.Escaped.Length + 1);
        JsonEscaping.Unescape(text.Span, plain);
        return Walk(plain.Span, offset, from, to);
    }

    /// <summary>Length of the decoded <paramref name="text"/> in <paramref name="unit"/>; for carrying positions across several parts.</summary>
    public static long Length(JsonText text, TextUnit unit) => Convert(text, long.MaxValue, TextUnit.Scalar, unit);

    private static long Walk(ReadOnlySpan<byte> utf8, long offset, TextUnit from, TextUnit to)
    {
        if (Ascii.IsValid(utf8))
        {
            return Math.Min(offset, utf8.Length);
        }

        long source = 0;
        long result = 0;
        while (!utf8.IsEmpty)
        {
            Rune.DecodeFromUtf8(utf8, out Rune rune, out int bytes);
            source += Units(rune, bytes, from);
            if (source > offset)
            {
                break;
            }

            result += Units(rune, bytes, to);
            utf8 = utf8[bytes..];
        }

        return result;
    }

    private static int Units(Rune rune, int bytes, TextUnit unit) => unit switch
    {
        TextUnit.Utf8 => bytes,
        TextUnit.Utf16 => rune.Utf16SequenceLength,
        _ => 1,
    };
}
