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
        long sequence = Interlocked.Increment(ref _last);
        _all.Add(request, sequence);
        if (request.IsTroubled)
        {
            _troubled.Add(request, sequence);
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

        public void Add(in RecentRequest request, long sequence)
        {
            Place place = _places[Interlocked.Increment(ref _next) % Max];
            lock (place)
            {
                place.Request = request;
                place.Sequence = sequence;
            }
        }

        public void Read(long after, Dictionary<long, RecentRequest> found)
        {
            foreach (Place place in _places)
            {
                lock (place)
                {
                    if (place.Sequence > after)
                    {
                        found[place.Sequence] = place.Request with { Sequence = place.Sequence };
                    }
                }
            }
        }
    }

    private sealed class Place
    {
        // Beside the request: a copy with its sequence in it would be a large one.
        public long Sequence;
        public RecentRequest Request;
    }
}
