namespace Busbar.Reliability.Breaker;

/// <summary>
/// Recent successes and failures, counted in a ring of time buckets: bounded memory however busy the lane, no lock, no list of times.
/// A sum covers between 31/32 of the window and the whole of it, never more, so an outcome older than the window cannot count.
/// A bucket's counts saturate at 65535 by halving both, which keeps the share of failures.
/// </summary>
/// <param name="lengthMs">Length of the window, milliseconds, at least <see cref="Buckets"/>.</param>
internal sealed class OutcomeWindow(long lengthMs)
{
    private const int Buckets = 32;
    private readonly long _widthMs = lengthMs / Buckets;

    // Bits 63-32: number of the interval the counts belong to; 31-16: outcomes; 15-0: failures.
    private readonly ulong[] _ring = new ulong[Buckets];

    /// <summary>Length of the window, milliseconds.</summary>
    public long LengthMs => lengthMs;

    /// <summary>Counts one outcome at <paramref name="now"/> (the cell's clock, milliseconds).</summary>
    public void Record(long now, bool failed)
    {
        var interval = (uint)(now / _widthMs);
        ref var bucket = ref _ring[interval % Buckets];
        while (true)
        {
            var seen = Volatile.Read(ref bucket);
            uint total = 0, errors = 0;
            if ((uint)(seen >> 32) == interval)
            {
                total = (uint)(seen >> 16) & ushort.MaxValue;
                errors = (uint)seen & ushort.MaxValue;
                if (total == ushort.MaxValue)
                {
                    total >>= 1;
                    errors >>= 1;
                }
            }

            var next = (ulong)interval << 32 | total + 1 << 16 | (failed ? errors + 1 : errors);
            if (Interlocked.CompareExchange(ref bucket, next, seen) == seen)
            {
                return;
            }
        }
    }

    /// <summary>Totals of the window that ends at <paramref name="now"/>. Changes nothing.</summary>
    public WindowTotals Sum(long now)
    {
        var interval = (uint)(now / _widthMs);
        int total = 0, errors = 0;
        foreach (ref var bucket in _ring.AsSpan())
        {
            var seen = Volatile.Read(ref bucket);
            if (interval - (uint)(seen >> 32) < Buckets)
            {
                total += (int)((uint)(seen >> 16) & ushort.MaxValue);
                errors += (int)((uint)seen & ushort.MaxValue);
            }
        }

        return new WindowTotals(total, errors);
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        foreach (ref var bucket in _ring.AsSpan())
        {
            Volatile.Write(ref bucket, 0);
        }
    }
}
