namespace Busbar.Configuration.Guards;

/// <summary>
/// Takes credentials out of what is shown, wherever somebody may have put an address with <c>user:password@</c>, whether or not a URL belongs there.
/// Rather too much is masked than too little.
/// </summary>
internal static class UserInfo
{
    private const string Mask = "***@";

    /// <summary>One value as a whole.</summary>
    public static string Hide(string value) => value.Contains('@') ? Segment(value, 0) : value;

    /// <summary>A sentence, which may quote values.</summary>
    public static string HideIn(string sentence)
    {
        if (!sentence.Contains('@'))
        {
            return sentence;
        }

        string[] quoted = sentence.Split('\'');
        for (int index = 0; index < quoted.Length; index++)
        {
            // Every other part is what was quoted, and a value as a whole.
            int lastAt = quoted[index].LastIndexOf('@');
            quoted[index] = Segment(quoted[index], lastAt < 0 || index % 2 == 1 ? 0 : quoted[index].LastIndexOfAny([' ', '"'], lastAt) + 1);
        }

        return string.Join('\'', quoted);
    }

    // What stands before the last @ is a credential where it has a colon, or stands right behind the // of an address. Without //, it begins at
    // `start`.
    private static string Segment(string text, int start)
    {
        int at = text.LastIndexOf('@');
        int slashes = at < 0 ? -1 : text.IndexOf("//", 0, at, StringComparison.Ordinal);
        start = slashes < 0 ? start : slashes + 2;
        if (at < 0 || start >= at)
        {
            return text;
        }

        ReadOnlySpan<char> before = text.AsSpan(start, at - start);
        bool isCredential = before.Contains(':') || (slashes >= 0 && !before.ContainsAny("/\\?#"));
        return isCredential ? string.Concat(text.AsSpan(0, start), Mask, text.AsSpan(at + 1)) : text;
    }
}
