namespace Busbar.Observability.Live;

/// <summary>The last hour of one pool, by minute. Not safe for several threads.</summary>
/// <param name="pool">Its name.</param>
internal sealed class PoolFigures(string pool)
{
    private readonly long[] _sums = new long[5];
    private readonly long[] _seen = new long[5];
    private readonly FigureRing _minutes = new(FigureHistory.PoolMinutes);
    private FigurePoint _minute;

    /// <summary>Its name.</summary>
    public string Pool => pool;

    /// <summary>The last second.</summary>
    public FigurePoint Second { get; private set; }

    /// <summary>Adds to the count of an outcome (its number) or of failovers (4) in the reading under way.</summary>
    public void Count(int kind, long value) => _sums[kind] += value;

    /// <summary>Ends the reading at <paramref name="now"/>, an epoch second.</summary>
    public void Close(long now)
    {
        Second = new FigurePoint(now, Step(0), Step(1), Step(2), Step(3), Step(4), 0);
        long minute = now - (now % 60);
        if (_minute.At != minute)
        {
            if (_minute.At != 0)
            {
                _minutes.Add(_minute);
            }

            _minute = new FigurePoint(minute, 0, 0, 0, 0, 0, 0);
        }

        _minute += Second;
    }

    /// <summary>The minutes of the hour in which something was read, the oldest first; the one under way comes last.</summary>
    public IReadOnlyList<FigurePoint> Minutes() => [.. _minutes.Read(FigureHistory.PoolMinutes - 1), _minute];

    private int Step(int kind)
    {
        int step = (int)Math.Clamp(_sums[kind] - _seen[kind], 0, int.MaxValue);
        _seen[kind] = _sums[kind];
        _sums[kind] = 0;
        return step;
    }
}
