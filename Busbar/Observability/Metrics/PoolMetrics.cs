using Busbar.Ir;

namespace Busbar.Observability.Metrics;

/// <summary>The counters of one pool, found without a lookup by the request that moves them.</summary>
internal sealed class PoolMetrics
{
    private readonly Counter[] _requests;
    private readonly Counter[] _failovers;
    private readonly Histogram[] _duration;
    private readonly Histogram[] _firstByte;
    private readonly Histogram[] _stream;
    private readonly Dictionary<string, LaneMetrics> _lanes = new(StringComparer.Ordinal);

    /// <summary>Makes every series of the pool called <paramref name="pool"/> with these lanes.</summary>
    public PoolMetrics(Metrics metrics, string pool, IEnumerable<string> lanes)
    {
        int protocols = ProtocolNames.All.Count;
        int outcomes = Metrics.Outcomes.Length;
        _requests = new Counter[protocols * outcomes];
        _duration = new Histogram[protocols];
        _firstByte = new Histogram[protocols];
        _stream = new Histogram[protocols];
        for (int protocol = 0; protocol < protocols; protocol++)
        {
            string name = ProtocolNames.All[protocol];
            for (int outcome = 0; outcome < outcomes; outcome++)
            {
                _requests[(protocol * outcomes) + outcome] = metrics.Requests.Get(name, pool, Metrics.Outcomes[outcome]);
            }

            _duration[protocol] = metrics.Duration.Get(name, pool);
            _firstByte[protocol] = metrics.FirstByte.Get(name, pool);
            _stream[protocol] = metrics.StreamDuration.Get(name, pool);
        }

        _failovers = [.. Metrics.FailoverReasons.Select(reason => metrics.Failovers.Get(pool, reason))];
        foreach (string lane in lanes)
        {
            _lanes.TryAdd(lane, new LaneMetrics(metrics, pool, lane));
        }
    }

    /// <summary>Counts a request that ended.</summary>
    public void Request(ProtocolId ingress, Outcome outcome) => _requests[((int)ingress * Metrics.Outcomes.Length) + (int)outcome].Add();

    /// <summary>Counts a move to another lane.</summary>
    public void Failover(FailoverReason reason) => _failovers[(int)reason].Add();

    /// <summary>Arrival to response headers.</summary>
    public void Duration(ProtocolId ingress, TimeSpan elapsed) => _duration[(int)ingress].Observe(elapsed);

    /// <summary>Arrival to the first byte of a stream's content.</summary>
    public void FirstByte(ProtocolId ingress, TimeSpan elapsed) => _firstByte[(int)ingress].Observe(elapsed);

    /// <summary>Arrival to the end of a stream.</summary>
    public void StreamDuration(ProtocolId ingress, TimeSpan elapsed) => _stream[(int)ingress].Observe(elapsed);

    /// <summary>The counters of <paramref name="lane"/> in this pool.</summary>
    public LaneMetrics Lane(string lane) => _lanes[lane];
}
