namespace Busbar.Observability.Logging;

/// <summary>
/// A call of a provider that did not give the client its answer. Every text is a configured name, a fixed word or a provider's code.
/// </summary>
/// <param name="Pool">The pool it was made for.</param>
/// <param name="Lane">The lane.</param>
/// <param name="Provider">The lane's provider.</param>
/// <param name="Reason">What it was taken for, such as <c>rate_limit</c>, <c>timeout</c> or <c>connect</c>.</param>
/// <param name="Status">HTTP status; 0 when there was no answer.</param>
/// <param name="Code">The provider's own code or type of the error; null when it gave none that is one word.</param>
/// <param name="Cooldown">How long the lane is left alone because of it; zero when it is not.</param>
/// <param name="After">Arrival of the request to its failure.</param>
internal readonly record struct FailedAttempt(string Pool, string Lane, string Provider, string Reason, int Status, string? Code, TimeSpan Cooldown,
    TimeSpan After = default)
{
    private const int LongestCode = 64;
    private const int LongestNumber = 6;

    /// <summary>
    /// What of a provider's code may stand in a log: one word of letters, <c>_</c> and <c>.</c>, or a short number; null for anything else, which
    /// might be a credential that a provider repeats.
    /// </summary>
    public static string? CodeOf(string? code) =>
        code is { Length: > 0 and <= LongestCode }
        && (code.All(character => char.IsAsciiLetter(character) || character is '_' or '.')
            || (code.Length <= LongestNumber && code.All(char.IsAsciiDigit)))
            ? code
            : null;

    /// <summary>In one word: <c>lane:reason/status/code</c>, without what is not there.</summary>
    public override string ToString() => $"{Lane}:{Reason}{(Status == 0 ? "" : $"/{Status}")}{(Code is null ? "" : $"/{Code}")}";
}
