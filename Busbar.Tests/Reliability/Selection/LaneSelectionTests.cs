using System.Text;
using Busbar.Configuration.Model.Pools;
using Busbar.Ir;
using Busbar.Reliability;
using Busbar.Reliability.Breaker;
using Busbar.Reliability.Faults;
using Busbar.Reliability.Selection;
using static Busbar.Tests.Reliability.FleetScene;

namespace Busbar.Tests.Reliability.Selection;

public sealed class LaneSelectionTests
{
    [Fact, Trait("gotcha", "C126")]
    public void Shares_are_exactly_proportional_to_the_weights()
    {
        var scene = new FleetScene().Pool("p", Lenient, Member("a"), Member("b", 2), Member("c", 3));
        var counts = Picks(scene, 600).CountBy(name => name).ToDictionary();
        Assert.Equal((100, 200, 300), (counts["a"], counts["b"], counts["c"]));
    }

    [Fact]
    public void Weights_five_one_one_interleave_smoothly()
    {
        var scene = new FleetScene().Pool("p", Lenient, Member("a", 5), Member("b"), Member("c"));
        Assert.Equal(["a", "a", "b", "a", "c", "a", "a"], Picks(scene, 7));
        Assert.Equal(["a", "a", "b", "a", "c", "a", "a"], Picks(scene, 7));
    }

    [Fact, Trait("gotcha", "C126")]
    public void A_model_with_several_keys_shares_its_weight_among_them()
    {
        var scene = new FleetScene().Model("a", keys: ["k1", "k2", "k3"]).Pool("p", Lenient, Member("a"), Member("b", 2));
        var counts = new Dictionary<string, int>();
        for (var i = 0; i < 90; i++)
        {
            using var lease = scene.Pick("p");
            var name = $"{lease.Lane.Name}{lease.Lane.KeyIndex}";
            counts[name] = counts.GetValueOrDefault(name) + 1;
        }

        Assert.Equal((10, 10, 10, 60), (counts["a0"], counts["a1"], counts["a2"], counts["b0"]));
    }

    [Fact, Trait("gotcha", "C127")]
    public void A_tripped_members_share_spreads_over_the_rest_and_its_recovery_brings_no_burst()
    {
        var scene = new FleetScene().Pool("p", Strict, Member("a"), Member("b"), Member("c"));
        Picks(scene, 7);
        scene.Fail("p", "a");
        Assert.Equal(-2, scene.Slot("p", "a").CurrentWeight);
        var during = Picks(scene, 100).CountBy(name => name).ToDictionary();
        Assert.Equal((50, 50), (during["b"], during["c"]));
        scene.Seconds(15);
        using (var probe = scene.PickOnly("p", "a"))
        {
            Assert.True(probe.IsProbe);
            probe.Succeeded();
        }

        Assert.Equal(0, scene.Slot("p", "a").CurrentWeight);
        var after = Picks(scene, 30);
        Assert.Equal(10, after.Count(name => name == "a"));
        Assert.All(Enumerable.Range(0, 28), i => Assert.True(after.Skip(i).Take(3).Count(name => name == "a") <= 2));
    }

    [Fact, Trait("gotcha", "C128")]
    public void With_every_member_open_there_is_none()
    {
        var scene = new FleetScene().Pool("p", Strict, Member("a"), Member("b"));
        scene.Fail("p", "a");
        scene.Fail("p", "b");
        Assert.Equal(PickResult.None, scene["p"].TryPick(new PickRequest(), out var lease));
        Assert.Null(lease);
    }

