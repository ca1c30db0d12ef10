namespace Busbar.Reliability.Selection;

/// <summary>A moving average of how long answers take to begin, in which each new one weighs an eighth.</summary>
internal sealed class Latency
{
    private const double Weight = 1.0 / 8;

    private double _milliseconds = double.NaN;

    /// <summary>The average in milliseconds; null before the first answer.</summary>
    public double? Milliseconds => Volatile.Read(ref _milliseconds) is var value && double.IsNaN(value) ? null : value;

    /// <summary>Takes one more answer into account.</summary>
    public void Observe(TimeSpan elapsed)
    {
        double seen = Volatile.Read(ref _milliseconds);
        while (true)
        {
            double next = double.IsNaN(seen) ? elapsed.TotalMilliseconds : seen + (Weight * (elapsed.TotalMilliseconds - seen));
            double found = Interlocked.CompareExchange(ref _milliseconds, next, seen);
            if (found.Equals(seen))
            {
                return;
            }

            seen = found;
        }
    }
}
