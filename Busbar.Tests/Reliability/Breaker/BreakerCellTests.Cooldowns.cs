using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Pools;
using Busbar.Reliability;
using Busbar.Reliability.Breaker;

namespace Busbar.Tests.Reliability.Breaker;

/// <summary>How long a cell keeps calls away.</summary>
public sealed partial class BreakerCellTests
{
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
    public void The_longest_cooldown_is_never_shorter_than_the_first() =>
        Assert.Equal(20_000, new BreakerSettings(new BreakerConfig { BaseCooldownSecs = 20, MaxCooldownSecs = 5 }, new LimitsConfig()).MaxMs);

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
}
