using System.Text;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Pools;
using Busbar.Ir;
using Busbar.Reliability;
using Busbar.Reliability.Breaker;
using Busbar.Reliability.Selection;
using static Busbar.Tests.Reliability.FleetScene;

namespace Busbar.Tests.Reliability;

public sealed class FleetTests
{
    [Fact]
    public void A_name_is_a_pool_first_then_a_model()
    {
        var scene = new FleetScene().Model("both").Model("käse").Pool("both", Lenient, Member("a"));
        Assert.False(scene["both"].IsDirect);
        Assert.True(scene["a"].IsDirect);
        Assert.True(scene.Fleet.ForModel("both")!.IsDirect);
        Assert.Null(scene.Fleet.ForPool("a"));
        Assert.Null(scene.Fleet.Resolve("Both"));
        Assert.Null(scene.Fleet.Resolve(""));
        Assert.Same(scene["käse"], scene.Fleet.Resolve("käse"u8));
        Assert.Null(scene.Fleet.Resolve("k\u00e4se"u8[..2]));
        Assert.Null(scene.Fleet.Resolve(Encoding.UTF8.GetBytes(new string('a', 100_000))));
    }

    [Fact]
    public void A_direct_route_has_the_default_settings()
    {
        var pool = new FleetScene().Model("a")["a"];
        Assert.Equal((120, 3, ExhaustionAction.Reject), (pool.Config.Failover.DeadlineSecs, pool.Config.Failover.Cap,
            pool.Config.OnExhausted.Action));
        Assert.Equal(new BreakerConfig(), pool.Config.Breaker);
        Assert.Null(pool.Config.Affinity);
    }

    [Fact]
    public void A_members_attempt_timeout_overrides_the_models()
    {
        var scene = new FleetScene().Pool("p", Lenient, Member("a") with { AttemptTimeoutMs = 70 });
        Assert.Equal(70, scene["p"].Members[0].AttemptTimeoutMs);
        Assert.Null(scene["a"].Members[0].AttemptTimeoutMs);
    }

    [Fact]
    public void Unset_keys_make_no_lane_as_long_as_one_is_set()
    {
        Assert.Equal([1, 2], new FleetScene().Model("a", 1, -1, "", "k1", "k2").Fleet.Lanes.Select(lane => lane.KeyIndex));
        Assert.Equal([0], new FleetScene().Model("a", 1, -1, "", " ").Fleet.Lanes.Select(lane => lane.KeyIndex));
    }

    [Fact]
    public void Callers_with_their_own_credential_need_one_lane_per_model()
    {
        var config = new FleetScene().Model("a", 1, -1, "k1", "k2").Config with { Auth = new AuthConfig { Mode = AuthMode.Passthrough } };
        Assert.Single(Fleet.Create(config, TimeProvider.System).Lanes);
    }

    [Fact]
    public void A_reload_keeps_breakers_permits_counters_and_rotation()
    {
        var scene = new FleetScene().Model("a", 2, 10).Pool("p", Strict, Member("a", 2), Member("b"));
        scene.Pick("p").Dispose();
        scene.Fail("p", "b");
        var held = scene.PickOnly("p", "a");
        held.Succeeded();
        var (old, weight) = (scene["p"], scene.Slot("p", "a").CurrentWeight);
        scene.Model("c").Pool("q", Lenient, Member("b"));
        scene.Reload();
        Assert.NotSame(old, scene["p"]);
        Assert.Equal(BreakerState.Open, scene.Slot("p", "b").Cell.Word.State);
        Assert.Equal(BreakerState.Closed, scene.Slot("q", "b").Cell.Word.State);
        Assert.Equal((1, 9L, 1L, weight), (scene.Lane("a").Permits.InFlight, scene.Lane("a").Budget.Remaining, scene.Lane("a").State.Ok,
            scene.Slot("p", "a").CurrentWeight));
        held.Dispose();
        Assert.Equal(0, scene.Lane("a").Permits.InFlight);
    }

