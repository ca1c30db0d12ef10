using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Pools;
using Busbar.Reliability;
using Busbar.Reliability.Breaker;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Reliability.Breaker;

public sealed class BreakerCellTests
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

    [Fact]
    public void A_soft_cooldown_ends_by_itself_and_needs_no_probe()
    {
        var cell = Cell(new BreakerConfig());
        cell.Failed(0, null);
        Assert.False(cell.TryEnter(out _));
        cell.Succeeded(0);
        Assert.False(cell.TryEnter(out _));
        Seconds(15);
        Assert.True(cell.TryEnter(out var probe));
        Assert.Equal(0, probe);
        Assert.Equal(BreakerState.Closed, cell.Word.State);
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
    public void A_late_failure_on_an_open_cell_counts_and_only_a_wait_that_is_asked_for_makes_the_cooldown_longer()
    {
        var cell = Tripped();
        Seconds(5);
        Assert.False(cell.Failed(0, null).IsChange);
        Assert.False(cell.Failed(0, TimeSpan.FromSeconds(3)).IsChange);
        Assert.Equal((10_000L, 3), (cell.CooldownRemainingMs, cell.Streak));
        Assert.False(cell.Failed(0, TimeSpan.FromHours(1)).IsChange);
        Assert.Equal(3_600_000, cell.CooldownRemainingMs);
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

    [Theory]
    [InlineData(nameof(TripMode.Consecutive))]
    [InlineData(nameof(TripMode.ErrorRate))]
    public void One_caller_does_not_trip_what_others_use_and_two_do(string name)
    {
        var mode = Enum.Parse<TripMode>(name);
        var cell = Cell(new BreakerConfig { Mode = mode, ConsecutiveN = 3, MinRequests = 6, Threshold = 0.5 });
        cell.Succeeded(0, new BreakerCall(1));
        for (var i = 0; i < 12; i++)
        {
            Assert.False(cell.Failed(0, null, new BreakerCall(2)).IsTrip);
        }

        Assert.Contains(true, Enumerable.Range(0, 12).Select(_ => cell.Failed(0, null, new BreakerCall(1)).IsTrip));
        Assert.Equal(15_000, cell.CooldownRemainingMs);
    }

    [Fact]
    public void Where_only_one_caller_is_active_its_failures_trip()
    {
        var cell = Cell(new BreakerConfig { Mode = TripMode.Consecutive, ConsecutiveN = 3 });
        Assert.Equal([false, false, true], Enumerable.Range(0, 3).Select(_ => cell.Failed(0, null, new BreakerCall(2)).IsTrip));
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

    [Fact, Trait("gotcha", "C184")]
    public void Cooldowns_of_repeated_failures_grow_up_to_the_maximum()
    {
        var cell = Tripped();
        var cooldowns = new List<long> { cell.CooldownRemainingMs };
        for (var i = 0; i < 6; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(cell.CooldownRemainingMs));
            Assert.True(cell.TryEnter(out var probe));
            cell.Failed(probe, null);
            cooldowns.Add(cell.CooldownRemainingMs);
        }

        Assert.Equal([15_000, 30_000, 52_500, 86_250, 120_000, 120_000, 120_000], cooldowns);
    }

    [Fact, Trait("gotcha", "C185")]
    public void Jitter_spreads_even_small_cooldowns_evenly_between_base_and_three_times_the_last()
    {
        var random = new Random(11);
        var cooldowns = new List<long>();
        for (var i = 0; i < 2000; i++)
        {
            _random = random.NextDouble();
            var cell = Tripped(new BreakerConfig { Mode = TripMode.Consecutive, ConsecutiveN = 1, BaseCooldownSecs = 1 });
            Assert.Equal(1000, cell.CooldownRemainingMs);
            Seconds(1);
            cell.TryEnter(out var probe);
            cell.Failed(probe, null);
            cooldowns.Add(cell.CooldownRemainingMs);
        }

        Assert.InRange(cooldowns.Min(), 1000, 1100);
        Assert.InRange(cooldowns.Max(), 2900, 3000);
        Assert.InRange(cooldowns.Average(), 1950, 2050);
        Assert.True(cooldowns.Distinct().Count() > 1000);
    }

    [Theory, Trait("gotcha", "C186"), Trait("gotcha", "C187")]
    [InlineData(300, 300)]
    [InlineData(5, 15)]
    [InlineData(31_000_000, 86_400)]
    public void Retry_after_is_a_floor_that_may_exceed_the_maximum_up_to_a_day(int retryAfter, int expected)
    {
        var cell = Cell(new BreakerConfig());
        cell.Failed(0, TimeSpan.FromSeconds(retryAfter));
        Assert.Equal(expected * 1000, cell.CooldownRemainingMs);
        Assert.False(cell.IsReady);
    }

    [Fact]
    public void The_longest_possible_retry_after_is_no_overflow()
    {
        var cell = Cell(new BreakerConfig());
        cell.Failed(0, TimeSpan.MaxValue);
        Assert.Equal(86_400_000, cell.CooldownRemainingMs);
    }

    [Fact]
    public void A_further_soft_failure_never_shortens_a_cooldown_the_provider_asked_for()
    {
        var cell = Cell(new BreakerConfig());
        cell.Failed(0, TimeSpan.FromSeconds(600));
        cell.Failed(0, null);
        Assert.Equal(600_000, cell.CooldownRemainingMs);
    }

    [Fact, Trait("gotcha", "C189")]
    public void A_hard_down_stands_against_the_success_of_a_probe_it_overtook()
    {
        var cell = Tripped();
        Seconds(15);
        cell.TryEnter(out var probe);
        cell.HardDown();
        Assert.False(cell.Succeeded(probe).IsChange);
        Assert.Equal((BreakerState.Open, 1_800_000L), (cell.Word.State, cell.CooldownRemainingMs));
    }

    [Fact, Trait("gotcha", "C190")]
    public void A_hard_down_during_a_probe_leaves_the_cell_probeable_at_its_end()
    {
        var cell = Tripped();
        Seconds(15);
        cell.TryEnter(out var probe);
        cell.HardDown();
        cell.GiveBack(probe);
        Seconds(1799);
        Assert.False(cell.TryEnter(out _));
        Seconds(1);
        Assert.True(cell.TryEnter(out var next));
        Assert.True(cell.Succeeded(next).IsRecovery);
    }

    [Fact]
    public void A_hard_down_never_shortens_a_longer_cooldown_and_leaves_the_streak()
    {
        var cell = Cell(new BreakerConfig());
        cell.Failed(0, TimeSpan.FromHours(2));
        Assert.True(cell.HardDown().IsTrip);
        Assert.False(cell.HardDown().IsTrip);
        Assert.Equal((7_200_000L, 1), (cell.CooldownRemainingMs, cell.Streak));
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
    public void Where_one_caller_has_most_failures_the_others_must_reach_the_least_number_of_outcomes()
    {
        var cell = Cell(new BreakerConfig { MinRequests = 5, Threshold = 0.5 });
        Fail(cell, caller: 1, times: 1);
        Assert.DoesNotContain(true, Fail(cell, caller: 2, times: 8));
        Assert.Equal([false, true], Fail(cell, caller: 1, times: 2));
    }

    [Theory]
    [InlineData(10, 0, 8)]
    [InlineData(10, 1, 8)]
    public void Where_one_caller_has_most_failures_the_others_must_reach_the_share(int most, int others, int successes)
    {
        var cell = Cell(new BreakerConfig { MinRequests = 5, Threshold = 0.5 });
        for (var i = 0; i < successes; i++)
        {
            cell.Succeeded(0, new BreakerCall(1));
        }

        Assert.DoesNotContain(true, Fail(cell, caller: 1, times: others));
        Assert.DoesNotContain(true, Fail(cell, caller: 2, times: most));
    }

    [Fact]
    public void A_success_ends_the_share_of_a_caller_in_a_run()
    {
        var cell = Cell(new BreakerConfig { Mode = TripMode.Consecutive, ConsecutiveN = 2 });
        Fail(cell, caller: 1, times: 1);
        cell.Succeeded(0, new BreakerCall(2));
        Assert.Equal([false], Fail(cell, caller: 2, times: 1));
        Assert.Equal([true], Fail(cell, caller: 1, times: 1));
    }

    [Fact]
    public void A_reset_forgets_whose_calls_failed()
    {
        var cell = Cell(new BreakerConfig { MinRequests = 2, Threshold = 0.5 });
        Fail(cell, caller: 1, times: 1);
        cell.Reset();
        Assert.Equal([false], Fail(cell, caller: 2, times: 1));
        Assert.Equal([true], Fail(cell, caller: 1, times: 1));
    }

    [Fact]
    public void A_window_of_another_length_forgets_whose_calls_failed()
    {
        var cell = Cell(new BreakerConfig { MinRequests = 2, Threshold = 0.5 });
        Fail(cell, caller: 1, times: 1);
        cell.Configure(new BreakerSettings(new BreakerConfig { MinRequests = 2, Threshold = 0.5, WindowSecs = 10 }, new LimitsConfig()));
        Assert.Equal([false], Fail(cell, caller: 2, times: 1));
        Assert.Equal([true], Fail(cell, caller: 1, times: 1));
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
    public void A_wait_that_somebody_else_was_asked_for_is_a_cooldown_up_to_a_day_and_no_failure()
    {
        var cell = Cell(new BreakerConfig());
        cell.Hold(20_000);
        Assert.Equal((BreakerState.Closed, 20_000L, false), (cell.Word.State, cell.CooldownRemainingMs, cell.IsReady));
        Assert.Equal((0, default), (cell.Streak, cell.Window));
        cell.Hold(long.MaxValue / 2);
        Assert.Equal(86_400_000, cell.CooldownRemainingMs);
    }

    [Fact]
    public void A_wait_that_somebody_else_was_asked_for_changes_no_open_cell()
    {
        var cell = Tripped();
        cell.Hold(60_000);
        Assert.Equal((BreakerState.Open, 15_000L), (cell.Word.State, cell.CooldownRemainingMs));
    }

    [Fact]
    public void A_soft_cooldown_is_over_at_its_end()
    {
        var word = BreakerWord.Initial.WithDeadline(1000);
        Assert.Equal((true, false), (word.IsSoft(999), word.IsSoft(1000)));
    }

    [Fact]
    public void Only_a_closed_cell_that_was_not_is_a_recovery()
    {
        Assert.True(new BreakerChange(BreakerState.HalfOpen, BreakerState.Closed).IsRecovery);
        Assert.False(new BreakerChange(BreakerState.HalfOpen, BreakerState.Open).IsRecovery);
        Assert.False(new BreakerChange(BreakerState.Closed, BreakerState.Closed).IsRecovery);
    }

    [Fact]
    public void The_longest_cooldown_is_never_shorter_than_the_first() =>
        Assert.Equal(20_000, new BreakerSettings(new BreakerConfig { BaseCooldownSecs = 20, MaxCooldownSecs = 5 }, new LimitsConfig()).MaxMs);

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
    public void A_call_that_began_before_a_hard_down_says_nothing_new()
    {
        var cell = Cell(new BreakerConfig());
        Seconds(10);
        cell.HardDown();
        cell.Reset();
        cell.Failed(0, null, new BreakerCall(0, Began: 5_000));
        Assert.Equal(0, cell.Streak);
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

    [Fact]
    public void Who_calls_another_lane_of_the_pool_counts_as_a_caller()
    {
        var active = new CallerActivity();
        var settings = new BreakerSettings(new BreakerConfig { Mode = TripMode.Consecutive, ConsecutiveN = 2 }, new LimitsConfig());
        var cell = new BreakerCell(new MonotonicClock(_time), () => _random, settings, active);
        new BreakerCell(new MonotonicClock(_time), () => _random, settings, active).Succeeded(0, new BreakerCall(1));
        Assert.DoesNotContain(true, Fail(cell, caller: 2, times: 12));
    }

    // Whether each of them tripped.
    private static bool[] Fail(BreakerCell cell, int caller, int times) =>
        [.. Enumerable.Range(0, times).Select(_ => cell.Failed(0, null, new BreakerCall(caller)).IsTrip)];

    private BreakerCell Cell(BreakerConfig config) => new(new MonotonicClock(_time), () => _random, new BreakerSettings(config, new LimitsConfig()));

    private BreakerCell Tripped(BreakerConfig? config = null)
    {
        var cell = Cell(config ?? new BreakerConfig { Mode = TripMode.Consecutive, ConsecutiveN = 1 });
        Assert.True(cell.Failed(0, null).IsTrip);
        return cell;
    }

    private void Seconds(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));
}