    [Fact, Trait("gotcha", "C129")]
    public void A_member_due_for_a_probe_but_not_chosen_is_left_as_it_is()
    {
        var scene = new FleetScene().Pool("p", Strict, Member("a"), Member("b", 100));
        scene.Fail("p", "a");
        scene.Seconds(15);
        var before = scene.Slot("p", "a").Cell.Word;
        Assert.Equal("b", Picks(scene, 1).Single());
        Assert.Equal(before, scene.Slot("p", "a").Cell.Word);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_probe_lost_to_another_caller_in_the_middle_of_a_pick_leaves_no_permit_behind(int nthLookAtTheClock)
    {
        var scene = new FleetScene().Pool("p", Strict, Member("a"));
        scene.Fail("p", "a");
        scene.Seconds(15);
        var cell = scene.Slot("p", "a").Cell;
        var stolen = 0;
        scene.Time.Interrupt(nthLookAtTheClock, () => Assert.True(cell.TryEnter(out stolen)));
        Assert.Equal(PickResult.None, scene["p"].TryPick(new PickRequest(), out _));
        Assert.NotEqual(0, stolen);
        Assert.Equal(0, scene.Lane("a").Permits.InFlight);
    }

    [Fact, Trait("gotcha", "C130")]
    public async Task Concurrent_picks_keep_the_sum_of_the_weights_at_zero()
    {
        var scene = new FleetScene().Pool("p", Lenient, Member("a"), Member("b", 2), Member("c", 7));
        var pool = scene["p"];
        var counts = new int[3];
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 250; i++)
            {
                Assert.Equal(PickResult.Picked, pool.TryPick(new PickRequest(), out var lease));
                Interlocked.Increment(ref counts[lease!.Lane.Index]);
                lease.Dispose();
            }
        })));
        Assert.Equal(0, pool.Members.Sum(member => member.Slot.CurrentWeight));
        Assert.Equal([100, 200, 700], counts);
    }

    [Fact]
    public void The_sum_of_the_weights_stays_zero_whoever_is_tried_or_saturated()
    {
        var random = new Random(5);
        var scene = new FleetScene().Model("a", 1).Model("b", 2).Pool("p", Lenient, Member("a", 3), Member("b", 2), Member("c", 4), Member("d"));
        var held = new List<LaneLease>();
        for (var i = 0; i < 2000; i++)
        {
            var request = new PickRequest();
            if (random.Next(2) == 0)
            {
                request.Tried.Add(random.Next(4));
            }

            scene["p"].TryPick(request, out var lease);
            Assert.False(request.Tried.Contains(lease!.Lane.Index));
            held.Add(lease);
            if (held.Count > 4)
            {
                var index = random.Next(held.Count);
                held[index].Dispose();
                held.RemoveAt(index);
            }

            Assert.Equal(0, scene["p"].Members.Sum(member => member.Slot.CurrentWeight));
        }
    }

    [Fact, Trait("gotcha", "C136")]
    public void A_busy_member_is_passed_over_for_an_idle_one()
    {
        var scene = new FleetScene().Model("a", 1).Pool("p", Lenient, Member("a", 100), Member("b"));
        using var held = scene.PickOnly("p", "a");
        Assert.All(Picks(scene, 20), name => Assert.Equal("b", name));
    }

    [Fact]
    public void A_busy_member_due_for_a_probe_keeps_its_probe()
    {
        var scene = new FleetScene().Model("a", 1).Pool("p", Strict, Member("a", 100), Member("b")).Pool("q", Strict, Member("a"));
        scene.Fail("p", "a");
        scene.Seconds(15);
        using var held = scene.Pick("q");
        Assert.Equal("b", Picks(scene, 1).Single());
        Assert.Equal(BreakerState.Open, scene.Slot("p", "a").Cell.Word.State);
    }

    [Fact, Trait("gotcha", "C142")]
    public void A_budget_used_up_in_one_pool_is_used_up_everywhere()
    {
        var scene = new FleetScene().Model("a", budget: 1).Pool("p", Lenient, Member("a")).Pool("q", Lenient, Member("a"));
        using (var lease = scene.Pick("p"))
        {
            lease.Succeeded();
        }

        Assert.All(["p", "q", "a"], name => Assert.Equal(PickResult.None, scene[name].TryPick(new PickRequest(), out _)));
        Assert.Equal("lifetime budget used up", scene.Lane("a").Availability);
    }

    [Fact, Trait("gotcha", "C147"), Trait("gotcha", "C166")]
    public void No_lane_is_picked_twice_for_one_request_not_even_through_another_pool()
    {
        var scene = new FleetScene().Pool("p", Lenient, Member("a"), Member("b")).Pool("q", Lenient, Member("b"), Member("c"), Member("a"));
        var request = new PickRequest();
        var order = new List<string>();
        foreach (var pool in new[] { "p", "q" })
        {
            while (scene[pool].TryPick(request, out var lease) == PickResult.Picked)
            {
                using (lease)
                {
                    order.Add(lease!.Lane.Name);
                    request.Tried.Add(lease.Lane.Index);
                    lease.Failed(FaultClass.ServerError);
                }
            }
        }

        Assert.Equal(["a", "b", "c"], order);
    }

    [Fact, Trait("gotcha", "C148")]
    public void An_excluded_member_takes_no_traffic_but_its_direct_route_works()
    {
        var scene = new FleetScene().Pool(new PoolConfig
        {
            Name = "p",
            Members = [Member("a"), Member("b")],
            Failover = new FailoverConfig { Exclusions = ["a"] },
        });
        Assert.All(Picks(scene, 10), name => Assert.Equal("b", name));
        var request = new PickRequest();
        request.Tried.Add(scene.Lane("b").Index);
        Assert.Equal(PickResult.None, scene["p"].TryPick(request, out _));
        Assert.True(scene["p"].PickLeastBad(request, out var bad));
        Assert.Equal("b", bad!.Lane.Name);
        using var direct = scene.Pick("a");
        Assert.Equal("a", direct.Lane.Name);
    }

    [Fact, Trait("gotcha", "C152"), Trait("gotcha", "C154")]
    public void After_a_context_failure_only_larger_or_unknown_contexts_are_tried()
    {
        var scene = new FleetScene().Pool("p", Strict, Member("mid", 100, 200_000), Member("small", 1, 100_000), Member("equal", 1, 200_000),
            Member("large", 1, 1_000_000), Member("unknown"));
        scene.Fail("p", "mid");
        scene.Seconds(15);
        var request = new PickRequest();
        Assert.Equal(PickResult.Picked, scene["p"].TryPick(request, out var lease));
        Assert.Equal(("mid", true), (lease!.Lane.Name, lease.IsProbe));
        request.Tried.Add(lease.Lane.Index);
        request.Outgrew(lease.Member);
        lease.Pass();
        Assert.Equal(BreakerState.Open, scene.Slot("p", "mid").Cell.Word.State);
        Assert.True(scene.Slot("p", "mid").Cell.IsReady);
        lease.Dispose();
        var rest = new List<string>();
        while (scene["p"].TryPick(request, out lease) == PickResult.Picked)
        {
            rest.Add(lease!.Lane.Name);
            request.Tried.Add(lease.Lane.Index);
            lease.Dispose();
        }

        Assert.Equal(["large", "unknown"], rest.Order());
    }

    [Fact]
    public void An_attempt_allocates_its_lease_and_nothing_else()
    {
        var scene = new FleetScene().Pool("p", Lenient, Member("a"), Member("b", 2));
        var pool = scene["p"];
        for (var i = 0; i < 100; i++)
        {
            Attempt(pool);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Attempt(pool);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 1000 * 64);

        static void Attempt(Pool pool)
        {
            pool.TryPick(new PickRequest { AffinityKey = null }, out var lease);
            lease!.Succeeded();
            lease.Dispose();
        }
    }
}
