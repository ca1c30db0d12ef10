using Busbar.Reliability.Breaker;

namespace Busbar.Tests.Reliability.Breaker;

/// <summary>What one caller does is never mistaken for what several do, whatever their hashes are.</summary>
public sealed class CallerSharesTests
{
    [Theory]
    [InlineData(1, 65)]
    [InlineData(0, 64)]
    [InlineData(-1, 63)]
    [InlineData(int.MinValue, 0)]
    public void Two_callers_are_told_apart(int one, int other)
    {
        var shares = new CallerShares(1000);
        var activity = new CallerActivity();
        for (int call = 0; call < 5; call++)
        {
            shares.Failed(one, 0);
            activity.Saw(one, 0);
        }

        Assert.Equal((5, false), (shares.Excess(0), activity.HasSeveral(0)));

        shares.Failed(other, 600);
        activity.Saw(other, 60_000);

        Assert.Equal((4, true), (shares.Excess(600), activity.HasSeveral(60_000)));
    }

    [Fact]
    public void Both_halves_of_the_window_count_and_older_ones_do_not()
    {
        var shares = new CallerShares(1000);
        shares.Failed(1, 0);
        shares.Failed(1, 500);

        Assert.Equal(2, shares.Excess(999));
        Assert.Equal(1, shares.Excess(1000));
        Assert.Equal(0, shares.Excess(2000));
    }

    [Fact]
    public void What_was_counted_before_a_long_silence_is_not_the_half_before()
    {
        var shares = new CallerShares(1000);
        shares.Failed(1, 0);

        Assert.Equal(0, shares.Excess(1500));
    }

    [Fact]
    public void A_caller_that_goes_on_calling_stays_active()
    {
        var activity = new CallerActivity();
        activity.Saw(1, 0);
        activity.Saw(1, 60_000);
        activity.Saw(2, 120_000);

        Assert.True(activity.HasSeveral(120_000));
    }

    [Fact]
    public void A_caller_before_a_long_silence_is_not_active_and_one_after_it_is()
    {
        var activity = new CallerActivity();
        activity.Saw(1, 0);
        activity.Saw(2, 180_000);
        Assert.False(activity.HasSeveral(180_000));

        activity.Saw(1, 180_000);
        Assert.True(activity.HasSeveral(180_000));
    }

    [Fact]
    public void Activity_ends_after_two_halves()
    {
        var activity = new CallerActivity();
        activity.Saw(1, 0);
        activity.Saw(2, 0);

        Assert.True(activity.HasSeveral(119_999));
        Assert.False(activity.HasSeveral(120_000));
    }

    [Fact]
    public void Callers_beyond_the_most_that_are_told_apart_count_as_one()
    {
        var shares = new CallerShares(1000);
        for (int caller = 1; caller <= 3 * CallerShares.MaxCallers; caller++)
        {
            shares.Failed(caller, 0);
        }

        Assert.Equal(CallerShares.MaxCallers, shares.Excess(0));
    }
}
