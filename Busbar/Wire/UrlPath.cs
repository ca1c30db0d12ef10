using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Busbar.Wire;

/// <summary>
/// Percent-encoding of URL path text (RFC 3986): unreserved characters stay, every other UTF-8 byte becomes <c>%XX</c> in upper case.
/// </summary>
internal static class UrlPath
{
    private const string UpperHex = "0123456789ABCDEF";
    private const string Unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";

    private static readonly SearchValues<char> SegmentCharacters = SearchValues.Create(Unreserved);
    private static readonly SearchValues<char> PathCharacters = SearchValues.Create(Unreserved + "/");

    /// <summary>Encodes one path segment; a slash becomes <c>%2F</c>.</summary>
    public static string EncodeSegment(string text) => Encode(text, SegmentCharacters);

    /// <summary>Encodes a path and keeps its slashes. A path that is encoded already is encoded once more (<c>%3A</c> to <c>%253A</c>).</summary>
    public static string EncodePath(string text) => Encode(text, PathCharacters);

    /// <summary>Decodes <paramref name="segment"/> exactly once. False when an escape is malformed or the bytes are no UTF-8.</summary>
    public static bool TryDecode(string segment, out string text)
    {
        text = segment;
        if (!segment.Contains('%'))
        {
            return true;
        }

        using var bytes = new PooledBuffer(segment.Length * 3);
        Span<byte> plain = bytes.GetSpan(segment.Length * 3);
        int length = Encoding.UTF8.GetBytes(segment, plain);
        int written = 0;
        for (int index = 0; index < length; index++, written++)
        {
            byte value = plain[index];
            if (value == (byte)'%')
            {
                if (index + 2 >= length || !char.IsAsciiHexDigit((char)plain[index + 1]) || !char.IsAsciiHexDigit((char)plain[index + 2]))
                {
                    return false;
                }

                value = (byte)((HexValue(plain[index + 1]) << 4) | HexValue(plain[index + 2]));
                index += 2;
            }

            plain[written] = value;
        }

        if (!Utf8.IsValid(plain[..written]))
        {
            return false;
        }

        text = Encoding.UTF8.GetString(plain[..written]);
        return true;
    }

    private static int HexValue(byte digit) => digit <= (byte)'9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private static string Encode(string text, SearchValues<char> kept)
    {
        if (!text.AsSpan().ContainsAnyExcept(kept))
        {
            return text;
        }

        var encoded = new StringBuilder(text.Length + 16);
        foreach (byte value in Encoding.UTF8.GetBytes(text))
        {
            if (kept.Contains((char)value))
            {
                encoded.Append((char)value);
            }
            else
            {
                encoded.Append('%').Append(UpperHex[value >> 4]).Append(UpperHex[value & 0xF]);
            }
        }

        return encoded.ToString();
    }
}
