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

    [Fact, Trait("gotcha", "C131")]
    public void A_member_without_weight_gets_no_traffic_not_even_a_session()
    {
        var scene = new FleetScene().Pool("p", Lenient, Member("a", 0), Member("b"));
        for (ulong session = 0; session < 200; session++)
        {
            Assert.Equal("b", Sticky(scene, session));
        }

        Assert.DoesNotContain("a", Picks(scene, 50));
    }

    [Fact, Trait("gotcha", "C132")]
    public void A_session_keeps_its_member_across_processes()
    {
        for (ulong session = 0; session < 100; session++)
        {
            var first = new FleetScene().Pool("p", Lenient, Member("a"), Member("b"), Member("c"));
            var second = new FleetScene().Pool("p", Lenient, Member("a"), Member("b"), Member("c"));
            Picks(second, (int)session % 5);
            Assert.Equal(Sticky(first, session), Sticky(second, session));
        }

        Assert.Equal(0xaf63dc4c8601ec8cUL, Rendezvous.Hash("a"));
        Assert.Equal(0xcbf29ce484222325UL, Rendezvous.Hash([]));
    }

    [Fact]
    public void Sessions_spread_by_weight_and_a_new_member_takes_only_what_it_wins()
    {
        var before = new FleetScene().Pool("p", Lenient, Member("a"), Member("b", 3));
        var after = new FleetScene().Pool("p", Lenient, Member("a"), Member("b", 3), Member("c", 4));
        var counts = new Dictionary<string, int>();
        var moved = 0;
        for (var i = 0; i < 4000; i++)
        {
            var session = Rendezvous.Hash(Encoding.ASCII.GetBytes($"session-{i}"));
            var (old, now) = (Sticky(before, session), Sticky(after, session));
            counts[old] = counts.GetValueOrDefault(old) + 1;
            if (old != now)
            {
                Assert.Equal("c", now);
                moved++;
            }
        }

        Assert.InRange(counts["a"], 900, 1100);
        Assert.InRange(moved, 1880, 2120);
    }

    [Fact, Trait("gotcha", "C133")]
    public void A_session_whose_member_is_down_busy_or_tried_goes_elsewhere_and_leaks_no_probe()
    {
        var scene = new FleetScene().Model("a", 1).Model("b", 1).Pool("p", Strict, Member("a"), Member("b"));
        var home = Sticky(scene, 42);
        var other = home == "a" ? "b" : "a";
        using (scene.PickOnly("p", home))
        {
            Assert.Equal(other, Sticky(scene, 42));
        }

        scene.Fail("p", home);
        Assert.Equal(other, Sticky(scene, 42));
        scene.Seconds(15);
        using (scene.PickOnly("p", home))
        {
            Assert.Equal(other, Sticky(scene, 42));
        }

        Assert.Equal(BreakerState.Open, scene.Slot("p", home).Cell.Word.State);
        Assert.Equal(home, Sticky(scene, 42));
        var request = new PickRequest { AffinityKey = 42 };
        request.Tried.Add(scene.Lane(home).Index);
        scene["p"].TryPick(request, out var lease);
        Assert.Equal(other, lease!.Lane.Name);
        lease.Dispose();
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

    private static List<string> Picks(FleetScene scene, int count)
    {
        var names = new List<string>();
        for (var i = 0; i < count; i++)
        {
            using var lease = scene.Pick("p");
            names.Add(lease.Lane.Name);
        }

        return names;
    }

    private static string Sticky(FleetScene scene, ulong session)
    {
        Assert.Equal(PickResult.Picked, scene["p"].TryPick(new PickRequest { AffinityKey = session }, out var lease));
        lease!.Dispose();
        return lease.Lane.Name;
    }

    private static PoolConfig Strategic(PoolStrategy strategy, params PoolMemberConfig[] members)
        => new() { Name = "p", Members = members, Strategy = strategy, Breaker = Lenient };
}
