using Busbar.Ir;

namespace Busbar.Observability.Metrics;

/// <summary>
/// The counters of one pool, found without a lookup by the request that moves them. Each series is made when it is first moved; from then on moving
/// it allocates and locks nothing.
/// </summary>
internal sealed class PoolMetrics
{
    private static readonly int Protocols = ProtocolNames.All.Count;

    private readonly Metrics _metrics;
    private readonly string _pool;
    private readonly Counter?[] _requests = new Counter?[Protocols * Metrics.Outcomes.Length];
    private readonly Counter?[] _failovers = new Counter?[Metrics.FailoverReasons.Length];
    private readonly Histogram?[] _duration = new Histogram?[Protocols];
    private readonly Histogram?[] _firstByte = new Histogram?[Protocols];
    private readonly Histogram?[] _stream = new Histogram?[Protocols];
    private readonly Dictionary<string, LaneMetrics> _lanes = new(StringComparer.Ordinal);

    /// <summary>
    /// Prepares the counters of the pool called <paramref name="pool"/> with these lanes, each with the id of its model at the provider.
    /// </summary>
    public PoolMetrics(Metrics metrics, string pool, IEnumerable<(string Lane, string Model)> lanes)
    {
        _metrics = metrics;
        _pool = pool;
        foreach ((string lane, string model) in lanes)
        {
            _lanes.TryAdd(lane, new LaneMetrics(metrics, pool, lane, model));
        }
    }

    /// <summary>Counts a request that ended.</summary>
    public void Request(ProtocolId ingress, Outcome outcome) =>
        (_requests[((int)ingress * Metrics.Outcomes.Length) + (int)outcome] ??=
            _metrics.Requests.Get(ingress.Name(), _pool, Metrics.Outcomes[(int)outcome])).Add();

    /// <summary>Counts a move to another lane.</summary>
    public void Failover(FailoverReason reason) => (_failovers[(int)reason] ??= _metrics.Failovers.Get(_pool, Metrics.FailoverReasons[(int)reason]))
        .Add();

    /// <summary>Arrival to response headers.</summary>
    public void Duration(ProtocolId ingress, TimeSpan elapsed) => Observe(_duration, _metrics.Duration, ingress, elapsed);

    /// <summary>Arrival to the first byte of a stream's content.</summary>
    public void FirstByte(ProtocolId ingress, TimeSpan elapsed) => Observe(_firstByte, _metrics.FirstByte, ingress, elapsed);

    /// <summary>Arrival to the end of a stream.</summary>
    public void StreamDuration(ProtocolId ingress, TimeSpan elapsed) => Observe(_stream, _metrics.StreamDuration, ingress, elapsed);

    /// <summary>The counters of <paramref name="lane"/> in this pool.</summary>
    public LaneMetrics Lane(string lane) => _lanes[lane];

    private void Observe(Histogram?[] series, MetricFamily<Histogram> family, ProtocolId ingress, TimeSpan elapsed) =>
        (series[(int)ingress] ??= family.Get(ingress.Name(), _pool)).Observe(elapsed);
}
