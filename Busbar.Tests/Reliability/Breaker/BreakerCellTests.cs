using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Pools;
using Busbar.Reliability;
using Busbar.Reliability.Breaker;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Reliability.Breaker;

public sealed partial class BreakerCellTests
{
    private readonly FakeTimeProvider _time = new();
    private double _random = 0.5;

    [Fact, Trait("gotcha", "C173")]
    public void Failures_below_the_floor_do_not_trip_and_the_fifth_does()
    {
        var cell = Cell(new BreakerConfig());
        for (var i = 0; i < 4; i++)
        {
            Assert.False(cell.Failed(0, null).IsTrip);
        }

        Assert.Equal(BreakerState.Closed, cell.Word.State);
        Assert.True(cell.Failed(0, null).IsTrip);
        Assert.Equal(BreakerState.Open, cell.Word.State);
    }

    [Fact, Trait("gotcha", "C174")]
    public void Failures_older_than_the_window_do_not_count()
    {
        var cell = Cell(new BreakerConfig());
        for (var i = 0; i < 4; i++)
        {
            cell.Failed(0, null);
        }

        Seconds(30);
        Assert.False(cell.Failed(0, null).IsTrip);
    }

    [Fact, Trait("gotcha", "C175")]
    public void A_share_equal_to_the_threshold_trips()
    {
        var cell = Cell(new BreakerConfig { MinRequests = 6 });
        for (var i = 0; i < 3; i++)
        {
            cell.Succeeded(0);
        }

        cell.Failed(0, null);
        cell.Failed(0, null);
        Assert.True(cell.Failed(0, null).IsTrip);
    }

    [Fact, Trait("gotcha", "C176")]
    public void A_success_ends_a_run_of_failures()
    {
        var cell = Cell(new BreakerConfig { Mode = TripMode.Consecutive });
        cell.Failed(0, null);
        cell.Failed(0, null);
        cell.Succeeded(0);
        cell.Failed(0, null);
        Assert.False(cell.Failed(0, null).IsTrip);
        Assert.True(cell.Failed(0, null).IsTrip);
    }

