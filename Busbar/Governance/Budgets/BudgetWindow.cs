using System.Globalization;

namespace Busbar.Governance.Budgets;

/// <summary>Where budget periods begin: all in UTC, as epoch seconds.</summary>
internal static class BudgetWindow
{
    /// <summary>The last second that a date can be written of: 9999-12-31T23:59:59Z.</summary>
    public const long LatestSecond = 253_402_300_799;

    /// <summary>Seconds of a day.</summary>
    public const long Day = 86_400;

    /// <summary>
    /// Start of the window of <paramref name="period"/> that <paramref name="now"/> (epoch second) lies in; 0 for <see cref="BudgetPeriod.Total"/>.
    /// </summary>
    public static long StartOf(BudgetPeriod period, long now) => period switch
    {
        BudgetPeriod.Daily => DayOf(now),
        BudgetPeriod.Monthly => StartOfMonth(now),
        _ => 0,
    };

    /// <summary>Midnight, UTC, before <paramref name="now"/>.</summary>
    public static long DayOf(long now) => now - (now % Day);

    /// <summary>The day that <paramref name="second"/> lies in, as <c>2026-01-31</c>; the nearest one for a second outside 1970 to 9999.</summary>
    public static string DateOf(long second) =>
        DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(second, 0, LatestSecond)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>Start of the window after the one that <paramref name="now"/> lies in; null for <see cref="BudgetPeriod.Total"/>.</summary>
    public static long? NextOf(BudgetPeriod period, long now) => period switch
    {
        BudgetPeriod.Daily => DayOf(now) + Day,
        BudgetPeriod.Monthly => StartOfMonth(StartOfMonth(now) + (31 * Day)),
        _ => null,
    };

    private static long StartOfMonth(long now)
    {
        DateTimeOffset date = DateTimeOffset.FromUnixTimeSeconds(now);
        return new DateTimeOffset(date.Year, date.Month, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();
    }
}
