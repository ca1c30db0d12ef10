using Busbar.Reliability;
using Busbar.Reliability.Breaker;
using Microsoft.Extensions.Logging;

namespace Busbar.Observability.Metrics;

/// <summary>Counts breaker trips and logs every change of state.</summary>
internal sealed partial class BreakerMetrics(Metrics metrics, ILogger logger) : IReliabilityEvents
{
    /// <inheritdoc/>
    public void Tripped(string pool, Lane lane) => metrics.Trips.Get(pool.Length > 0 ? pool : lane.Name, lane.Name).Add();

    /// <inheritdoc/>
    public void StateChanged(string pool, Lane lane, BreakerState from, BreakerState to) =>
        Changed(logger, pool.Length > 0 ? pool : lane.Name, lane.Name, from, to);

    [LoggerMessage(20, LogLevel.Warning, "breaker: pool={Pool} lane={Lane} {From} -> {To}")]
    private static partial void Changed(ILogger logger, string pool, string lane, BreakerState from, BreakerState to);
}