    [Fact]
    public void A_reload_puts_new_limits_in_force_for_requests_of_both_snapshots()
    {
        var scene = new FleetScene().Model("a", 1).Pool("p", Strict, Member("a"));
        var old = scene["p"];
        using var held = scene.Pick("p");
        scene.Model("a", 2);
        scene.Reload();
        Assert.Equal(PickResult.Picked, old.TryPick(new PickRequest(), out var second));
        Assert.Equal(PickResult.Saturated, scene["p"].TryPick(new PickRequest(), out _));
        second!.Dispose();
    }

    [Fact]
    public void A_new_key_value_starts_with_a_clean_slate_and_the_old_one_does_not_come_back()
    {
        var scene = new FleetScene().Model("a", 1, -1, "bad").Pool("p", Strict, Member("a"));
        using (var lease = scene.Pick("p"))
        {
            lease.HardDown(FaultClass.Auth, 401);
        }

        scene.Reload();
        Assert.False(scene.Fleet.IsUsable);
        scene.Model("a", 1, -1, "good");
        scene.Reload();
        Assert.True(scene.Fleet.IsUsable);
        scene.Pick("p").Dispose();
    }

    [Fact]
    public void A_pool_added_while_an_account_is_down_does_not_try_it()
    {
        var scene = new FleetScene().Pool("p", Strict, Member("a"));
        using (var lease = scene.Pick("p"))
        {
            lease.HardDown(FaultClass.Billing, 402);
        }

        scene.Pool("q", Strict, Member("a"));
        scene.Reload();
        Assert.Equal(PickResult.None, scene["q"].TryPick(new PickRequest(), out _));
        scene.Seconds(1800);
        Assert.True(scene.Pick("q").IsProbe);
    }

    [Fact]
    [Trait("gotcha", "C193")]
    public void A_cell_made_while_the_direct_one_is_half_open_is_closed_and_serves()
    {
        var scene = new FleetScene().Pool("p", Strict, Member("a"));
        LaneLease[] failing = [.. Enumerable.Range(0, 5).Select(_ => scene.Pick("a"))];
        foreach (LaneLease lease in failing)
        {
            lease.Failed(FaultClass.ServerError);
            lease.Dispose();
        }

        scene.Seconds(600);
        LaneLease probe = scene.Pick("a");
        Assert.True(probe.IsProbe);
        scene.Pool("q", Strict, Member("a"));
        scene.Reload();

        using (LaneLease lease = scene.Pick("q"))
        {
            Assert.False(lease.IsProbe);
            lease.Succeeded();
        }

        probe.Dispose();
        scene.Pick("q").Dispose();
        scene.Pick("p").Dispose();
    }

    [Fact]
    public void Lane_numbers_are_unique_in_a_snapshot_and_kept_by_the_lanes_that_stay()
    {
        var random = new Random(9);
        var scene = new FleetScene();
        for (var round = 0; round < 30; round++)
        {
            var before = scene.Fleet.Lanes.ToDictionary(lane => (lane.Name, lane.ApiKey!.Reveal()), lane => lane.Index);
            for (var i = 0; i < 3; i++)
            {
                scene.Model($"m{random.Next(12)}", keys: [$"k{random.Next(3)}", $"l{random.Next(3)}"]);
            }

            var fleet = scene.Reload();
            Assert.Equal(fleet.Lanes.Count, fleet.Lanes.Select(lane => lane.Index).Distinct().Count());
            Assert.All(fleet.Lanes, lane => Assert.InRange(lane.Index, 0, 2 * fleet.Lanes.Count + 6));
            Assert.All(
                fleet.Lanes.Where(lane => before.ContainsKey((lane.Name, lane.ApiKey!.Reveal()))),
                lane => Assert.Equal(before[(lane.Name, lane.ApiKey!.Reveal())], lane.Index));
        }
    }

    [Fact, Trait("gotcha", "C210")]
    public void With_every_pool_cell_open_nothing_is_usable_though_the_direct_cells_are_closed()
    {
        var scene = new FleetScene().Pool("p", Strict, Member("a"));
        scene.Fail("p", "a");
        Assert.Equal(BreakerState.Closed, scene.Slot("a", "a").Cell.Word.State);
        Assert.False(scene.Fleet.IsUsable);
        Assert.Equal("breaker open", scene.Lane("a").Availability);
    }

