using Busbar.Reliability.Faults;

namespace Busbar.Tests.Reliability.Faults;

public sealed class RetryAfterTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("0", 0)]
    [InlineData(" 7 ", 7)]
    [InlineData("007", 7)]
    [InlineData("86400", 86400)]
    [InlineData("Sun, 01 Mar 2026 12:00:30 GMT", 30)]
    [InlineData("Sun, 01 Mar 2026 11:59:59 GMT", 0)]
    [InlineData("Thu, 01 Jan 1970 00:00:00 GMT", 0)]
    [Trait("gotcha", "C188")]
    public void Seconds_and_dates_are_understood(string value, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), RetryAfter.Parse(value, null, Now));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1e3")]
    [InlineData("0x10")]
    [InlineData("１２")]
    [InlineData("soon")]
    [InlineData("Sun, 99 Mar 2026 12:00:30 GMT")]
    [InlineData("2026-03-01T12:00:30Z")]
    public void Anything_else_says_nothing(string value) => Assert.Null(RetryAfter.Parse(value, null, Now));

    [Theory]
    [InlineData("18446744073709551615")]
    [InlineData("18446744073709551616000000000000000000000000000000000000000")]
    [InlineData("Fri, 31 Dec 9999 23:59:59 GMT")]
    [Trait("gotcha", "C187")]
    public void Huge_values_are_cut_off_instead_of_overflowing(string value) => Assert.Equal(RetryAfter.Longest, RetryAfter.Parse(value, null, Now));

    [Theory]
    [InlineData("1500", 1500)]
    [InlineData("1500.9", 1500)]
    [InlineData("99999999999999999999", 31_622_400_000)]
    public void Milliseconds_win(string value, long milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), RetryAfter.Parse("9", value, Now));

    [Theory]
    [InlineData("-5")]
    [InlineData(".5")]
    [InlineData("1.x")]
    [InlineData("abc")]
    public void Unusable_milliseconds_leave_the_seconds(string value) => Assert.Equal(TimeSpan.FromSeconds(9), RetryAfter.Parse("9", value, Now));

    [Theory]
    [InlineData("1.5", 1500)]
    [InlineData("0.25", 250)]
    [InlineData("Sunday, 01-Mar-26 12:00:30 GMT", 30_000)]
    [InlineData("Sun Mar  1 12:00:30 2026", 30_000)]
    public void Fractions_and_the_older_forms_of_dates_are_understood(string value, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), RetryAfter.Parse(value, null, Now));

    [Theory]
    [InlineData("6m0s", 360_000)]
    [InlineData("1h2m3.5s", 3_723_500)]
    [InlineData("120ms", 120)]
    [InlineData("34.074824224s", 34_074)]
    [InlineData("37", 37_000)]
    [InlineData("2026-03-01T12:05:00Z", 300_000)]
    [InlineData("2026-03-01T12:05:00+00:00", 300_000)]
    [InlineData("1772366430", 30_000)]
    [InlineData("1772366430000", 30_000)]
    [InlineData("2026-03-01T11:00:00Z", 0)]
    public void The_moment_at_which_a_limit_is_filled_again_comes_in_every_vendors_form(string value, int milliseconds) =>
        Assert.Equal(milliseconds, (long)RetryAfter.ParseReset(value, Now)!.Value.TotalMilliseconds);

    [Theory]
    [InlineData("")]
    [InlineData("soon")]
    [InlineData("5x")]
    [InlineData("s")]
    [InlineData("-5s")]
    public void What_is_no_moment_says_nothing(string value) => Assert.Null(RetryAfter.ParseReset(value, Now));

    [Fact]
    public void Nothing_said_is_nothing() => Assert.Null(RetryAfter.Parse(null, null, Now));
}
