namespace Busbar.Observability.Live;

/// <summary>
/// The requests that ended last: 200 of any kind, and 200 of those in trouble, which a busy gateway would otherwise push out within a moment. Adding
/// one allocates nothing and waits for nobody but a reader of the same place.
/// </summary>
internal sealed class RecentRequests
{
    /// <summary>Most requests that are kept of either kind.</summary>
    public const int Max = 200;

    private readonly Ring _all = new();
    private readonly Ring _troubled = new();
    private long _last;

    /// <summary>Sequence of the request that was added last; 0 before the first.</summary>
    public long Last => Volatile.Read(ref _last);

    /// <summary>Keeps <paramref name="request"/>, and gives it its sequence.</summary>
    public void Add(in RecentRequest request)
    {
        RecentRequest kept = request with { Sequence = Interlocked.Increment(ref _last) };
        _all.Add(kept);
        if (kept.IsTroubled)
        {
            _troubled.Add(kept);
        }
    }

    /// <summary>What is kept with a sequence above <paramref name="after"/>, the newest first.</summary>
    public List<RecentRequest> Read(long after = 0)
    {
        var found = new Dictionary<long, RecentRequest>();
        _all.Read(after, found);
        _troubled.Read(after, found);
        List<RecentRequest> requests = [.. found.Values];
        requests.Sort(static (left, right) => right.Sequence.CompareTo(left.Sequence));
        return requests;
    }

    private sealed class Ring
    {
        private readonly Place[] _places = [.. Enumerable.Range(0, Max).Select(_ => new Place())];
        private uint _next;

        public void Add(in RecentRequest request)
        {
            Place place = _places[Interlocked.Increment(ref _next) % Max];
            lock (place)
            {
                place.Request = request;
            }
        }

        public void Read(long after, Dictionary<long, RecentRequest> found)
        {
            foreach (Place place in _places)
            {
                lock (place)
                {
                    if (place.Request.Sequence > after)
                    {
                        found[place.Request.Sequence] = place.Request;
                    }
                }
            }
        }
    }

    private sealed class Place
    {
        public RecentRequest Request;
    }
}
