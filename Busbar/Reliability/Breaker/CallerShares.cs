namespace Busbar.Reliability.Breaker;

/// <summary>
/// Whose calls of a cell failed lately, so that no caller alone opens a breaker that others use. Two halves of the window take turns, so it covers
/// between half of its length and the whole.
/// </summary>
/// <param name="lengthMs">Length of the window, milliseconds.</param>
internal sealed class CallerShares(long lengthMs)
{
    /// <summary>Callers told apart in each half; those beyond count as one.</summary>
    public const int MaxCallers = 1024;

    private readonly Lock _gate = new();
    private readonly long _halfMs = Math.Max(1, lengthMs / 2);
    private long _half;
    private Dictionary<int, int>? _failures;
    private Dictionary<int, int>? _before;

    /// <summary>A call of <paramref name="caller"/> failed at <paramref name="now"/> (the cell's clock, milliseconds).</summary>
    public void Failed(int caller, long now)
    {
        lock (_gate)
        {
            Turn(now);
            _failures ??= [];
            var counted = _failures.Count < MaxCallers || _failures.ContainsKey(caller) ? caller : 0;
            _failures[counted] = _failures.GetValueOrDefault(counted) + 1;
        }
    }

    /// <summary>By how many failures the caller with the most exceeds all others together.</summary>
    public int Excess(long now)
    {
        lock (_gate)
        {
            Turn(now);
            int total = 0, max = 0;
            Sum(_failures, _before, ref total, ref max);
            Sum(_before, _failures, ref total, ref max);
            return Math.Max(0, max - (total - max));
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

    private static void Sum(Dictionary<int, int>? half, Dictionary<int, int>? other, ref int total, ref int max)
    {
        if (half is null)
        {
            return;
        }

        foreach ((var caller, var failures) in half)
        {
            total += failures;
            max = Math.Max(max, failures + (other?.GetValueOrDefault(caller) ?? 0));
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
