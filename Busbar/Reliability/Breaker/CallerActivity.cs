namespace Busbar.Reliability.Breaker;

/// <summary>
/// Whether several callers used a pool lately. Two halves of two minutes take turns, so it covers between one minute and two. All members may be
/// called from any thread.
/// </summary>
internal sealed class CallerActivity
{
    private const long HalfMs = 60_000;

    // No caller's number: those are 32 bits wide.
    private const long Nobody = -1, Several = -2;

    private readonly Lock _gate = new();
    private long _half;
    private long _active = Nobody;
    private long _before = Nobody;

    /// <summary>A call of <paramref name="caller"/> ended at <paramref name="now"/> (the clock of cells, milliseconds).</summary>
    public void Saw(int caller, long now)
    {
        // Nearly always known already: two reads and no lock.
        var seen = Volatile.Read(ref _active);
        if (Volatile.Read(ref _half) != now / HalfMs || Joined(seen, (uint)caller) != seen)
        {
            lock (_gate)
            {
                Turn(now);
                Volatile.Write(ref _active, Joined(_active, (uint)caller));
            }
        }
    }

    /// <summary>More than one caller was seen lately.</summary>
    public bool HasSeveral(long now)
    {
        lock (_gate)
        {
            Turn(now);
            return Joined(_active, _before) == Several;
        }
    }

    private static long Joined(long seen, long other) =>
        seen == Nobody || seen == other ? other : other == Nobody ? seen : Several;

    private void Turn(long now)
    {
        var half = now / HalfMs;
        if (half != _half)
        {
            _before = half == _half + 1 ? _active : Nobody;
            Volatile.Write(ref _active, Nobody);
            Volatile.Write(ref _half, half);
        }
    }
}
