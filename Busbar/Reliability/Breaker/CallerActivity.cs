using System.Numerics;

namespace Busbar.Reliability.Breaker;

/// <summary>
/// Whether several callers used a pool lately. Callers share 64 places by their hash; two halves of two minutes take turns, so it covers between one
/// minute and two. All members may be called from any thread.
/// </summary>
internal sealed class CallerActivity
{
    private const long HalfMs = 60_000;

    private readonly Lock _gate = new();
    private long _half;
    private ulong _active;
    private ulong _before;

    /// <summary>A call of <paramref name="caller"/> ended at <paramref name="now"/> (the clock of cells, milliseconds).</summary>
    public void Saw(int caller, long now)
    {
        // Nearly always known already: two reads and no lock.
        var place = 1UL << (caller & 63);
        if (Volatile.Read(ref _half) != now / HalfMs || (Volatile.Read(ref _active) & place) == 0)
        {
            lock (_gate)
            {
                Turn(now);
                Volatile.Write(ref _active, _active | place);
            }
        }
    }

    /// <summary>More than one caller was seen lately.</summary>
    public bool HasSeveral(long now)
    {
        lock (_gate)
        {
            Turn(now);
            return BitOperations.PopCount(_active | _before) > 1;
        }
    }

    private void Turn(long now)
    {
        var half = now / HalfMs;
        if (half != _half)
        {
            _before = half == _half + 1 ? _active : 0;
            Volatile.Write(ref _active, 0);
            Volatile.Write(ref _half, half);
        }
    }
}
