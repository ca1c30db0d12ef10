namespace Busbar.Observability.Live;

/// <summary>The changes of each lane's breakers, the newest so many. Written when one changes, never by a request that goes well.</summary>
internal sealed class BreakerHistory
{
    /// <summary>Most changes that are kept of a lane.</summary>
    public const int MaxMoments = 50;

    /// <summary>Most lanes that are remembered; beyond that the one that was quiet for longest is forgotten.</summary>
    public const int MaxLanes = 1000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Queue<BreakerMoment>> _lanes = new(StringComparer.Ordinal);

    /// <summary>Notes a change.</summary>
    public void Add(string lane, in BreakerMoment moment)
    {
        lock (_lock)
        {
            if (!_lanes.TryGetValue(lane, out Queue<BreakerMoment>? moments))
            {
                if (_lanes.Count == MaxLanes)
                {
                    _lanes.Remove(_lanes.MinBy(entry => entry.Value.Last().AtMs).Key);
                }

                _lanes.Add(lane, moments = new Queue<BreakerMoment>());
            }

            if (moments.Count == MaxMoments)
            {
                moments.Dequeue();
            }

            moments.Enqueue(moment);
        }
    }

    /// <summary>The changes of <paramref name="lane"/>, the newest first.</summary>
    public IReadOnlyList<BreakerMoment> Of(string lane)
    {
        lock (_lock)
        {
            return _lanes.TryGetValue(lane, out Queue<BreakerMoment>? moments) ? [.. moments.Reverse()] : [];
        }
    }
}
