using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Request;

/// <summary>
/// Text without anything to read: vendors that refuse empty text refuse white space of every kind as well. Marks without a width count as blank too;
/// nothing is lost with them.
/// </summary>
internal static class BlankText
{
    /// <summary>Whether <paramref name="text"/> is absent, empty or blank. Reads as far as the first character that is not.</summary>
    public static bool Is(JsonText text)
    {
        ReadOnlySpan<byte> left = text.Span;
        while (!left.IsEmpty)
        {
            if (!TryTakeBlank(ref left))
            {
                return false;
            }
        }

        return true;
    }

    // The text is valid JSON, so an escape is whole.
    private static bool TryTakeBlank(ref ReadOnlySpan<byte> left)
    {
        int length = 1;
        char character = (char)left[0];
        if (character == '\\')
        {
            (character, length) = ((char)left[1], 2);
            if (character == 'u')
            {
                _ = Utf8Parser.TryParse(left.Slice(2, 4), out ushort code, out _, 'x');
                (character, length) = ((char)code, 6);
            }
            else if (character is 'n' or 'r' or 't' or 'f')
            {
                character = ' ';
            }
        }
        else if (character >= 0x80)
        {
            _ = Rune.DecodeFromUtf8(left, out Rune rune, out length);
            character = rune.IsBmp ? (char)rune.Value : '.';
        }

        left = left[length..];
        return IsBlank(character);
    }

    /// <summary><paramref name="text"/> without white space at its end; the very same where there is none.</summary>
    public static JsonText TrimEnd(JsonText text)
    {
        byte last = text.IsNullOrEmpty ? (byte)'.' : text.Span[^1];
        bool mayBeEscape = text.Span.Length > 1 && text.Span[..^1].Contains((byte)'\\');
        if (last is > (byte)' ' and < 0x80 && !mayBeEscape)
        {
            return text;
        }

        string plain = text.ToString();
        int length = plain.Length;
        while (length > 0 && IsBlank(plain[length - 1]))
        {
            length--;
        }

        return length == plain.Length ? text : JsonText.From(plain[..length]);
    }

    private static bool IsBlank(char character) =>
        char.IsWhiteSpace(character) || character is >= '\u001C' and <= '\u001F' || char.GetUnicodeCategory(character) == UnicodeCategory.Format;
}