    [Fact, Trait("gotcha", "C180")]
    public async Task Of_many_callers_at_expiry_exactly_one_gets_the_probe()
    {
        for (var round = 0; round < 50; round++)
        {
            var cell = Tripped();
            Seconds(15);
            var entered = 0;
            using var start = new Barrier(4);
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    for (var i = 0; i < 13; i++)
                    {
                        if (cell.TryEnter(out var probe))
                        {
                            Assert.NotEqual(0, probe);
                            Interlocked.Increment(ref entered);
                        }
                    }
                },
                TaskCreationOptions.LongRunning)));
            Assert.Equal(1, entered);
        }
    }

    [Fact, Trait("gotcha", "C181")]
    public void A_failed_probe_opens_again_for_longer_and_is_no_trip()
    {
        var cell = Tripped();
        Seconds(15);
        Assert.True(cell.TryEnter(out var probe));
        var change = cell.Failed(probe, null);
        Assert.Equal(new BreakerChange(BreakerState.HalfOpen, BreakerState.Open), change);
        Assert.False(change.IsTrip);
        Assert.Equal(30_000, cell.CooldownRemainingMs);
        Assert.Equal(2, cell.Streak);
    }

    [Fact, Trait("gotcha", "C182")]
    public void A_successful_probe_closes_with_nothing_left_of_the_past()
    {
        var cell = Tripped();
        Seconds(15);
        cell.TryEnter(out var probe);
        Assert.True(cell.Succeeded(probe).IsRecovery);
        Assert.Equal((0, default, 0L, true), (cell.Streak, cell.Window, cell.CooldownRemainingMs, cell.IsReady));
        cell.Failed(0, null);
        Assert.Equal(15_000, cell.CooldownRemainingMs);
    }

    [Fact, Trait("gotcha", "C183")]
    public void A_success_on_an_open_cell_keeps_it_open_and_keeps_the_streak()
    {
        var cell = Tripped();
        Assert.False(cell.Succeeded(0).IsChange);
        Assert.Equal((BreakerState.Open, 1, 15_000L), (cell.Word.State, cell.Streak, cell.CooldownRemainingMs));
        Assert.Equal(new WindowTotals(2, 1), cell.Window);
    }

    [Fact]
    public void Calls_that_began_before_the_cooldown_neither_trip_nor_make_it_grow()
    {
        var cell = Cell(new BreakerConfig { Mode = TripMode.Consecutive, ConsecutiveN = 2 });
        Seconds(10);
        var began = 5_000L;
        for (var i = 0; i < 12; i++)
        {
            Assert.False(cell.Failed(0, null, new BreakerCall(0, began)).IsTrip);
        }

        Assert.Equal((BreakerState.Closed, 15_000L), (cell.Word.State, cell.CooldownRemainingMs));
        Assert.True(cell.Failed(0, null, new BreakerCall(0, 10_000)).IsTrip);
        Assert.Equal(15_000, cell.CooldownRemainingMs);
    }

    [Fact]
    public void Somebody_elses_outcome_does_not_decide_a_probe()
    {
        var cell = Tripped();
        Seconds(15);
        cell.TryEnter(out var probe);
        cell.Failed(0, null);
        cell.Succeeded(0);
        cell.GiveBack(probe + 1);
        Assert.Equal(BreakerState.HalfOpen, cell.Word.State);
        Assert.True(cell.Succeeded(probe).IsRecovery);
    }

    [Fact]
    public void A_late_release_cannot_free_the_next_callers_probe()
    {
        var cell = Tripped();
        Seconds(15);
        cell.TryEnter(out var first);
        cell.GiveBack(first);
        Assert.True(cell.TryEnter(out var second));
        cell.GiveBack(first);
        Assert.Equal(BreakerState.HalfOpen, cell.Word.State);
        Assert.False(cell.TryEnter(out _));
        cell.GiveBack(second);
        Assert.True(cell.TryEnter(out _));
    }

    [Fact]
    public void A_failure_that_meets_a_recovery_halfway_is_judged_by_the_emptied_window()
    {
        // The random source is asked between reading the word and swapping it: there the other caller acts.
        BreakerCell? cell = null;
        var probe = 0;
        var meddle = false;
        cell = new BreakerCell(
            new MonotonicClock(_time),
            () =>
            {
                if (meddle)
                {
                    meddle = false;
                    cell!.HardDown();
                    Seconds(1800);
                    Assert.True(cell.TryEnter(out probe));
                    Assert.True(cell.Succeeded(probe).IsRecovery);
                }

                return 0.5;
            },
            new BreakerSettings(new BreakerConfig(), new LimitsConfig()));
        for (var i = 0; i < 5; i++)
        {
            cell.Failed(0, null);
        }

        Seconds(15);
        Assert.True(cell.TryEnter(out var own));
        meddle = true;
        Assert.False(cell.Failed(own, null).IsTrip);
        Assert.False(meddle);
        Assert.Equal(BreakerState.Closed, cell.Word.State);
    }

    [Fact]
    public void Every_schedule_of_real_threads_leaves_no_probe_behind()
    {
        var cell = Tripped(new BreakerConfig { Mode = TripMode.Consecutive, ConsecutiveN = 1 });
        var inside = 0;
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, caller =>
        {
            var random = new Random(caller);
            for (var i = 0; i < 5000; i++)
            {
                if (caller == 0)
                {
                    _time.Advance(TimeSpan.FromSeconds(20));
                }

                if (!cell.TryEnter(out var probe) || probe == 0)
                {
                    cell.Failed(0, null);
                    continue;
                }

                Assert.Equal(1, Interlocked.Increment(ref inside));
                Interlocked.Decrement(ref inside);
                switch (random.Next(3))
                {
                    case 0:
                        cell.Succeeded(probe);
                        break;
                    case 1:
                        cell.Failed(probe, null);
                        break;
                    default:
                        cell.GiveBack(probe);
                        break;
                }

                cell.GiveBack(probe);
            }
        });
        Assert.NotEqual(BreakerState.HalfOpen, cell.Word.State);
        Seconds(200);
        Assert.True(cell.TryEnter(out _));
    }

    [Fact]
    public void New_settings_take_effect_without_losing_the_state()
    {
        var cell = Tripped();
        cell.Configure(new BreakerSettings(new BreakerConfig { BaseCooldownSecs = 2, MaxCooldownSecs = 4, WindowSecs = 10 }, new LimitsConfig()));
        Assert.Equal((BreakerState.Open, 15_000L, 0), (cell.Word.State, cell.CooldownRemainingMs, cell.Window.Total));
        Seconds(15);
        cell.TryEnter(out var probe);
        cell.Failed(probe, null);
        Assert.Equal(4_000, cell.CooldownRemainingMs);
    }

    [Fact]
    public void A_call_of_unknown_beginning_always_counts()
    {
        var cell = Cell(new BreakerConfig());
        Seconds(10);
        Assert.Equal([false, false, false, false, true], Enumerable.Range(0, 5).Select(_ => cell.Failed(0, null).IsTrip));
    }

    [Fact]
    public void Calls_that_began_before_the_cooldown_do_not_trip_by_their_share_or_add_to_the_streak()
    {
        var cell = Cell(new BreakerConfig());
        Seconds(10);
        cell.Failed(0, null);
        for (var i = 0; i < 12; i++)
        {
            Assert.False(cell.Failed(0, null, new BreakerCall(0, Began: 1)).IsTrip);
        }

        Assert.Equal((BreakerState.Closed, 1), (cell.Word.State, cell.Streak));
    }

    [Fact]
    public void A_health_check_leaves_nothing_of_the_past()
    {
        var cell = Tripped();
        var hardDowns = 0;
        Assert.True(cell.Heal(in hardDowns, 0).IsRecovery);
        Assert.Equal((0, default, 0L, true), (cell.Streak, cell.Window, cell.CooldownRemainingMs, cell.IsReady));
    }

    [Fact]
    public void Only_a_closed_cell_that_was_not_is_a_recovery()
    {
        Assert.True(new BreakerChange(BreakerState.HalfOpen, BreakerState.Closed).IsRecovery);
        Assert.False(new BreakerChange(BreakerState.HalfOpen, BreakerState.Open).IsRecovery);
        Assert.False(new BreakerChange(BreakerState.Closed, BreakerState.Closed).IsRecovery);
    }

    [Fact]
    public void A_call_that_began_before_the_cooldown_does_not_begin_another()
    {
        var cell = Cell(new BreakerConfig());
        Seconds(10);
        cell.Failed(0, null);
        Seconds(10);
        cell.Failed(0, null, new BreakerCall(0, Began: 5_000));
        Assert.Equal(1, cell.Streak);
        cell.Failed(0, null, new BreakerCall(0, Began: 15_000));
        Assert.Equal(2, cell.Streak);
    }

    [Fact]
    public void A_late_success_closes_with_nothing_left_of_the_past()
    {
        var cell = Tripped();
        Seconds(15);
        cell.TryEnter(out var probe);
        cell.GiveBack(probe);
        Assert.True(cell.Succeeded(0, new BreakerCall(0, HasYielded: true)).IsRecovery);
        Assert.Equal((0, default), (cell.Streak, cell.Window));
    }

    private BreakerCell Cell(BreakerConfig config) => new(new MonotonicClock(_time), () => _random, new BreakerSettings(config, new LimitsConfig()));

    private BreakerCell Tripped(BreakerConfig? config = null)
    {
        var cell = Cell(config ?? new BreakerConfig { Mode = TripMode.Consecutive, ConsecutiveN = 1 });
        Assert.True(cell.Failed(0, null).IsTrip);
        return cell;
    }

    private void Seconds(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));
}