    [Fact, Trait("gotcha", "C211")]
    public void An_expired_open_cell_is_usable_and_looking_changes_nothing()
    {
        var scene = new FleetScene().Pool("p", Strict, Member("a"));
        scene.Fail("p", "a");
        scene.Seconds(15);
        var before = scene.Slot("p", "a").Cell.Word;
        Assert.True(scene.Fleet.IsUsable);
        _ = scene.Lane("a").Cells();
        Assert.Equal(before, scene.Slot("p", "a").Cell.Word);
    }

    [Fact]
    public void Statistics_show_each_cell_the_direct_one_first()
    {
        var scene = new FleetScene().Pool("p", Lenient, Member("a")).Pool("q", Strict, Member("a"));
        Assert.Equal("ok", scene.Lane("a").Availability);
        scene.Fail("q", "a", 40);
        Assert.Equal(
            [
                new CellView("", BreakerState.Closed, TimeSpan.Zero, 0, default),
                new CellView("p", BreakerState.Closed, TimeSpan.Zero, 0, default),
                new CellView("q", BreakerState.Open, TimeSpan.FromSeconds(40), 1, new WindowTotals(1, 1)),
            ],
            scene.Lane("a").Cells());
        Assert.Equal("limited by cooldown", scene.Lane("a").Availability);
    }

    [Fact, Trait("gotcha", "C201"), Trait("gotcha", "C202")]
    public void A_successful_health_check_closes_every_cell_and_clears_soft_cooldowns_but_counts_once()
    {
        var scene = new FleetScene().Pool("p", Strict, Member("a")).Pool("q", Lenient, Member("a"));
        scene.Fail("p", "a");
        scene.Fail("q", "a");
        var state = scene.Lane("a").State;
        Assert.True(state.IsSuppressed);
        state.HealthSucceeded(state.BeginHealthCheck());
        Assert.False(state.IsSuppressed);
        Assert.All(scene.Lane("a").Cells(), cell => Assert.Equal(
            (BreakerState.Closed, TimeSpan.Zero, 0), (cell.State, cell.CooldownRemaining, cell.Streak)));
        Assert.Equal(1, state.Ok);
    }

    [Fact]
    public void A_health_check_sent_before_a_hard_down_does_not_undo_it()
    {
        var scene = new FleetScene().Pool("p", Strict, Member("a"));
        var state = scene.Lane("a").State;
        var begun = state.BeginHealthCheck();
        state.HardDown(FaultClass.Auth, 401);
        state.HealthSucceeded(begun);
        Assert.Equal((BreakerState.Open, 1_800_000L), (scene.Slot("p", "a").Cell.Word.State, scene.Slot("p", "a").Cell.CooldownRemainingMs));
        state.HealthSucceeded(state.BeginHealthCheck());
        Assert.Equal(BreakerState.Closed, scene.Slot("p", "a").Cell.Word.State);
        Assert.Null(state.DeadReason);
    }

    [Fact, Trait("gotcha", "C203")]
    public void Alternating_health_checks_are_half_failures()
    {
        var scene = new FleetScene().Pool("p", Lenient, Member("a"));
        var state = scene.Lane("a").State;
        for (var i = 0; i < 10; i++)
        {
            state.HealthFailed(null);
            state.HealthSucceeded(state.BeginHealthCheck());
        }

        Assert.Equal(new WindowTotals(20, 10), scene.Slot("p", "a").Cell.Window);
    }

    [Fact, Trait("gotcha", "C205")]
    public void A_failed_health_check_cools_every_cell_down_even_one_due_for_a_probe()
    {
        var scene = new FleetScene().Pool("p", Strict, Member("a")).Pool("q", Lenient, Member("a"));
        scene.Fail("p", "a");
        scene.Seconds(15);
        scene.Lane("a").State.HealthFailed(TimeSpan.FromSeconds(120));
        Assert.All(scene.Lane("a").Cells(), cell => Assert.Equal(TimeSpan.FromSeconds(120), cell.CooldownRemaining));
        Assert.Equal((BreakerState.Open, BreakerState.Closed), (scene.Slot("p", "a").Cell.Word.State, scene.Slot("q", "a").Cell.Word.State));
    }
}
