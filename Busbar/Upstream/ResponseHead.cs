using System.Buffers;

namespace Busbar.Upstream;

/// <summary>The header lines of an answer: one text, and where in it each name and value lies.</summary>
internal sealed class ResponseHead
{
    // RFC 9110, 5.6.2.
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private readonly string _text;
    private readonly Line[] _lines;

    private ResponseHead(string text, Line[] lines)
    {
        _text = text;
        _lines = lines;
    }

    private readonly record struct Line(int Name, int NameLength, int Value, int ValueLength);

    /// <summary>Number of lines.</summary>
    public int Count => _lines.Length;

    /// <summary>
    /// Reads <paramref name="text"/>, lines of <c>name: value</c> that each end in a line feed. Null when a line has no valid name. Folded lines must
    /// have been joined.
    /// </summary>
    public static ResponseHead? Parse(string text)
    {
        int count = text.AsSpan().Count('\n');
        int start = 0;
        var lines = new Line[count];
        for (int index = 0; index < count; index++)
        {
            int end = start + text.AsSpan(start).IndexOf('\n');
            ReadOnlySpan<char> line = text.AsSpan(start, end - start);
            int colon = line.IndexOf(':');
            if (colon <= 0 || line[..colon].ContainsAnyExcept(TokenCharacters))
            {
                return null;
            }

            ReadOnlySpan<char> value = line[(colon + 1)..].TrimStart(" \t");
            int from = end - value.Length;
            lines[index] = new Line(start, colon, from, value.TrimEnd(" \t\r").Length);
            start = end + 1;
        }

        return new ResponseHead(text, lines);
    }

    /// <summary>Name of the line at <paramref name="index"/>, as it was spelled.</summary>
    public ReadOnlySpan<char> NameAt(int index) => _text.AsSpan(_lines[index].Name, _lines[index].NameLength);

    /// <summary>Value of the line at <paramref name="index"/>, without the white space around it.</summary>
    public ReadOnlySpan<char> ValueAt(int index) => _text.AsSpan(_lines[index].Value, _lines[index].ValueLength);

    /// <summary>The value of the header <paramref name="name"/>, several joined by commas; false when there is none.</summary>
    public bool TryGet(string name, out ReadOnlySpan<char> value)
    {
        value = default;
        bool isFound = false;
        for (int index = 0; index < _lines.Length; index++)
        {
            if (_lines[index].NameLength == name.Length && NameAt(index).Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                value = isFound ? $"{value}, {ValueAt(index)}" : ValueAt(index);
                isFound = true;
            }
        }

        return isFound;
    }

    /// <summary>The value of the header <paramref name="name"/> as text of its own; null when there is none.</summary>
    public string? Get(string name) => TryGet(name, out ReadOnlySpan<char> value) ? value.ToString() : null;
}
