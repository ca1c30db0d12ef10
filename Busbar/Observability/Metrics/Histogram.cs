using System.Diagnostics.Metrics;

namespace Busbar.Observability.Metrics;

/// <summary>Durations in fixed buckets, 1 ms to 5 min, in steps that suit both a cache hit and a long thought.</summary>
/// <param name="instrument">Told of each duration for whoever listens.</param>
/// <param name="labels">Labels of the series; none for one that is not shown.</param>
internal sealed class Histogram(Histogram<double> instrument, KeyValuePair<string, object?>[] labels)
{
    private static readonly double[] UpperBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

    private readonly long[] _buckets = new long[18];
    private long _ticks;

    /// <summary>Upper bounds in seconds.</summary>
    public static ReadOnlySpan<double> Bounds => UpperBounds;

    /// <summary>Its labels.</summary>
    public KeyValuePair<string, object?>[] Labels => labels;

    /// <summary>Total of all observations, seconds.</summary>
    public double Sum => TimeSpan.FromTicks(Volatile.Read(ref _ticks)).TotalSeconds;

    /// <summary>Observations in bucket <paramref name="index"/> alone; the last is everything above the bounds.</summary>
    public long this[int index] => Volatile.Read(ref _buckets[index]);

    /// <summary>Counts one duration.</summary>
    public void Observe(TimeSpan duration)
    {
        double seconds = duration.TotalSeconds;
        int index = 0;
        while (index < Bounds.Length && seconds > Bounds[index])
        {
            index++;
        }

        Interlocked.Increment(ref _buckets[index]);
        Interlocked.Add(ref _ticks, duration.Ticks);
        if (labels.Length > 0)
        {
            instrument.Record(seconds, labels);
        }
    }
}
