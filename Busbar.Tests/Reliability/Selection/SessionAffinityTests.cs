using System.Text;
using Busbar.Ir;
using Busbar.Reliability;
using Busbar.Reliability.Breaker;
using Busbar.Reliability.Selection;
using static Busbar.Tests.Reliability.FleetScene;

namespace Busbar.Tests.Reliability.Selection;

public sealed class SessionAffinityTests
{
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

    [Fact]
    public void A_session_takes_no_turn_of_those_without_one()
    {
        var scene = new FleetScene().Pool("p", Lenient, Member("a"), Member("b", 2));
        Sticky(scene, 1);
        Assert.Equal(PickResult.Picked, scene["p"].TryPick(new PickRequest { AffinityLane = 0 }, out LaneLease? lease));
        lease!.Dispose();
        Assert.All(scene["p"].Members, static member => Assert.Equal(0, member.Slot.CurrentWeight));
    }

    [Theory]
    [InlineData(1UL, "a", 10.141065861678609)]
    [InlineData(1UL, "b", 16.494651195369833)]
    [InlineData(42UL, "a", 21.085022261219088)]
    [InlineData(42UL, "b", 2.00983660974601)]
    [InlineData(9223372036854775813UL, "a", 2.017564660787285)]
    public void A_lane_draws_the_same_for_a_session_in_every_version(ulong session, string lane, double expected) =>
        Assert.Equal(expected, Rendezvous.Score(session, Rendezvous.Hash(lane), 3), 9);

    // The session whose bits all cancel out against those of the lane: the smallest number that is drawn.
    [Fact]
    public void The_smallest_draw_is_a_number_above_zero() =>
        Assert.Equal(0.0267165748312771, Rendezvous.Score(6973244871359608700, Rendezvous.Hash("a"), 1), 12);
}
