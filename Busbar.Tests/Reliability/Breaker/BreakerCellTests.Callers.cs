using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Pools;
using Busbar.Reliability;
using Busbar.Reliability.Breaker;

namespace Busbar.Tests.Reliability.Breaker;

/// <summary>Whose failures trip a cell that several callers use.</summary>
public sealed partial class BreakerCellTests
{
    [Theory]
    [InlineData(nameof(TripMode.Consecutive))]
    [InlineData(nameof(TripMode.ErrorRate))]
    public void One_caller_does_not_trip_what_others_use_and_two_do(string name)
    {
        var mode = Enum.Parse<TripMode>(name);
        var cell = Cell(new BreakerConfig { Mode = mode, ConsecutiveN = 3, MinRequests = 6, Threshold = 0.5 });
        cell.Succeeded(0, new BreakerCall(1));
        for (var i = 0; i < 12; i++)
        {
            Assert.False(cell.Failed(0, null, new BreakerCall(2)).IsTrip);
        }

        Assert.Contains(true, Enumerable.Range(0, 12).Select(_ => cell.Failed(0, null, new BreakerCall(1)).IsTrip));
        Assert.Equal(15_000, cell.CooldownRemainingMs);
    }

    [Fact]
    public void Where_only_one_caller_is_active_its_failures_trip()
    {
        var cell = Cell(new BreakerConfig { Mode = TripMode.Consecutive, ConsecutiveN = 3 });
        Assert.Equal([false, false, true], Enumerable.Range(0, 3).Select(_ => cell.Failed(0, null, new BreakerCall(2)).IsTrip));
    }

    [Fact]
    public void Where_one_caller_has_most_failures_the_others_must_reach_the_least_number_of_outcomes()
    {
        var cell = Cell(new BreakerConfig { MinRequests = 5, Threshold = 0.5 });
        Fail(cell, caller: 1, times: 1);
        Assert.DoesNotContain(true, Fail(cell, caller: 2, times: 8));
        Assert.Equal([false, true], Fail(cell, caller: 1, times: 2));
    }

    [Theory]
    [InlineData(10, 0, 8)]
    [InlineData(10, 1, 8)]
    public void Where_one_caller_has_most_failures_the_others_must_reach_the_share(int most, int others, int successes)
    {
        var cell = Cell(new BreakerConfig { MinRequests = 5, Threshold = 0.5 });
        for (var i = 0; i < successes; i++)
        {
            cell.Succeeded(0, new BreakerCall(1));
        }

        Assert.DoesNotContain(true, Fail(cell, caller: 1, times: others));
        Assert.DoesNotContain(true, Fail(cell, caller: 2, times: most));
    }

    [Fact]
    public void A_success_ends_the_share_of_a_caller_in_a_run()
    {
        var cell = Cell(new BreakerConfig { Mode = TripMode.Consecutive, ConsecutiveN = 2 });
        Fail(cell, caller: 1, times: 1);
        cell.Succeeded(0, new BreakerCall(2));
        Assert.Equal([false], Fail(cell, caller: 2, times: 1));
        Assert.Equal([true], Fail(cell, caller: 1, times: 1));
    }

    [Fact]
    public void A_reset_forgets_whose_calls_failed()
    {
        var cell = Cell(new BreakerConfig { MinRequests = 2, Threshold = 0.5 });
        Fail(cell, caller: 1, times: 1);
        cell.Reset();
        Assert.Equal([false], Fail(cell, caller: 2, times: 1));
        Assert.Equal([true], Fail(cell, caller: 1, times: 1));
    }

    [Fact]
    public void A_window_of_another_length_forgets_whose_calls_failed()
    {
        var cell = Cell(new BreakerConfig { MinRequests = 2, Threshold = 0.5 });
        Fail(cell, caller: 1, times: 1);
        cell.Configure(new BreakerSettings(new BreakerConfig { MinRequests = 2, Threshold = 0.5, WindowSecs = 10 }, new LimitsConfig()));
        Assert.Equal([false], Fail(cell, caller: 2, times: 1));
        Assert.Equal([true], Fail(cell, caller: 1, times: 1));
    }

    [Fact]
    public void Who_calls_another_lane_of_the_pool_counts_as_a_caller()
    {
        var active = new CallerActivity();
        var settings = new BreakerSettings(new BreakerConfig { Mode = TripMode.Consecutive, ConsecutiveN = 2 }, new LimitsConfig());
        var cell = new BreakerCell(new MonotonicClock(_time), () => _random, settings, active);
        new BreakerCell(new MonotonicClock(_time), () => _random, settings, active).Succeeded(0, new BreakerCall(1));
        Assert.DoesNotContain(true, Fail(cell, caller: 2, times: 12));
    }

    // Whether each of them tripped.
    private static bool[] Fail(BreakerCell cell, int caller, int times) =>
        [.. Enumerable.Range(0, times).Select(_ => cell.Failed(0, null, new BreakerCall(caller)).IsTrip)];
}
