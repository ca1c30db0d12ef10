using Busbar.Ir;
using Busbar.Reliability;
using Busbar.Reliability.Breaker;
using Busbar.Reliability.Selection;
using static Busbar.Tests.Reliability.FleetScene;

namespace Busbar.Tests.Reliability;

public sealed class LaneLeaseTests
{
    [Fact, Trait("gotcha", "C138"), Trait("gotcha", "C155")]
    public void A_client_that_goes_away_moves_no_breaker_and_gives_permit_and_probe_back()
    {
        var scene = HalfOpen(out var probe);
        probe.Dispose();
        probe.Dispose();
        var (cell, lane) = (scene.Slot("p", "a").Cell, scene.Lane("a"));
        Assert.Equal((BreakerState.Open, 1, true), (cell.Word.State, cell.Streak, cell.IsReady));
        Assert.Equal((0, 0L, 1L, 0L), (lane.Permits.InFlight, lane.State.Ok, lane.State.Errors, lane.State.ClientFaults));
        Assert.True(scene.Pick("p").IsProbe);
    }

    [Fact]
    public void Only_the_first_outcome_counts()
    {
        var outcomes = new Action<LaneLease>[]
        {
            lease => lease.Succeeded(),
            lease => lease.Failed(FaultClass.Timeout),
            lease => lease.HardDown(FaultClass.Auth, 401),
            lease => lease.ClientFault(),
            lease => lease.Pass(),
        };
        foreach (var first in outcomes)
        {
            var scene = new FleetScene().Model("a", budget: 10).Pool("p", Lenient, Member("a"));
            var lease = scene.Pick("p");
            first(lease);
            var before = Describe(scene);
            foreach (var later in outcomes)
            {
                later(lease);
            }

            Assert.Equal(before, Describe(scene));
            lease.Dispose();
            foreach (var later in outcomes)
            {
                later(lease);
            }

            Assert.Equal(before, Describe(scene));
        }
    }

    [Fact, Trait("gotcha", "C178")]
    public void Client_faults_and_context_failures_only_count()
    {
        var scene = new FleetScene().Pool("p", Strict, Member("a"));
        for (var i = 0; i < 50; i++)
        {
            using var lease = scene.Pick("p");
            if (i % 2 == 0)
            {
                lease.ClientFault();
            }
            else
            {
                lease.Pass();
            }
        }

        var cell = scene.Slot("p", "a").Cell;
        Assert.Equal((BreakerState.Closed, 0, 0), (cell.Word.State, cell.Streak, cell.Window.Total));
        Assert.Equal((25L, 0L, 0L), (scene.Lane("a").State.ClientFaults, scene.Lane("a").State.Errors, scene.Lane("a").State.Ok));
    }

    [Fact, Trait("gotcha", "C179")]
    public void A_client_fault_during_a_probe_gives_it_back_before_the_answer_is_relayed()
    {
        var scene = HalfOpen(out var probe);
        probe.ClientFault();
        Assert.Equal(BreakerState.Open, scene.Slot("p", "a").Cell.Word.State);
        using var next = scene.Pick("p");
        Assert.True(next.IsProbe);
        probe.Dispose();
        Assert.Equal(BreakerState.HalfOpen, scene.Slot("p", "a").Cell.Word.State);
    }

    [Fact, Trait("gotcha", "C140"), Trait("gotcha", "C139")]
    public void Budget_is_spent_when_the_answer_begins_and_comes_back_at_most_once()
    {
        var scene = new FleetScene().Model("a", budget: 5).Pool("p", Lenient, Member("a"));
        using var lease = scene.Pick("p");
        lease.RefundBudget();
        Assert.Equal(5, lease.Lane.Budget.Remaining);
        lease.Begun();
        lease.Begun();
        Assert.Equal(4, lease.Lane.Budget.Remaining);
        lease.Failed(FaultClass.Network);
        Assert.Equal(4, lease.Lane.Budget.Remaining);
        lease.RefundBudget();
        lease.RefundBudget();
        Assert.Equal(5, lease.Lane.Budget.Remaining);
    }

    [Fact, Trait("gotcha", "C141")]
    public void Without_a_limit_a_refund_does_nothing()
    {
        var scene = new FleetScene().Pool("p", Lenient, Member("a"));
        using var lease = scene.Pick("p");
        lease.Succeeded();
        lease.RefundBudget();
        Assert.Equal(-1, lease.Lane.Budget.Remaining);
    }

    [Fact, Trait("gotcha", "C161"), Trait("gotcha", "C160")]
    public void A_stream_that_dies_after_its_first_content_is_one_failure_and_no_success()
    {
        var scene = new FleetScene().Pool("p", Lenient, Member("a"));
        using var lease = scene.Pick("p");
        lease.Begun();
        lease.Failed(FaultClass.Network);
        lease.Succeeded();
        lease.Failed(FaultClass.Network);
        var cell = scene.Slot("p", "a").Cell;
        Assert.Equal((0L, 1L, 1), (lease.Lane.State.Ok, lease.Lane.State.Errors, cell.Streak));
        Assert.Equal(new WindowTotals(1, 1), cell.Window);
    }

