using Busbar.Observability.Metrics;

namespace Busbar.Observability.Live;

/// <summary>
/// The figures of the last hour by second, of the last day by minute, and of each pool by minute for an hour, read off the counters of
/// <paramref name="metrics"/> once a second: requests pay nothing for it. Bounded, whatever the number of pools.
/// </summary>
internal sealed class FigureHistory(Metrics.Metrics metrics)
{
    /// <summary>Seconds that are kept.</summary>
    public const int Seconds = 3600;

    /// <summary>Minutes that are kept.</summary>
    public const int Minutes = 1440;

    /// <summary>Minutes that are kept of each pool.</summary>
    public const int PoolMinutes = 60;

    /// <summary>Most pools that have figures of their own.</summary>
    public const int MaxPools = 256;

    private const int Failover = 4;

    private readonly Lock _lock = new();
    private readonly FigureRing _seconds = new(Seconds);
    private readonly FigureRing _minutes = new(Minutes);
    private readonly PoolFigures _total = new("");
    private readonly Dictionary<string, PoolFigures> _pools = new(StringComparer.Ordinal);
    private FigurePoint _minute;

    /// <summary>Reads the counters; to be called once a second with the epoch second.</summary>
    public void Read(long now)
    {
        lock (_lock)
        {
            foreach (Counter counter in metrics.Requests.Unordered)
            {
                Count((string)counter.Labels[1].Value!, Array.IndexOf(Metrics.Metrics.Outcomes, (string)counter.Labels[2].Value!), counter.Value);
            }

            foreach (Counter counter in metrics.Failovers.Unordered)
            {
                Count((string)counter.Labels[0].Value!, Failover, counter.Value);
            }

            foreach (PoolFigures pool in _pools.Values)
            {
                pool.Close(now);
            }

            _total.Close(now);
            FigurePoint second = _total.Second with { InFlight = metrics.Inbound.InFlight };
            _seconds.Add(second);
            long minute = now - (now % 60);
            if (_minute.At != minute)
            {
                if (_minute.At != 0)
                {
                    _minutes.Add(_minute);
                }

                _minute = new FigurePoint(minute, 0, 0, 0, 0, 0, 0);
            }

            _minute += second;
        }
    }

    /// <summary>The newest seconds, the oldest first.</summary>
    public IReadOnlyList<FigurePoint> ReadSeconds(int count)
    {
        lock (_lock)
        {
            return _seconds.Read(count);
        }
    }

    /// <summary>The newest minutes, the oldest first; the one under way is the last.</summary>
    public IReadOnlyList<FigurePoint> ReadMinutes(int count)
    {
        lock (_lock)
        {
            return _minute.At == 0 ? [] : [.. _minutes.Read(count - 1), _minute];
        }
    }

    /// <summary>The last second of each pool in which something happened.</summary>
    public IReadOnlyList<(string Pool, FigurePoint Second)> ReadPools()
    {
        lock (_lock)
        {
            return [.. _pools.Values.Where(pool => pool.Second with { At = 0 } != default).Select(pool => (pool.Pool, pool.Second))];
        }
    }

    /// <summary>The last hour of each pool that was asked for anything.</summary>
    public IReadOnlyList<(string Pool, IReadOnlyList<FigurePoint> Minutes)> ReadPoolMinutes()
    {
        lock (_lock)
        {
            return [.. _pools.Values.Select(pool => (pool.Pool, pool.Minutes()))];
        }
    }

    private void Count(string name, int kind, long value)
    {
        _total.Count(kind, value);
        if (!_pools.TryGetValue(name, out PoolFigures? pool))
        {
            if (_pools.Count == MaxPools)
            {
                return;
            }

            _pools.Add(name, pool = new PoolFigures(name));
        }

        pool.Count(kind, value);
    }
}
