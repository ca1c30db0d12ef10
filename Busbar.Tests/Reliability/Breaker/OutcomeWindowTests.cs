using Busbar.Reliability.Breaker;

namespace Busbar.Tests.Reliability.Breaker;

public sealed class OutcomeWindowTests
{
    [Fact]
    public void Sums_agree_with_a_list_of_times_within_one_bucket()
    {
        var random = new Random(7);
        foreach (var length in new long[] { 1000, 30_000, 61_000, 3_600_000 })
        {
            var window = new OutcomeWindow(length);
            var outcomes = new List<(long At, bool Failed)>();
            long now = 0;
            for (var i = 0; i < 5000; i++)
            {
                now += random.NextInt64(random.Next(10) == 0 ? length : length / 100);
                var failed = random.Next(2) == 0;
                window.Record(now, failed);
                outcomes.Add((now, failed));
                var sum = window.Sum(now);
                var whole = outcomes.Where(o => o.At > now - length).ToList();
                var certain = outcomes.Where(o => o.At > now - length * 30 / 32).ToList();
                Assert.InRange(sum.Total, certain.Count, whole.Count);
                Assert.InRange(sum.Errors, certain.Count(o => o.Failed), whole.Count(o => o.Failed));
            }
        }
    }

    [Fact, Trait("gotcha", "C174")]
    public void An_outcome_older_than_the_window_never_counts()
    {
        for (long start = 0; start < 3000; start += 37)
        {
            var window = new OutcomeWindow(1000);
            window.Record(start, failed: true);
            Assert.Equal(1, window.Sum(start).Total);
            Assert.Equal(0, window.Sum(start + 1000).Total);
        }
    }

    [Fact, Trait("gotcha", "C177")]
    public void Any_number_of_outcomes_takes_bounded_memory_and_keeps_the_share()
    {
        var window = new OutcomeWindow(1000);
        for (var i = 0; i < 200_000; i++)
        {
            window.Record(5, failed: i % 4 == 0);
        }

        var (total, errors) = window.Sum(5);
        Assert.InRange(total, 30_000, 65_535);
        Assert.InRange((double)errors / total, 0.249, 0.251);
    }

    [Fact]
    public async Task No_outcome_is_lost_when_callers_record_at_once()
    {
        var window = new OutcomeWindow(1000);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(caller => Task.Run(() =>
        {
            for (var i = 0; i < 5000; i++)
            {
                window.Record(500, failed: caller % 2 == 0);
            }
        })));
        Assert.Equal(new WindowTotals(20_000, 10_000), window.Sum(500));
    }

    [Fact]
    public void Clear_forgets_everything()
    {
        var window = new OutcomeWindow(1000);
        window.Record(1, true);
        window.Record(900, false);
        window.Clear();
        Assert.Equal(default, window.Sum(900));
    }
}
