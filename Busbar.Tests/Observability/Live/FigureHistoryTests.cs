using Busbar.Observability.Live;
using Busbar.Observability.Metrics;

namespace Busbar.Tests.Observability.Live;

/// <summary>Figures of the past, read off the counters once a second.</summary>
public sealed class FigureHistoryTests
{
    private const long Start = 1_800_000_000;

    private readonly Busbar.Observability.Metrics.Metrics _metrics = new();

    [Fact]
    public void A_second_has_what_was_counted_in_it_by_outcome_and_pool()
    {
        var history = new FigureHistory(_metrics);
        Count("smart", "ok", 7);
        history.Read(Start);
        Count("smart", "ok", 3);
        Count("smart", "error", 1);
        Count("cheap", "exhausted", 2);
        _metrics.Failovers.Get("smart", "timeout").Add(4);
        history.Read(Start + 1);

        Assert.Equal([new FigurePoint(Start, 7, 0, 0, 0, 0, 0), new(Start + 1, 3, 0, 2, 1, 4, 0)], history.ReadSeconds(10));
        Assert.Equal([("cheap", 2), ("smart", 0)], history.ReadPools().Select(pool => (pool.Pool, pool.Second.Exhausted)).Order());
        history.Read(Start + 2);
        Assert.Empty(history.ReadPools());
    }

    [Fact]
    public void A_minute_is_the_sum_of_its_seconds_and_the_one_under_way_is_the_last()
    {
        var history = new FigureHistory(_metrics);
        for (int second = 0; second < 90; second++)
        {
            Count("smart", "ok", 1);
            history.Read(Start + second);
        }

        Assert.Equal([(Start, 60), (Start + 60, 30)], history.ReadMinutes(10).Select(point => (point.At, point.Ok)));
        Assert.Equal([(Start, 60), (Start + 60, 30)], history.ReadPoolMinutes().Single().Minutes.Select(point => (point.At, point.Ok)));
    }

    [Fact]
    public void An_hour_of_seconds_and_a_day_of_minutes_are_kept_and_no_more()
    {
        var history = new FigureHistory(_metrics);
        for (int second = 0; second < 86_400 + 7_200; second += 30)
        {
            history.Read(Start + second);
        }

        Assert.Equal(86_400 / 30 + 240, history.ReadSeconds(int.MaxValue).Count);
        Assert.Equal(FigureHistory.Minutes, history.ReadMinutes(FigureHistory.Minutes).Count);
        for (int second = 0; second < FigureHistory.Seconds; second++)
        {
            history.Read(Start + 100_000 + second);
        }

        Assert.Equal(FigureHistory.Seconds, history.ReadSeconds(int.MaxValue).Count);
        Assert.Equal(Start + 100_000, history.ReadSeconds(int.MaxValue)[0].At);
    }

    [Fact]
    public void Pools_beyond_the_bound_count_in_the_total_only()
    {
        var history = new FigureHistory(_metrics);
        for (int pool = 0; pool < FigureHistory.MaxPools + 50; pool++)
        {
            Count($"pool-{pool}", "ok", 1);
        }

        history.Read(Start);

        Assert.Equal(FigureHistory.MaxPools, history.ReadPoolMinutes().Count);
        Assert.Equal(FigureHistory.MaxPools + 50, history.ReadSeconds(1)[0].Ok);
    }

    private void Count(string pool, string outcome, int requests) => _metrics.Requests.Get("openai", pool, outcome).Add(requests);
}
