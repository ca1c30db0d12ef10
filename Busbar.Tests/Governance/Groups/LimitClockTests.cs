using System.Globalization;
using Busbar.Governance.Groups;

namespace Busbar.Tests.Governance.Groups;

public sealed class LimitClockTests
{
    [Theory]
    [InlineData("Minute", 1, null, "2026-03-15T12:34:56Z", "2026-03-15T12:34:00Z", "2026-03-15T12:35:00Z")]
    [InlineData("Hour", 1, null, "2026-03-15T12:34:56Z", "2026-03-15T12:00:00Z", "2026-03-15T13:00:00Z")]
    [InlineData("Day", 1, null, "2026-03-15T12:34:56Z", "2026-03-15T00:00:00Z", "2026-03-16T00:00:00Z")]
    [InlineData("Rolling", 1, null, "2026-03-15T12:34:56Z", "2026-03-15T00:00:00Z", "2026-03-16T00:00:00Z")]

    // 15 March 2026 is a Sunday.
    [InlineData("Week", 1, null, "2026-03-15T12:00:00Z", "2026-03-09T00:00:00Z", "2026-03-16T00:00:00Z")]
    [InlineData("Week", 7, null, "2026-03-15T12:00:00Z", "2026-03-15T00:00:00Z", "2026-03-22T00:00:00Z")]
    [InlineData("Week", 3, null, "2026-03-15T12:00:00Z", "2026-03-11T00:00:00Z", "2026-03-18T00:00:00Z")]
    [InlineData("Month", 1, null, "2026-02-28T23:59:59Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z")]
    [InlineData("Month", 15, null, "2026-01-10T00:00:00Z", "2025-12-15T00:00:00Z", "2026-01-15T00:00:00Z")]
    [InlineData("Month", 15, null, "2026-01-15T00:00:00Z", "2026-01-15T00:00:00Z", "2026-02-15T00:00:00Z")]
    [InlineData("Day", 1, "Europe/Berlin", "2026-01-15T23:30:00Z", "2026-01-15T23:00:00Z", "2026-01-16T23:00:00Z")]

    // The day on which summer time begins has 23 hours.
    [InlineData("Day", 1, "Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z")]

    // Where summer time begins at midnight, that midnight does not exist.
    [InlineData("Day", 1, "Africa/Cairo", "2026-04-24T12:00:00Z", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z")]
    [InlineData("Hour", 1, "Asia/Kolkata", "2026-01-15T00:10:00Z", "2026-01-14T23:30:00Z", "2026-01-15T00:30:00Z")]
    [InlineData("Month", 1, "America/New_York", "2026-03-01T03:00:00Z", "2026-02-01T05:00:00Z", "2026-03-01T05:00:00Z")]
    public void A_window_begins_and_ends_by_its_zone_and_first_day(string period, int startDay, string? zone, string now, string start, string end)
    {
        var clock = new LimitClock(new Limit { Kind = LimitKind.Budget, Period = Enum.Parse<LimitPeriod>(period), Max = 1, StartDay = startDay,
            TimeZone = zone, Days = 7 });

        Assert.Equal((Second(start), Second(end)), clock.At(Second(now)));
    }

    [Fact]
    public void A_total_has_neither_beginning_nor_end() =>
        Assert.Equal((0, long.MaxValue), new LimitClock(new Limit { Kind = LimitKind.Budget, Max = 1 }).At(1_700_000_000));

    private static long Second(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture).ToUnixTimeSeconds();
}
