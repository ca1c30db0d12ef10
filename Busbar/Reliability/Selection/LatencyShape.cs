namespace Busbar.Reliability.Selection;

/// <summary>
/// How the times are spread that a lane's answers take to begin: counts in steps of a quarter more than the one before, halved from time to time so
/// that what was long ago fades. Safe for concurrent use.
/// </summary>
internal sealed class LatencyShape
{
    private const int Steps = 64;
    private const int Fading = 512;
    private const double Growth = 1.25;

    // Fewer tell nothing of the slow ones.
    private const int Least = 20;

    private readonly Lock _lock = new();
    private readonly int[] _counts = new int[Steps];
    private int _total;

    /// <summary>Takes one more time into account.</summary>
    public void Observe(TimeSpan elapsed)
    {
        double milliseconds = Math.Max(1, elapsed.TotalMilliseconds);
        int step = Math.Min(Steps - 1, (int)(Math.Log(milliseconds) / Math.Log(Growth)));
        lock (_lock)
        {
            _counts[step]++;
            if (++_total < Fading)
            {
                return;
            }

            _total = 0;
            for (int index = 0; index < Steps; index++)
            {
                _total += _counts[index] /= 2;
            }
        }
    }

    /// <summary>The time that the share <paramref name="part"/> of answers takes at most, to a quarter of it; null while too few were seen.</summary>
    public TimeSpan? Percentile(double part)
    {
        lock (_lock)
        {
            if (_total < Least)
            {
                return null;
            }

            int seen = 0;
            int step = 0;
            while (step < Steps - 1 && (seen += _counts[step]) < part * _total)
            {
                step++;
            }

            return TimeSpan.FromMilliseconds(Math.Pow(Growth, step + 1));
        }
    }
}
