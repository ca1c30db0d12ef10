namespace Busbar.Observability.Metrics;

/// <summary>The counters of one lane in one pool.</summary>
internal sealed class LaneMetrics
{
    private readonly Counter[] _failures;

    /// <summary>Makes every series of <paramref name="lane"/> in <paramref name="pool"/>.</summary>
    public LaneMetrics(Metrics metrics, string pool, string lane)
    {
        Attempts = metrics.Attempts.Get(pool, lane);
        Trips = metrics.Trips.Get(pool, lane);
        _failures = [.. Metrics.Dispositions.Select(disposition => metrics.Failures.Get(pool, lane, disposition))];
    }

    /// <summary>Upstream calls.</summary>
    public Counter Attempts { get; }

    /// <summary>Transitions from closed to open.</summary>
    public Counter Trips { get; }

    /// <summary>Counts a failed call.</summary>
    public void Failure(FailureDisposition disposition) => _failures[(int)disposition].Add();
}
