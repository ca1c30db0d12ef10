using Busbar.Reliability;
using Busbar.Reliability.Selection;
using static Busbar.Tests.Reliability.FleetScene;

namespace Busbar.Tests.Reliability;

/// <summary>Lanes whose provider allows so much in a minute.</summary>
public sealed class PacingTests
{
    [Fact]
    public void A_lane_whose_minute_is_used_up_is_passed_over()
    {
        FleetScene scene = new FleetScene().Paced("a", rpm: 1).Pool("p", Strict, Member("a", weight: 100), Member("b"));
        Called(scene.Pick("p"), "a");
        Called(scene.Pick("p"), "b");
        Assert.Equal("minute used up", scene.Lane("a").Availability);
        scene.Seconds(61);
        Called(scene.Pick("p"), "a");
    }

    [Fact]
    public async Task Who_waits_is_served_when_the_minute_is_over_one_for_each_place()
    {
        FleetScene scene = new FleetScene().Paced("a", rpm: 1).Pool("p", Strict, Member("a"));
        Called(scene.Pick("p"), "a");
        Task<LaneLease?> first = Wait(scene);
        Task<LaneLease?> second = Wait(scene);
        Assert.Equal(PickResult.Saturated, scene["p"].TryPick(new PickRequest(), out _));
        scene.Seconds(59);
        Assert.False(first.IsCompleted || second.IsCompleted);
        scene.Seconds(2);
        Called((await first)!, "a");
        Assert.False(second.IsCompleted);
        scene.Seconds(61);
        Called((await second)!, "a");
        Assert.Equal((0, 0), (scene["p"].Queued, scene.Lane("a").Permits.InFlight));
    }

    [Fact]
    public async Task Nobody_waits_for_a_minute_that_ends_too_late()
    {
        FleetScene scene = new FleetScene().Paced("a", rpm: 1).Pool("p", Strict, Member("a"));
        Called(scene.Pick("p"), "a");

        Assert.Null(await scene["p"].WaitAsync(new PickRequest(), TimeSpan.FromSeconds(30), default));

        Assert.InRange(scene["p"].RetryAfter().TotalSeconds, 60, 61);
    }

    [Fact]
    public void All_pools_and_all_keys_of_a_model_share_its_minute()
    {
        FleetScene scene = new FleetScene().Paced("a", rpm: 2, "one", "two").Pool("p", Strict, Member("a")).Pool("q", Strict, Member("a"));
        Called(scene.Pick("p"), "a");
        Called(scene.Pick("q"), "a");
        Assert.Equal(PickResult.Saturated, scene["a"].TryPick(new PickRequest(), out _));
        scene.Reload();
        Assert.Equal(PickResult.Saturated, scene["p"].TryPick(new PickRequest(), out _));
        scene.Paced("a", rpm: 3, "one", "two").Reload();
        Called(scene.Pick("p"), "a");
    }

    [Fact]
    public void A_lease_that_was_never_used_for_a_call_gives_its_place_in_the_minute_back()
    {
        FleetScene scene = new FleetScene().Paced("a", rpm: 1).Pool("p", Strict, Member("a"));
        scene.Pick("p").Dispose();
        scene.Pick("p").Dispose();
        LaneLease lease = scene.Pick("p");
        lease.Called();
        lease.Called();
        lease.Dispose();
        Assert.Equal(PickResult.Saturated, scene["p"].TryPick(new PickRequest(), out _));
    }

    [Fact]
    public void What_has_no_part_in_the_minute_is_not_held_up_by_it()
    {
        FleetScene scene = new FleetScene().Paced("a", rpm: 1).Pool("p", Strict, Member("a"));
        Called(scene.Pick("p"), "a");
        for (int round = 0; round < 3; round++)
        {
            Assert.Equal(PickResult.Picked, scene["p"].TryPick(new PickRequest { Tokens = -1 }, out LaneLease? lease));
            Called(lease!, "a");
        }
    }

    [Fact]
    public async Task Callers_take_turns_at_each_place_of_a_minute_and_no_place_is_lost()
    {
        FleetScene scene = new FleetScene().Paced("a", rpm: 10).Pool("p", Strict, Member("a"));
        int served = 0;
        Task[] all = [.. Enumerable.Range(0, 40).Select(async index =>
        {
            LaneLease? lease = await scene["p"].WaitAsync(new PickRequest { Turn = (ulong)(index % 3) }, TimeSpan.FromMinutes(10), default);
            Interlocked.Increment(ref served);
            Called(lease!, "a");
        })];
        for (int minute = 1; minute <= 4; minute++)
        {
            int expected = minute * 10;
            await Busbar.Tests.Scenarios.Harness.Eventually.TrueAsync(
                () => Volatile.Read(ref served) == expected, $"{expected} served, not {served}");
            scene.Seconds(61);
        }

        await Task.WhenAll(all);
        Assert.Equal(0, scene["p"].Queued);
    }

    private static Task<LaneLease?> Wait(FleetScene scene) => scene["p"].WaitAsync(new PickRequest(), TimeSpan.FromMinutes(5), default).AsTask();

    private static void Called(LaneLease lease, string model)
    {
        Assert.Equal(model, lease.Lane.Name);
        lease.Called();
        lease.Succeeded();
        lease.Dispose();
    }
}
