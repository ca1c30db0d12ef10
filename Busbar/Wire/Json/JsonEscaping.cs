using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Busbar.Wire.Json;

/// <summary>
/// JSON string escaping and unescaping over UTF-8 (RFC 8259, section 7), without intermediate UTF-16 strings.
/// Only what the grammar demands is escaped, so text keeps its bytes.
/// </summary>
internal static class JsonEscaping
{
    private static readonly SearchValues<byte> MustEscape = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(value => (byte)value), (byte)'"', (byte)'\\']);

    /// <summary>Appends <paramref name="plain"/> to <paramref name="output"/> as the inside of a JSON string.</summary>
    public static void Escape(ReadOnlySpan<byte> plain, PooledBuffer output)
    {
        while (true)
        {
            int next = plain.IndexOfAny(MustEscape);
            if (next < 0)
            {
                output.Write(plain);
                return;
            }

            output.Write(plain[..next]);
            WriteEscape(plain[next], output);
            plain = plain[(next + 1)..];
        }
    }

    /// <summary>
    /// Appends the plain UTF-8 of <paramref name="escaped"/>, the inside of a valid JSON string. An unpaired surrogate escape, which
    /// has no UTF-8 form, becomes U+FFFD.
    /// </summary>
    public static void Unescape(ReadOnlySpan<byte> escaped, PooledBuffer output)
    {
        while (true)
        {
            int next = escaped.IndexOf((byte)'\\');
            if (next < 0 || next + 1 >= escaped.Length)
            {
                output.Write(escaped);
                return;
            }

            output.Write(escaped[..next]);
            escaped = escaped[(next + 1)..];
            byte kind = escaped[0];
            escaped = escaped[1..];
            if (kind == (byte)'u')
            {
                WriteUnicode(ref escaped, output);
            }
            else
            {
                output.Write(kind switch
                {
                    (byte)'n' => (byte)'\n',
                    (byte)'t' => (byte)'\t',
                    (byte)'r' => (byte)'\r',
                    (byte)'b' => (byte)'\b',
                    (byte)'f' => (byte)'\f',
                    _ => kind,
                });
            }
        }
    }

    private static void WriteUnicode(ref ReadOnlySpan<byte> rest, PooledBuffer output)
    {
        Rune rune = Rune.ReplacementChar;
        if (TryHex(rest, out ushort high))
        {
            rest = rest[4..];
            if (!char.IsSurrogate((char)high))
            {
                rune = new Rune(high);
            }
            else if (char.IsHighSurrogate((char)high) && rest.StartsWith("\\u"u8) && TryHex(rest[2..], out ushort low)
                && char.IsLowSurrogate((char)low))
            {
                rune = new Rune((char)high, (char)low);
                rest = rest[6..];
            }
        }

        Span<byte> utf8 = output.GetSpan(4);
        output.Advance(rune.EncodeToUtf8(utf8));
    }

    private static bool TryHex(ReadOnlySpan<byte> digits, out ushort value)
    {
        value = 0;
        return digits.Length >= 4 && Utf8Parser.TryParse(digits[..4], out value, out int consumed, 'x') && consumed == 4;
    }

    private static void WriteEscape(byte value, PooledBuffer output)
    {
        switch (value)
        {
            case (byte)'"': output.Write("\\\""u8); break;
            case (byte)'\\': output.Write("\\\\"u8); break;
            case (byte)'\n': output.Write("\\n"u8); break;
            case (byte)'\r': output.Write("\\r"u8); break;
            case (byte)'\t': output.Write("\\t"u8); break;
            case (byte)'\b': output.Write("\\b"u8); break;
            case (byte)'\f': output.Write("\\f"u8); break;
            default:
                Span<byte> hex = output.GetSpan(6);
                "\\u00"u8.CopyTo(hex);
                hex[4] = (byte)"0123456789abcdef"[value >> 4];
                hex[5] = (byte)"0123456789abcdef"[value & 0xF];
                output.Advance(6);
                break;
        }
    }
}
