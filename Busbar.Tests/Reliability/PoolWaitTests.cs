using Busbar.Ir;
using Busbar.Reliability;
using Busbar.Reliability.Selection;
using static Busbar.Tests.Reliability.FleetScene;

namespace Busbar.Tests.Reliability;

public sealed class PoolWaitTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task The_first_permit_freed_at_any_lane_goes_to_the_first_who_waits()
    {
        var scene = Busy(out var a, out var b);
        var first = Wait(scene);
        var second = Wait(scene);
        Assert.Equal(2, scene["p"].Queued);
        b.Dispose();
        Assert.Equal("b", (await first)!.Lane.Name);
        Assert.False(second.IsCompleted);
        a.Dispose();
        Assert.Equal("a", (await second)!.Lane.Name);
        Assert.Equal(0, scene["p"].Queued);
    }

    [Fact, Trait("gotcha", "C137")]
    public async Task A_wait_ends_at_its_bound_with_nothing()
    {
        var scene = Busy(out var a, out _);
        var wait = Wait(scene);
        scene.Seconds(59);
        Assert.False(wait.IsCompleted);
        scene.Seconds(1);
        Assert.Null(await wait);
        a.Dispose();
        Assert.True(scene.Lane("a").Permits.HasFree);
    }

    [Fact]
    public async Task A_bound_of_zero_or_less_does_not_wait()
    {
        var scene = Busy(out _, out _);
        Assert.Null(await scene["p"].WaitAsync(new PickRequest(), TimeSpan.Zero, default));
        Assert.Null(await scene["p"].WaitAsync(new PickRequest(), TimeSpan.FromSeconds(-1), default));
    }

    [Fact]
    public async Task A_cancelled_wait_leaves_no_permit_behind()
    {
        var scene = Busy(out var a, out var b);
        using var cancel = new CancellationTokenSource();
        var wait = Wait(scene, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        a.Dispose();
        b.Dispose();
        Assert.Equal((0, 0, 0), (scene.Lane("a").Permits.InFlight, scene.Lane("b").Permits.InFlight, scene["p"].Queued));
    }

    [Fact]
    public async Task A_lane_that_went_down_meanwhile_is_not_taken_with_its_freed_permit()
    {
        var scene = Busy(out var a, out var b);
        var wait = Wait(scene);
        a.HardDown(FaultClass.Auth, 401);
        a.Dispose();
        b.Dispose();
        Assert.Equal("b", (await wait)!.Lane.Name);
        Assert.Equal(0, scene.Lane("a").Permits.InFlight);
    }

    [Fact]
    public async Task When_the_last_lane_goes_down_the_wait_ends_at_once()
    {
        var scene = Busy(out var a, out var b);
        var wait = Wait(scene);
        a.HardDown(FaultClass.Auth, 401);
        b.HardDown(FaultClass.Billing, 402);
        a.Dispose();
        b.Dispose();
        Assert.Null(await wait);
    }

    [Fact]
    public async Task A_lane_whose_cooldown_ends_meanwhile_is_taken()
    {
        var scene = new FleetScene().Model("a", 1).Pool("p", Strict, Member("a"), Member("b"));
        scene.Fail("p", "b", 20);
        using var held = scene.Pick("p");
        var wait = Wait(scene);
        scene.Seconds(20);
        using var lease = await wait;
        Assert.Equal(("b", true), (lease!.Lane.Name, lease.IsProbe));
    }

    [Fact]
    public async Task Waiting_respects_what_the_request_tried()
    {
        var scene = Busy(out var a, out var b);
        var request = new PickRequest();
        request.Tried.Add(a.Lane.Index);
        var wait = scene["p"].WaitAsync(request, Minute, default).AsTask();
        a.Dispose();
        Assert.False(wait.IsCompleted);
        b.Dispose();
        Assert.Equal("b", (await wait)!.Lane.Name);
    }

    [Fact]
    public async Task Lanes_of_one_model_share_its_permits()
    {
        var scene = new FleetScene().Model("a", 1, -1, "k1", "k2").Pool("p", Lenient, Member("a"));
        var held = scene.Pick("p");
        Assert.Equal(PickResult.Saturated, scene["p"].TryPick(new PickRequest(), out _));
        var wait = Wait(scene);
        held.Dispose();
        Assert.NotEqual(held.Lane.KeyIndex, (await wait)!.Lane.KeyIndex);
    }

    [Fact, Trait("gotcha", "C138")]
    public async Task Under_contention_every_request_is_served_and_every_permit_comes_back()
    {
        var scene = new FleetScene().Model("a", 2).Model("b", 1).Pool("p", Lenient, Member("a", 2), Member("b"));
        var pool = scene["p"];
        var inside = new int[2];
        await Task.WhenAll(Enumerable.Range(0, 10).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; i < 200; i++)
            {
                if (pool.TryPick(new PickRequest(), out var lease) != PickResult.Picked)
                {
                    lease = await pool.WaitAsync(new PickRequest(), Minute, default);
                }

                var index = lease!.Lane.Index;
                Assert.InRange(Interlocked.Increment(ref inside[index]), 1, lease.Lane.Permits.Max);
                if ((i + caller) % 4 == 0)
                {
                    await Task.Yield();
                }

                Interlocked.Decrement(ref inside[index]);
                lease.Succeeded();
                lease.Dispose();
            }
        })));
        Assert.All(scene.Fleet.Lanes, lane => Assert.Equal((0, lane.Permits.Max), (lane.Permits.InFlight, lane.Permits.Free)));
        Assert.Equal(2000, scene.Fleet.Lanes.Sum(lane => lane.State.Ok));
        Assert.Equal(0, pool.Queued);
    }

    private static FleetScene Busy(out LaneLease a, out LaneLease b)
    {
        var scene = new FleetScene().Model("a", 1).Model("b", 1).Pool("p", Lenient, Member("a"), Member("b"));
        a = scene.PickOnly("p", "a");
        b = scene.PickOnly("p", "b");
        Assert.Equal(PickResult.Saturated, scene["p"].TryPick(new PickRequest(), out _));
        return scene;
    }

    private static Task<LaneLease?> Wait(FleetScene scene, CancellationToken cancellation = default) =>
        scene["p"].WaitAsync(new PickRequest(), Minute, cancellation).AsTask();
}
