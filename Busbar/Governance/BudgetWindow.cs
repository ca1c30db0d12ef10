namespace Busbar.Governance;

/// <summary>Where budget periods begin: all in UTC, as epoch seconds.</summary>
internal static class BudgetWindow
{
    private const long Day = 86_400;

    /// <summary>Start of the window of <paramref name="period"/> that <paramref name="now"/> (epoch second) lies in; 0 for <see cref="BudgetPeriod.Total"/>.</summary>
    public static long StartOf(BudgetPeriod period, long now) => period switch
    {
        BudgetPeriod.Daily => DayOf(now),
        BudgetPeriod.Monthly => StartOfMonth(now),
        _ => 0,
    };

    /// <summary>Midnight, UTC, before <paramref name="now"/>.</summary>
    public static long DayOf(long now) => now - (now % Day);

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
