using Busbar.Observability.Live;
using Busbar.Reliability.Breaker;

namespace Busbar.Tests.Observability.Live;

/// <summary>What is remembered of breakers is bounded.</summary>
public sealed class BreakerHistoryTests
{
    [Fact]
    public void The_newest_changes_of_a_lane_are_kept_the_newest_first()
    {
        var history = new BreakerHistory();
        for (int at = 1; at <= BreakerHistory.MaxMoments + 10; at++)
        {
            history.Add("m0", new BreakerMoment(at, "smart", BreakerState.Closed, BreakerState.Open, "timeout", 15));
        }

        Assert.Equal(BreakerHistory.MaxMoments, history.Of("m0").Count);
        Assert.Equal(BreakerHistory.MaxMoments + 10, history.Of("m0")[0].AtMs);
        Assert.Empty(history.Of("m1"));
    }

    [Fact]
    public void Beyond_the_bound_the_lane_that_was_quiet_for_longest_is_forgotten()
    {
        var history = new BreakerHistory();
        for (int lane = 0; lane <= BreakerHistory.MaxLanes; lane++)
        {
            history.Add($"m{lane}", new BreakerMoment(lane == 0 ? long.MaxValue : lane, "smart", BreakerState.Closed, BreakerState.Open, "timeout",
                15));
        }

        Assert.Empty(history.Of("m1"));
        Assert.Single(history.Of("m0"));
        Assert.Single(history.Of($"m{BreakerHistory.MaxLanes}"));
    }
}
