using Busbar.Ir;
using Busbar.Reliability;
using Busbar.Reliability.Breaker;
using Busbar.Reliability.Selection;
using static Busbar.Tests.Reliability.FleetScene;

namespace Busbar.Tests.Reliability.Selection;

public sealed class LastResortTests
{
    [Fact]
    public void With_nothing_better_the_soft_cooldown_that_ends_soonest_serves()
    {
        var scene = new FleetScene().Pool("p", Lenient, Member("a"), Member("b"), Member("c"));
        scene.Fail("p", "a", 60);
        scene.Fail("p", "b", 20);
        Assert.All(Picks(scene, 5), name => Assert.Equal("c", name));
        scene.Fail("p", "c", 40);
        using var lease = scene.Pick("p");
        Assert.Equal(("b", false), (lease.Lane.Name, lease.IsProbe));
        lease.Succeeded();
        Assert.Equal(20_000, scene.Slot("p", "b").Cell.CooldownRemainingMs);
    }

    [Fact]
    public void A_soft_cooldown_does_not_serve_while_a_ready_lane_is_merely_busy()
    {
        var scene = new FleetScene().Model("a", 1).Pool("p", Lenient, Member("a"), Member("b"));
        scene.Fail("p", "b");
        using var held = scene.Pick("p");
        Assert.Equal(PickResult.Saturated, scene["p"].TryPick(new PickRequest(), out _));
    }

    [Fact, Trait("gotcha", "C164")]
    public void Retry_after_is_the_soonest_cooldown_and_at_least_a_second()
    {
        var scene = new FleetScene().Model("c", budget: 1).Pool("p", Strict, Member("a"), Member("b"), Member("c"));
        scene.Fail("p", "a", 30);
        scene.Fail("p", "b", 20);
        using (var lease = scene.PickOnly("p", "c"))
        {
            lease.Begun();
            lease.Failed(FaultClass.Network, TimeSpan.FromSeconds(15));
        }

        Assert.Equal(TimeSpan.FromSeconds(20), scene["p"].RetryAfter());
        scene.Seconds(19.5);
        Assert.Equal(TimeSpan.FromSeconds(1), scene["p"].RetryAfter());
    }

    [Fact, Trait("gotcha", "C165")]
    public void Retry_after_of_a_merely_busy_pool_is_two_seconds()
    {
        var scene = new FleetScene().Model("a", 1).Pool("p", Strict, Member("a"), Member("b"));
        using var held = scene.PickOnly("p", "a");
        Assert.Equal(TimeSpan.FromSeconds(2), scene["p"].RetryAfter());
        scene.Fail("p", "b", 300);
        Assert.Equal(TimeSpan.FromSeconds(2), scene["p"].RetryAfter());
        held.Dispose();
        Assert.Equal(TimeSpan.FromSeconds(300), scene["p"].RetryAfter());
    }

    [Fact, Trait("gotcha", "C169")]
    public void Least_bad_is_the_open_lane_that_ends_soonest_and_its_success_does_not_close_it()
    {
        var scene = new FleetScene().Pool("p", Strict, Member("a"), Member("b"));
        scene.Fail("p", "a", 60);
        scene.Fail("p", "b", 30);
        Assert.True(scene["p"].PickLeastBad(new PickRequest(), out var lease));
        Assert.Equal("b", lease!.Lane.Name);
        lease.Succeeded();
        lease.Dispose();
        Assert.Equal((BreakerState.Open, 1, 30_000L), (scene.Slot("p", "b").Cell.Word.State, scene.Slot("p", "b").Cell.Streak,
            scene.Slot("p", "b").Cell.CooldownRemainingMs));
    }

    [Fact, Trait("gotcha", "C170")]
    public void Least_bad_passes_over_the_busy_and_the_spent_and_prefers_the_untried()
    {
        var scene = new FleetScene().Model("busy", 1).Model("spent", budget: 1)
            .Pool("p", Strict, Member("busy"), Member("spent"), Member("tried"), Member("free"));
        using (var lease = scene.PickOnly("p", "spent"))
        {
            lease.Succeeded();
        }

        scene.Fail("p", "busy");
        scene.Fail("p", "tried", 20);
        scene.Fail("p", "free", 300);
        using var held = scene.Pick("busy");
        var request = new PickRequest();
        request.Tried.Add(scene.Lane("tried").Index);
        Assert.True(scene["p"].PickLeastBad(request, out var untried));
        Assert.Equal("free", untried!.Lane.Name);
        request.Tried.Add(untried.Lane.Index);
        Assert.True(scene["p"].PickLeastBad(request, out var again));
        Assert.Equal("tried", again!.Lane.Name);
        untried.Dispose();
        again.Dispose();
    }

    [Fact]
    public void Of_soft_cooldowns_that_end_at_once_the_first_in_order_serves()
    {
        var scene = new FleetScene().Pool("p", Lenient, Member("a"), Member("b"));
        scene.Fail("p", "b", 20);
        scene.Fail("p", "a", 20);
        using var lease = scene.Pick("p");
        Assert.Equal("a", lease.Lane.Name);
    }

    [Fact]
    public void A_soft_cooldown_whose_lane_is_busy_is_worth_waiting_for()
    {
        var scene = new FleetScene().Model("a", 1).Pool("p", Lenient, Member("a"));
        scene.Fail("p", "a", 20);
        using var held = scene.Pick("p");
        Assert.Equal(PickResult.Saturated, scene["p"].TryPick(new PickRequest(), out _));
    }

    [Fact]
    public void Of_lanes_that_are_as_bad_the_first_in_order_is_taken()
    {
        var scene = new FleetScene().Pool("p", Strict, Member("a"), Member("b"));
        scene.Fail("p", "b", 30);
        scene.Fail("p", "a", 30);
        Assert.True(scene["p"].PickLeastBad(new PickRequest(), out var lease));
        Assert.Equal("a", lease!.Lane.Name);
        lease.Dispose();
    }

    [Fact]
    public void The_likely_lane_is_the_next_one_or_else_one_worth_waiting_for()
    {
        var scene = new FleetScene().Model("a", 1).Model("b", 1).Pool("p", Strict, Member("a", 2), Member("b"));
        Assert.Equal("a", scene["p"].Likely(new PickRequest())!.Name);
        Assert.All(scene["p"].Members, static member => Assert.Equal((0, 0L), (member.Lane.Permits.InFlight, member.Slot.CurrentWeight)));

        using var first = scene.PickOnly("p", "a");
        Assert.Equal("b", scene["p"].Likely(new PickRequest())!.Name);
        using var second = scene.PickOnly("p", "b");
        var request = new PickRequest();
        request.Tried.Add(scene.Lane("a").Index);
        Assert.Equal("b", scene["p"].Likely(request)!.Name);
        request.Tried.Add(scene.Lane("b").Index);
        Assert.Null(scene["p"].Likely(request));
    }

    [Fact]
    public void Nobody_is_likely_where_every_lane_is_out_of_service()
    {
        var scene = new FleetScene().Pool("p", Strict, Member("a"));
        scene.Fail("p", "a");
        Assert.Null(scene["p"].Likely(new PickRequest()));
    }
}
