using Busbar.Configuration.Model.Pools;
using Busbar.Reliability;
using Busbar.Reliability.Selection;
using static Busbar.Tests.Reliability.FleetScene;

namespace Busbar.Tests.Reliability.Selection;

public sealed class PoolStrategyTests
{
    [Fact]
    public void Priority_is_the_first_in_order_that_is_ready_and_not_busy()
    {
        var scene = new FleetScene().Model("a", permits: 1).Pool(Strategic(PoolStrategy.Priority, Member("a"), Member("b", 100), Member("c")));
        using (var first = scene.Pick("p"))
        {
            using var second = scene.Pick("p");
            Assert.Equal(("a", "b", PickReason.Priority), (first.Lane.Name, second.Lane.Name, second.Reason));
        }

        scene.Fail("p", "a");
        Assert.Equal(["b", "b"], Picks(scene, 2));
    }

    [Fact]
    public void Least_busy_is_the_smallest_share_in_flight_and_equals_take_turns()
    {
        var scene = new FleetScene().Model("a", permits: 10).Model("b", permits: 2).Pool(Strategic(PoolStrategy.LeastBusy, Member("a"), Member("b")));
        Assert.Equal(["a", "b", "a", "b"], Picks(scene, 4));

        LaneLease[] held = [.. Enumerable.Range(0, 6).Select(_ => scene.Pick("p"))];
        Assert.Equal((5, 1), (held.Count(lease => lease.Lane.Name == "a"), held.Count(lease => lease.Lane.Name == "b")));
    }

    [Fact]
    public void Least_cost_is_the_cheapest_that_is_ready()
    {
        var scene = new FleetScene().Price("a", 300).Price("b", 100).Price("c", 200)
            .Pool(Strategic(PoolStrategy.LeastCost, Member("a"), Member("b"), Member("c")));
        Assert.Equal(["b", "b"], Picks(scene, 2));
        scene.Fail("p", "b");
        Assert.Equal(["c"], Picks(scene, 1));
    }

    [Fact]
    public void Least_latency_is_the_faster_of_two_by_chance_so_that_the_slow_are_asked_now_and_then()
    {
        var scene = new FleetScene().Pool(Strategic(PoolStrategy.LeastLatency, Member("a"), Member("b")));
        scene.Lane("a").State.Latency.Observe(TimeSpan.FromSeconds(9));
        scene.Lane("b").State.Latency.Observe(TimeSpan.FromSeconds(1));
        scene.Random = 0.1;
        Assert.Equal(["a"], Picks(scene, 1));
        scene.Random = 0.9;
        Assert.Equal(["b"], Picks(scene, 1));
    }

    [Theory]
    [InlineData(0.1, 0.9, "b")]
    [InlineData(0.9, 0.1, "b")]
    [InlineData(0.1, 0.1, "a")]
    public void Of_two_that_chance_names_the_faster_is_taken(double one, double other, string expected)
    {
        FleetScene scene = Timed(9, 1);
        scene.Draws.Enqueue(one);
        scene.Draws.Enqueue(other);
        Assert.Equal([expected], Picks(scene, 1));
    }

    [Theory]
    [InlineData(0.1, 0.9, "a")]
    [InlineData(0.9, 0.1, "b")]
    public void Of_two_that_are_as_fast_the_first_that_chance_names_is_taken(double one, double other, string expected)
    {
        FleetScene scene = Timed(5, 5);
        scene.Draws.Enqueue(one);
        scene.Draws.Enqueue(other);
        Assert.Equal([expected], Picks(scene, 1));
    }

    [Theory]
    [InlineData(0.1, 0.9)]
    [InlineData(0.9, 0.1)]
    public void A_lane_whose_latency_nobody_knows_is_asked(double one, double other)
    {
        FleetScene scene = Timed(0.1, null);
        scene.Draws.Enqueue(one);
        scene.Draws.Enqueue(other);
        Assert.Equal(["b"], Picks(scene, 1));
    }

    [Fact]
    public void A_session_and_a_kept_answer_are_not_left_to_chance()
    {
        FleetScene scene = Timed(1, 9);
        string home = Sticky(scene, 7);
        scene.Random = home == "a" ? 0.9 : 0.1;
        Assert.Equal(home, Sticky(scene, 7));

        var request = new PickRequest { AffinityLane = scene.Lane("b").Index };
        scene.Random = 0.1;
        Assert.Equal(("b", PickReason.Home), Picked(scene, request));
    }

    [Fact]
    public void Each_pick_says_why()
    {
        var scene = new FleetScene().Pool("p", Lenient, Member("a"), Member("b"));
        int b = scene.Lane("b").Index;
        Assert.Equal(("a", PickReason.Weighted), Picked(scene, new PickRequest()));
        Assert.Equal(("b", PickReason.Home), Picked(scene, new PickRequest { AffinityLane = b }));
        Assert.Equal(("b", PickReason.Home), Picked(scene, new PickRequest { PreparedLane = b }));
        Assert.Equal(PickReason.Affinity, Picked(scene, new PickRequest { AffinityKey = 3 }).Reason);
        Assert.Equal(PickReason.Hedge, Picked(scene, new PickRequest { IsHedge = true }).Reason);
        scene.Fail("p", "a", 20);
        scene.Fail("p", "b", 30);
        Assert.Equal(("a", PickReason.Cooling), Picked(scene, new PickRequest()));
        Assert.Equal(("a", PickReason.Hedge), Picked(scene, new PickRequest { IsHedge = true }));
    }

    // Lanes a and b, of which a answer took so many seconds; null for no answer yet.
    private static FleetScene Timed(params double?[] seconds)
    {
        var scene = new FleetScene().Pool(Strategic(PoolStrategy.LeastLatency, Member("a"), Member("b")));
        foreach ((string name, double? time) in new[] { "a", "b" }.Zip(seconds))
        {
            if (time is { } known)
            {
                scene.Lane(name).State.Latency.Observe(TimeSpan.FromSeconds(known));
            }
        }

        return scene;
    }

    private static (string Lane, PickReason Reason) Picked(FleetScene scene, in PickRequest request)
    {
        Assert.Equal(PickResult.Picked, scene["p"].TryPick(request, out LaneLease? lease));
        lease!.Dispose();
        return (lease.Lane.Name, lease.Reason);
    }
}
