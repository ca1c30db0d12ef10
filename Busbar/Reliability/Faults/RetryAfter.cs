using System.Globalization;

namespace Busbar.Reliability.Faults;

/// <summary>
/// Reads what a provider asks for: <c>Retry-After</c> (RFC 9110, 10.2.3, and with fractions), <c>retry-after-ms</c>, the moments at which limits are
/// filled again (OpenAI, Azure, Anthropic, Groq, OpenRouter, Cohere, the IETF draft), and waits that stand in a body.
/// </summary>
internal static class RetryAfter
{
    /// <summary>Longest value returned; larger ones, however many digits, become this.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    // Numbers from here on are seconds since 1970, and from the second on milliseconds, not seconds from now.
    private const double EpochSeconds = 1e9;
    private const double EpochMilliseconds = 1e12;

    private static readonly string[] DateForms = ["r", "dddd, dd-MMM-yy HH:mm:ss 'GMT'", "ddd MMM d HH:mm:ss yyyy", "ddd MMM  d HH:mm:ss yyyy"];

    /// <summary>
    /// The wait asked for, never negative, at most <see cref="Longest"/>; null when neither header says anything usable. <c>retry-after-ms</c>
    /// is finer and wins. A date in the past means zero.
    /// </summary>
    /// <param name="retryAfter">Value of <c>Retry-After</c>: seconds or an HTTP-date.</param>
    /// <param name="retryAfterMs">Value of <c>retry-after-ms</c>: milliseconds.</param>
    /// <param name="now">Present time, for dates.</param>
    public static TimeSpan? Parse(string? retryAfter, string? retryAfterMs, DateTimeOffset now) =>
        Number(retryAfterMs.AsSpan().Trim()) is { } milliseconds ? Bounded(Math.Floor(milliseconds) / 1000) : Parse(retryAfter, now);

    /// <summary>The same for <c>Retry-After</c> alone.</summary>
    public static TimeSpan? Parse(ReadOnlySpan<char> retryAfter, DateTimeOffset now)
    {
        retryAfter = retryAfter.Trim();
        if (Number(retryAfter) is { } seconds)
        {
            return Bounded(seconds);
        }

        return DateTimeOffset.TryParseExact(retryAfter, DateForms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)
            ? Until(date, now) : null;
    }

    /// <summary>
    /// The wait that a header about a limit asks for: a date (RFC 3339), a duration such as <c>6m0s</c> or <c>12ms</c>, seconds from now, or an
    /// epoch.
    /// </summary>
    public static TimeSpan? ParseReset(ReadOnlySpan<char> value, DateTimeOffset now)
    {
        value = value.Trim();
        if (Number(value) is { } number)
        {
            return number >= EpochMilliseconds ? Until(DateTimeOffset.UnixEpoch + Bounded(number / 1000, TimeSpan.FromDays(36500)), now)
                : number >= EpochSeconds ? Until(DateTimeOffset.UnixEpoch + Bounded(number, TimeSpan.FromDays(36500)), now)
                : Bounded(number);
        }

        if (ParseDuration(value) is { } duration)
        {
            return duration;
        }

        return value.Contains('-') && DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)
            ? Until(date, now)
            : Parse(value, now);
    }

    /// <summary>A duration in units, such as <c>34.07s</c>, <c>1h2m3.5s</c> or <c>120ms</c>; null when it is none.</summary>
    public static TimeSpan? ParseDuration(ReadOnlySpan<char> text)
    {
        double seconds = 0;
        var any = false;
        while (!text.IsEmpty)
        {
            var digits = text.IndexOfAnyExcept("0123456789.");
            if (digits <= 0 || Number(text[..digits]) is not { } number)
            {
                return null;
            }

            text = text[digits..];
            var (unit, length) = text.StartsWith("ms") ? (0.001, 2)
                : text[0] switch { 'd' => (86400, 1), 'h' => (3600, 1), 'm' => (60, 1), 's' => (1.0, 1), _ => (0, 0) };
            if (length == 0)
            {
                return null;
            }

            seconds += number * unit;
            text = text[length..];
            any = true;
        }

        return any ? Bounded(seconds) : null;
    }

    private static TimeSpan Until(DateTimeOffset date, DateTimeOffset now) =>
        date <= now ? TimeSpan.Zero : date - now < Longest ? date - now : Longest;

    private static double? Number(ReadOnlySpan<char> text) =>
        !text.IsEmpty && char.IsAsciiDigit(text[0]) && !text.ContainsAnyExcept("0123456789.")
        && double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;

    private static TimeSpan Bounded(double seconds) => Bounded(seconds, Longest);

    private static TimeSpan Bounded(double seconds, TimeSpan most) => seconds >= most.TotalSeconds ? most : TimeSpan.FromSeconds(seconds);
}
