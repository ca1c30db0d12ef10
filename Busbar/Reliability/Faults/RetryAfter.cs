using System.Globalization;

namespace Busbar.Reliability.Faults;

/// <summary>Reads what a provider asks for in <c>Retry-After</c> (RFC 9110, 10.2.3) and <c>retry-after-ms</c>.</summary>
internal static class RetryAfter
{
    /// <summary>Longest value returned; larger ones, however many digits, become this.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    /// <summary>
    /// The wait asked for, never negative, at most <see cref="Longest"/>; null when neither header says anything usable. <c>retry-after-ms</c>
    /// is finer and wins. A date in the past means zero.
    /// </summary>
    /// <param name="retryAfter">Value of <c>Retry-After</c>: whole seconds or an HTTP-date.</param>
    /// <param name="retryAfterMs">Value of <c>retry-after-ms</c>: milliseconds, a fraction is dropped.</param>
    /// <param name="now">Present time, for dates.</param>
    public static TimeSpan? Parse(string? retryAfter, string? retryAfterMs, DateTimeOffset now)
    {
        var milliseconds = retryAfterMs.AsSpan().Trim();
        if (milliseconds.IndexOf('.') is > 0 and var point && !milliseconds[(point + 1)..].ContainsAnyExceptInRange('0', '9'))
        {
            milliseconds = milliseconds[..point];
        }

        return Whole(milliseconds, TimeSpan.TicksPerMillisecond) ?? Parse(retryAfter, now);
    }

    /// <summary>The same for <c>Retry-After</c> alone.</summary>
    public static TimeSpan? Parse(ReadOnlySpan<char> retryAfter, DateTimeOffset now)
    {
        retryAfter = retryAfter.Trim();
        if (Whole(retryAfter, TimeSpan.TicksPerSecond) is { } seconds)
        {
            return seconds;
        }

        if (!DateTimeOffset.TryParseExact(retryAfter, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date))
        {
            return null;
        }

        return date <= now ? TimeSpan.Zero : date - now < Longest ? date - now : Longest;
    }

    private static TimeSpan? Whole(ReadOnlySpan<char> digits, long ticksPerUnit)
    {
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9'))
        {
            return null;
        }

        long value = 0;
        foreach (var digit in digits)
        {
            value = value * 10 + (digit - '0');
            if (value >= Longest.Ticks / ticksPerUnit)
            {
                return Longest;
            }
        }

        return new TimeSpan(value * ticksPerUnit);
    }
}
