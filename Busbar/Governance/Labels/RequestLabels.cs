namespace Busbar.Governance.Labels;

/// <summary>
/// The labels of a request as one text, which usage is kept by: <c>name=value</c>, by name, with commas between. Names and values have none of the
/// characters that the text is made of.
/// </summary>
internal static class RequestLabels
{
    /// <summary>Most labels of one request; what comes after them is left out.</summary>
    public const int MaxCount = 16;

    /// <summary>Longest name, characters.</summary>
    public const int LongestName = 64;

    /// <summary>Longest value, characters; what comes after them is left out.</summary>
    public const int LongestValue = 128;

    /// <summary>Stands for a value, or for labels, of which there are too many.</summary>
    public const string Other = "other";

    /// <summary>The text of <paramref name="labels"/>.</summary>
    public static string TextOf(IReadOnlyDictionary<string, string> labels) =>
        labels.Count == 0 ? "" : string.Join(',', labels.OrderBy(label => label.Key, StringComparer.Ordinal)
            .Select(label => $"{label.Key}={label.Value}"));

    /// <summary>The labels in <paramref name="text"/>; where there were too many, one called <see cref="Other"/>.</summary>
    public static IEnumerable<(string Name, string Value)> Read(string text) =>
        text.Length == 0 ? [] : text == Other ? [(Other, Other)]
            : text.Split(',').Select(label => label.Split('=', 2)).Select(parts => (parts[0], parts[1]));

    /// <summary>The value of the label <paramref name="name"/> in <paramref name="text"/>; null where it has none.</summary>
    public static string? ValueOf(ReadOnlySpan<char> text, ReadOnlySpan<char> name)
    {
        if (text.SequenceEqual(Other))
        {
            return Other;
        }

        foreach (Range range in text.Split(','))
        {
            ReadOnlySpan<char> label = text[range];
            if (label.Length > name.Length && label[name.Length] == '=' && label.StartsWith(name, StringComparison.Ordinal))
            {
                return label[(name.Length + 1)..].ToString();
            }
        }

        return null;
    }
}
