using System.Globalization;
using Busbar.Governance.Budgets;

namespace Busbar.Tests.Governance.Budgets;

public sealed class BudgetWindowTests
{
    [Theory]
    [InlineData("2024-02-29T23:59:59Z", "2024-02-29", "2024-02-01", "2024-03-01")]
    [InlineData("2024-03-01T00:00:00Z", "2024-03-01", "2024-03-01", "2024-04-01")]
    [InlineData("2023-02-28T23:59:59Z", "2023-02-28", "2023-02-01", "2023-03-01")]
    [InlineData("2100-02-28T12:00:00Z", "2100-02-28", "2100-02-01", "2100-03-01")]
    [InlineData("2000-02-29T00:00:00Z", "2000-02-29", "2000-02-01", "2000-03-01")]
    [InlineData("2025-12-31T23:59:59Z", "2025-12-31", "2025-12-01", "2026-01-01")]
    [InlineData("2026-01-31T00:00:01Z", "2026-01-31", "2026-01-01", "2026-02-01")]
    [InlineData("1970-01-01T00:00:00Z", "1970-01-01", "1970-01-01", "1970-02-01")]
    public void Days_and_months_begin_at_midnight_UTC(string now, string day, string month, string nextMonth)
    {
        long second = Second(now);

        Assert.Equal(Second(day), BudgetWindow.StartOf(BudgetPeriod.Daily, second));
        Assert.Equal(Second(day) + 86_400, BudgetWindow.NextOf(BudgetPeriod.Daily, second));
        Assert.Equal(Second(month), BudgetWindow.StartOf(BudgetPeriod.Monthly, second));
        Assert.Equal(Second(nextMonth), BudgetWindow.NextOf(BudgetPeriod.Monthly, second));
    }

    [Fact]
    public void A_total_budget_begins_with_time_and_never_ends()
    {
        Assert.Equal(0, BudgetWindow.StartOf(BudgetPeriod.Total, 1_700_000_000));
        Assert.Null(BudgetWindow.NextOf(BudgetPeriod.Total, 1_700_000_000));
    }

    [Fact]
    public void Over_two_hundred_years_windows_follow_each_other_without_gap_or_overlap()
    {
        foreach (BudgetPeriod period in (BudgetPeriod[])[BudgetPeriod.Daily, BudgetPeriod.Monthly])
        {
            long end = Second("2170-01-01");
            for (long start = 0; start < end;)
            {
                long next = BudgetWindow.NextOf(period, start)!.Value;
                Assert.Equal(start, BudgetWindow.StartOf(period, start));
                Assert.Equal(start, BudgetWindow.StartOf(period, next - 1));
                Assert.Equal(next, BudgetWindow.StartOf(period, next));
                start = next;
            }
        }
    }

    private static long Second(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)
        .ToUnixTimeSeconds();
}
