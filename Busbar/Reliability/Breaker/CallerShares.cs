namespace Busbar.Reliability.Breaker;

/// <summary>
/// Whose calls of a cell failed lately, so that no caller alone opens a breaker that others use. Callers share 64 places by their hash; two halves of the
/// window take turns, so it covers between half of its length and the whole.
/// </summary>
/// <param name="lengthMs">Length of the window, milliseconds.</param>
internal sealed class CallerShares(long lengthMs)
{
    private const int Places = 64;

    private readonly Lock _gate = new();
    private readonly long _halfMs = Math.Max(1, lengthMs / 2);
    private long _half;
    private int[]? _failures;
    private int[]? _before;

    /// <summary>A call of <paramref name="caller"/> failed at <paramref name="now"/> (the cell's clock, milliseconds).</summary>
    public void Failed(int caller, long now)
    {
        lock (_gate)
        {
            Turn(now);
            (_failures ??= new int[Places])[caller & (Places - 1)]++;
        }
    }

    /// <summary>By how many failures the caller with the most exceeds all others together.</summary>
    public int Excess(long now)
    {
        lock (_gate)
        {
            Turn(now);
            int total = 0, most = 0;
            for (var place = 0; place < Places; place++)
            {
                var own = (_failures?[place] ?? 0) + (_before?[place] ?? 0);
                total += own;
                most = Math.Max(most, own);
            }

            return Math.Max(0, most - (total - most));
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Forget()
    {
        if (Volatile.Read(ref _failures) is not null || Volatile.Read(ref _before) is not null)
        {
            lock (_gate)
            {
                _failures = _before = null;
            }
        }
    }

    private void Turn(long now)
    {
        var half = now / _halfMs;
        if (half != _half)
        {
            _before = half == _half + 1 ? _failures : null;
            _failures = null;
            _half = half;
        }
    }
}