    [Fact]
    public void A_probe_whose_answer_has_begun_makes_room_for_the_next_and_still_decides()
    {
        var scene = HalfOpen(out var probe);
        probe.Begun();
        using var next = scene.Pick("p");
        Assert.True(next.IsProbe);
        next.Begun();
        probe.Succeeded();
        Assert.Equal(BreakerState.Closed, scene.Slot("p", "a").Cell.Word.State);
        Assert.Equal(1, scene.Lane("a").State.Ok);
    }

    [Fact]
    public void A_probe_that_breaks_off_after_its_answer_began_opens_again_for_longer()
    {
        var scene = HalfOpen(out var probe);
        probe.Begun();
        probe.Failed(FaultClass.Network);
        var cell = scene.Slot("p", "a").Cell;
        Assert.Equal((BreakerState.Open, false, 2), (cell.Word.State, cell.IsReady, cell.Streak));
        Assert.True(cell.CooldownRemainingMs > 15_000);
        Assert.Equal((0L, 2L), (scene.Lane("a").State.Ok, scene.Lane("a").State.Errors));
    }

    [Fact]
    public void A_hard_down_stands_against_a_stream_that_began_before_it()
    {
        var scene = HalfOpen(out var probe);
        probe.Begun();
        using (var other = scene.Pick("p"))
        {
            other.HardDown(FaultClass.Auth, 401);
        }

        probe.Succeeded();
        Assert.Equal(BreakerState.Open, scene.Slot("p", "a").Cell.Word.State);
    }

    [Fact]
    public void What_is_asked_beside_chat_leaves_the_breakers_of_chat_alone_and_has_its_own()
    {
        var scene = new FleetScene().Pool("p", Strict, Member("a"));
        foreach (var fault in (Action<LaneLease>[])[lease => lease.Failed(FaultClass.ServerError), lease => lease.HardDown(FaultClass.Auth, 401)])
        {
            Assert.Equal(PickResult.Picked, scene["p"].TryPick(new PickRequest { IsBeside = true }, out var lease));
            fault(lease!);
            lease!.Dispose();
            Assert.Equal(PickResult.None, scene["p"].TryPick(new PickRequest { IsBeside = true }, out _));
            scene.Pick("p").Dispose();
            Assert.Null(scene.Lane("a").State.DeadReason);
            scene.Seconds(15);
        }

        scene.Seconds(1800);
        scene.Fail("p", "a");
        Assert.Equal(PickResult.Picked, scene["p"].TryPick(new PickRequest { IsBeside = true }, out _));
        using (var chat = scene.Pick("a"))
        {
            chat.HardDown(FaultClass.Auth, 401);
        }

        Assert.Equal(PickResult.None, scene["p"].TryPick(new PickRequest { IsBeside = true }, out _));
    }

    [Fact]
    public void Three_different_requests_declined_in_a_row_are_too_many_and_repeats_are_not()
    {
        var scene = new FleetScene().Pool("p", Lenient, Member("a"));
        Assert.Equal([false, false, false, false, true], ((int[])[1, 1, 2, 1, 3]).Select(request => Declined(scene, 7, request)));
        Assert.Equal([false, false], ((int[])[4, 5]).Select(request => Declined(scene, 7, request)));
        using (var good = scene.Pick("p"))
        {
            good.Succeeded();
        }

        Assert.False(Declined(scene, 7, 6));
    }

    [Fact]
    public void One_caller_alone_cannot_have_a_lane_taken_from_others_by_what_is_declined()
    {
        var scene = new FleetScene().Pool("p", Lenient, Member("a"));
        Assert.Equal(PickResult.Picked, scene["p"].TryPick(new PickRequest { Caller = 1 }, out var other));
        other!.Succeeded();
        other.Dispose();
        Assert.Equal([false, false, false, false], ((int[])[1, 2, 3, 4]).Select(request => Declined(scene, 7, request)));
        Assert.True(Declined(scene, 1, 5));
    }

    private static bool Declined(FleetScene scene, int caller, int request)
    {
        Assert.Equal(PickResult.Picked, scene["p"].TryPick(new PickRequest { Caller = caller }, out var lease));
        using (lease)
        {
            var isTooOften = lease!.IsDeclinedTooOften(request);
            lease.Failed(FaultClass.Declined);
            return isTooOften;
        }
    }

    [Fact, Trait("gotcha", "C191")]
    public void A_trip_in_one_pool_leaves_other_pools_and_the_direct_route_alone()
    {
        var scene = new FleetScene().Pool("p", Strict, Member("a")).Pool("q", Strict, Member("a"));
        scene.Fail("p", "a");
        Assert.Equal(PickResult.None, scene["p"].TryPick(new PickRequest(), out _));
        scene.Pick("q").Dispose();
        scene.Pick("a").Dispose();
    }

