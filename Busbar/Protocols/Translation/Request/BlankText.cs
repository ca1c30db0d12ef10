using System.Globalization;
using Busbar.Wire;

namespace Busbar.Protocols.Translation.Request;

/// <summary>
/// Text without anything to read: vendors that refuse empty text refuse white space of every kind as well. Marks without a width count as blank too;
/// nothing is lost with them.
/// </summary>
internal static class BlankText
{
    /// <summary>Whether <paramref name="text"/> is absent, empty or blank.</summary>
    public static bool Is(JsonText text)
    {
        if (text.IsNullOrEmpty)
        {
            return true;
        }

        // Most text begins with a letter.
        byte first = text.Span[0];
        if (first is > (byte)' ' and < 0x80 and not (byte)'\\')
        {
            return false;
        }

        foreach (char character in text.ToString())
        {
            if (!IsBlank(character))
            {
                return false;
            }
        }

        return true;
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
