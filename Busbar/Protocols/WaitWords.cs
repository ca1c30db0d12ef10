namespace Busbar.Protocols;

/// <summary>
/// Finds the wait that an error message asks for in words, such as "try again in 6m0s" (OpenAI, Groq), "retry in 34.07s" (Gemini) or "retry after 26
/// seconds" (Azure).
/// </summary>
internal static class WaitWords
{
    private static readonly string[] Before = ["try again in ", "retry in ", "retry after "];

    /// <summary>The wait as a duration with units; null when the message names none.</summary>
    public static string? Of(string? message)
    {
        foreach (string words in Before)
        {
            if (message is not null && message.IndexOf(words, StringComparison.OrdinalIgnoreCase) is >= 0 and var at)
            {
                ReadOnlySpan<char> rest = message.AsSpan(at + words.Length);
                int end = rest.IndexOfAnyExcept("0123456789.dhms");
                ReadOnlySpan<char> wait = (end < 0 ? rest : rest[..end]).TrimEnd('.');
                if (wait.IsEmpty || !char.IsAsciiDigit(wait[0]))
                {
                    continue;
                }

                return char.IsAsciiDigit(wait[^1])
                    ? rest[wait.Length..].TrimStart().StartsWith("second", StringComparison.OrdinalIgnoreCase) ? $"{wait}s" : null
                    : wait.ToString();
            }
        }

        return null;
    }
}