    [Fact, Trait("gotcha", "C192"), Trait("gotcha", "C157")]
    public void A_hard_down_takes_the_lane_out_of_every_pool_and_says_why_until_it_recovers()
    {
        var scene = new FleetScene().Pool("p", Strict, Member("a")).Pool("q", Lenient, Member("a"), Member("b"));
        using (var lease = scene.Pick("p"))
        {
            lease.HardDown(FaultClass.Billing, 402);
        }

        Assert.Equal(PickResult.None, scene["p"].TryPick(new PickRequest(), out _));
        Assert.Equal(PickResult.None, scene["a"].TryPick(new PickRequest(), out _));
        Assert.Equal("b", scene.Pick("q").Lane.Name);
        Assert.Equal("billing (HTTP 402)", scene.Lane("a").State.DeadReason);
        Assert.Equal("billing (HTTP 402)", scene.Lane("a").Availability);
        Assert.False(scene.Lane("a").IsUsable);
        Assert.Equal(1, scene.Lane("a").State.Errors);
        scene.Seconds(1800);
        Assert.True(scene.Lane("a").IsUsable);
        using (var probe = scene.Pick("p"))
        {
            probe.Succeeded();
        }

        Assert.Null(scene.Lane("a").State.DeadReason);
    }

    [Fact]
    public void One_bad_key_leaves_the_models_other_keys_in_service()
    {
        var scene = new FleetScene().Model("a", 10, -1, "k1", "k2").Pool("p", Strict, Member("a"));
        using (var lease = scene.Pick("p"))
        {
            Assert.Equal(0, lease.Lane.KeyIndex);
            lease.HardDown(FaultClass.Auth, 401);
        }

        for (var i = 0; i < 5; i++)
        {
            using var lease = scene.Pick("p");
            Assert.Equal("k2", lease.Lane.ApiKey!.Reveal());
        }

        Assert.Equal("auth (HTTP 401)", scene.Fleet.Lanes[0].State.DeadReason);
        Assert.Null(scene.Fleet.Lanes[1].State.DeadReason);
    }

    [Fact, Trait("gotcha", "C200"), Trait("gotcha", "C181")]
    public void A_trip_is_told_once_and_neither_a_failed_probe_nor_a_repeated_hard_down_tells_it_again()
    {
        var scene = HalfOpen(out var probe);
        Assert.Equal(["p/a"], scene.Trips);
        probe.Failed(FaultClass.Network);
        probe.Dispose();
        Assert.Equal(["p/a"], scene.Trips);
        using (var direct = scene.Pick("a"))
        {
            direct.HardDown(FaultClass.Auth, 403);
        }

        Assert.Equal(["p/a", "/a"], scene.Trips);
        Assert.Equal(["p/a Closed-Open", "p/a Open-HalfOpen", "p/a HalfOpen-Open", "/a Closed-Open"], scene.Changes);
    }

    [Fact, Trait("gotcha", "C182")]
    public void Recovery_keeps_the_lifetime_counters()
    {
        var scene = HalfOpen(out var probe);
        probe.Succeeded();
        probe.Dispose();
        Assert.Equal((1L, 1L), (scene.Lane("a").State.Ok, scene.Lane("a").State.Errors));
    }

    [Fact, Trait("gotcha", "C171")]
    public void A_recovery_closes_the_cell_of_its_own_pool_only()
    {
        var scene = new FleetScene().Pool("p", Strict, Member("a")).Pool("q", Strict, Member("a"));
        scene.Fail("p", "a");
        scene.Fail("q", "a");
        scene.Seconds(15);
        using (var lease = scene.Pick("q"))
        {
            lease.Succeeded();
        }

        Assert.Equal((BreakerState.Open, BreakerState.Closed), (scene.Slot("p", "a").Cell.Word.State, scene.Slot("q", "a").Cell.Word.State));
    }

    [Fact]
    public void An_outcome_of_the_wrong_kind_is_a_bug_and_is_said_so()
    {
        using var lease = new FleetScene().Pool("p", Strict, Member("a")).Pick("p");
        Assert.Throws<ArgumentOutOfRangeException>(() => lease.Failed(FaultClass.Auth));
        Assert.Throws<ArgumentOutOfRangeException>(() => lease.Failed(FaultClass.ClientError));
        Assert.Throws<ArgumentOutOfRangeException>(() => lease.HardDown(FaultClass.Timeout, 504));
        Assert.Throws<ArgumentOutOfRangeException>(() => lease.Failed(FaultClass.Content));
    }

    private static FleetScene HalfOpen(out LaneLease probe)
    {
        var scene = new FleetScene().Pool("p", Strict, Member("a"));
        scene.Fail("p", "a");
        scene.Seconds(15);
        probe = scene.Pick("p");
        Assert.True(probe.IsProbe);
        return scene;
    }

    private static string Describe(FleetScene scene)
    {
        var (lane, cell) = (scene.Lane("a"), scene.Slot("p", "a").Cell);
        return $"{cell.Word} {cell.Streak} {cell.Window} {lane.State.Ok} {lane.State.Errors} {lane.State.ClientFaults} {lane.Budget.Remaining}" +
            $" {lane.State.DeadReason}";
    }
}
