namespace Busbar.Observability.Metrics;

/// <summary>Requests being served now, and the line above which new ones are turned away.</summary>
internal sealed class InboundGauge
{
    private int _inFlight;

    /// <summary>Requests being served.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Counts a request in. False, and nothing counted, when <paramref name="limit"/> are being served already; 0 is no limit.</summary>
    public bool TryEnter(int limit)
    {
        if (Interlocked.Increment(ref _inFlight) <= limit || limit == 0)
        {
            return true;
        }

        Leave();
        return false;
    }

    /// <summary>Counts a request out.</summary>
    public void Leave() => Interlocked.Decrement(ref _inFlight);
}
