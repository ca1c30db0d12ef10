namespace Busbar.Wire.Json;

/// <summary>
/// Names of JSON members as lenient parsers compare them: without regard to case, and to the separators in which snake_case and camelCase differ. Two
/// letters beyond ASCII fold to letters in it (U+017F to s, the Kelvin sign to k), as in Go's encoding/json.
/// </summary>
internal static class NameFold
{
    /// <summary>Length beyond which no name of interest goes.</summary>
    public const int MaxLength = 40;

    /// <summary>
    /// Writes the folded form of <paramref name="name"/>, unescaped UTF-8, to <paramref name="folded"/>, which has room for <see cref="MaxLength"/>
    /// bytes. The length of it; -1 when the name is longer than that.
    /// </summary>
    public static int Fold(ReadOnlySpan<byte> name, Span<byte> folded)
    {
        int length = 0;
        for (int at = 0; at < name.Length; at++)
        {
            int letter = name[at];
            if (letter is '_' or '-')
            {
                continue;
            }

            ReadOnlySpan<byte> rest = name[at..];
            if (rest.StartsWith("\u017F"u8))
            {
                letter = 's';
                at++;
            }
            else if (rest.StartsWith("\u212A"u8))
            {
                letter = 'k';
                at += 2;
            }
            else if (letter is >= 'A' and <= 'Z')
            {
                letter |= 0x20;
            }

            if (length == MaxLength)
            {
                return -1;
            }

            folded[length++] = (byte)letter;
        }

        return length;
    }

    /// <summary>Whether <paramref name="name"/> folds to <paramref name="folded"/>.</summary>
    public static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> folded)
    {
        Span<byte> own = stackalloc byte[MaxLength];
        int length = Fold(name, own);
        return length == folded.Length && own[..length].SequenceEqual(folded);
    }
}
