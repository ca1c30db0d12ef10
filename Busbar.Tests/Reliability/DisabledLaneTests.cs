using Busbar.Configuration.Model.Pools;
using Busbar.Ir;
using Busbar.Observability.Metrics;
using Busbar.Reliability;
using Busbar.Reliability.Breaker;
using Busbar.Reliability.Faults;
using Busbar.Reliability.Selection;

namespace Busbar.Tests.Reliability;

public sealed class DisabledLaneTests
{
    private readonly FleetScene _scene = new FleetScene().Model("a", keys: ["one", "two"]).Model("b")
        .Pool("p", FleetScene.Strict, new PoolMemberConfig { Target = "a", Weight = 1000 }, new PoolMemberConfig { Target = "b" });

    [Fact]
    public void It_is_passed_over_in_pools_with_sessions_on_the_direct_route_and_as_the_least_bad()
    {
        _scene.Fleet.Lanes[0].IsDisabled = true;

        Assert.True(_scene.Fleet.Lanes[1].IsDisabled);
        for (ulong session = 0; session < 50; session++)
        {
            Assert.Equal("b", Pick("p", new PickRequest { AffinityKey = session }));
            Assert.Equal("b", Pick("p", default));
        }

        Assert.Null(Pick("a", default));
        Assert.False(_scene.Fleet.Resolve("a")!.PickLeastBad(default, out _));
        Assert.True(_scene.Fleet.IsUsable);
    }

    [Fact]
    public void It_does_not_count_when_a_client_is_told_when_to_come_back()
    {
        _scene.Fleet.Lanes[0].State.HealthFailed(TimeSpan.FromSeconds(20));
        _scene.Fleet.Lanes[2].State.HealthFailed(TimeSpan.FromSeconds(40));
        _scene.Fleet.Lanes[1].State.HealthFailed(TimeSpan.FromSeconds(30));
        Assert.Equal(20, _scene.Fleet.ForPool("p")!.RetryAfter().TotalSeconds);

        _scene.Fleet.Lanes[0].IsDisabled = true;
        Assert.Equal(40, _scene.Fleet.ForPool("p")!.RetryAfter().TotalSeconds);
    }

    [Fact]
    public void It_stays_out_across_reloads_even_with_another_key_and_comes_back_when_enabled()
    {
        _scene.Fleet.Lanes[0].IsDisabled = true;
        _scene.Model("a", keys: ["three"]);
        Fleet next = _scene.Fleet.Reload(_scene.Config);

        Assert.Equal("disabled", next.Lanes[0].Availability);
        Assert.False(next.Lanes[0].IsUsable);
        next.Lanes[0].IsDisabled = false;
        Assert.Equal("ok", next.Lanes[0].Availability);
    }

    [Fact]
    public void It_shows_in_the_metrics()
    {
        _scene.Fleet.Lanes[0].IsDisabled = true;
        string page = new Metrics().Render(_scene.Fleet, ProcessGauges.Read());

        Assert.Contains("""busbar_lane_state{pool="p",lane="a"} 3""", page);
        Assert.Contains("""busbar_lane_state{pool="p",lane="b"} 0""", page);
    }

    [Fact]
    public void A_reset_closes_every_cell_whatever_it_was_open_for_and_forgets_the_failures()
    {
        Lane lane = _scene.Fleet.Lanes[2];
        lane.State.HardDown(FaultClass.Billing, 402);
        lane.State.HealthFailed(null);
        Assert.False(lane.IsUsable);
        lane.State.Reset();

        Assert.Equal("ok", lane.Availability);
        Assert.Null(lane.State.DeadReason);
        Assert.All(lane.Cells(), cell => Assert.Equal((BreakerState.Closed, TimeSpan.Zero, 0), (cell.State, cell.CooldownRemaining, cell.Streak)));
        Assert.Contains(_scene.Changes, change => change.Contains("Closed", StringComparison.Ordinal));
    }

    [Fact]
    public void A_probe_under_way_when_the_lane_is_reset_decides_nothing()
    {
        Lane lane = _scene.Fleet.Lanes[2];
        Pool direct = _scene.Fleet.Resolve("b")!;
        lane.State.HardDown(FaultClass.Auth, 401);
        _scene.Time.Advance(TimeSpan.FromHours(1));
        PickRequest request = default;
        Assert.Equal(PickResult.Picked, direct.TryPick(request, out LaneLease? probe));
        Assert.True(probe!.IsProbe);
        lane.State.Reset();
        probe.Dispose();

        Assert.Equal(BreakerState.Closed, lane.Cells()[0].State);
    }

    private string? Pick(string name, PickRequest request)
    {
        _scene.Fleet.Resolve(name)!.TryPick(request, out LaneLease? lease);
        using (lease)
        {
            return lease?.Lane.Name;
        }
    }
}
