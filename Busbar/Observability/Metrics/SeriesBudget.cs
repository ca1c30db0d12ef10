namespace Busbar.Observability.Metrics;

/// <summary>
/// Bounds the number of lines on the page of figures. What does not fit any more is still counted by whoever counts, but not shown; how many label
/// sets that are is shown instead.
/// </summary>
/// <param name="max">Lines that recorded series may take.</param>
internal sealed class SeriesBudget(int max)
{
    private int _left = max;
    private long _refused;

    /// <summary>Label sets that were refused.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Takes <paramref name="lines"/>; false, and counted, when fewer are left.</summary>
    public bool TryTake(int lines)
    {
        if (Interlocked.Add(ref _left, -lines) >= 0)
        {
            return true;
        }

        Interlocked.Add(ref _left, lines);
        Interlocked.Increment(ref _refused);
        return false;
    }
}
