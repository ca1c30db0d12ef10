using Busbar.Observability.Live;
using Busbar.Reliability;
using Busbar.Reliability.Breaker;
using Microsoft.Extensions.Logging;

namespace Busbar.Observability.Metrics;

/// <summary>Counts breaker trips, logs every change of state, and keeps it in <paramref name="history"/>.</summary>
internal sealed partial class BreakerMetrics(Metrics metrics, BreakerHistory history, TimeProvider time, ILogger logger) : IReliabilityEvents
{
    /// <summary>Is told of lanes whose credential or account is refused; null where nobody else is to know.</summary>
    public Action<Lane>? Down { get; set; }

    /// <summary>Is told of lanes whose provider asked for a long wait; null where nobody else is to know.</summary>
    public Action<Lane, TimeSpan>? Waiting { get; set; }

    /// <inheritdoc/>
    public void WentDown(Lane lane) => Down?.Invoke(lane);

    /// <inheritdoc/>
    public void AskedToWait(Lane lane, TimeSpan wait) => Waiting?.Invoke(lane, wait);

    /// <inheritdoc/>
    public void Tripped(string pool, Lane lane) => metrics.Trips.Get(pool.Length > 0 ? pool : lane.Name, lane.Name).Add();

    /// <inheritdoc/>
    public void StateChanged(string pool, Lane lane, BreakerState from, BreakerState to)
    {
        string name = pool.Length > 0 ? pool : lane.Name;
        (string reason, double cooldown) = (ReasonOf(lane, to), CooldownOf(pool, lane));
        history.Add(lane.Name, new BreakerMoment(time.GetUtcNow().ToUnixTimeMilliseconds(), name, from, to, reason, cooldown));
        Changed(logger, name, lane.Name, lane.Provider.Name, from, to, reason, cooldown);
    }

    private static string ReasonOf(Lane lane, BreakerState to) => to switch
    {
        BreakerState.Open => lane.State.DeadReason ?? (lane.State.LastFault is { } fault ? Metrics.LabelOf(fault) : "-"),
        BreakerState.HalfOpen => "cooldown over",
        _ => "recovered",
    };

    private static double CooldownOf(string pool, Lane lane)
    {
        foreach (PoolSlot slot in lane.State.Slots)
        {
            if (slot.Pool.Name == pool)
            {
                return Math.Round(slot.Cell.CooldownRemainingMs / 1000.0, 1);
            }
        }

        return 0;
    }

    [LoggerMessage(
        20, LogLevel.Warning, "breaker: pool={Pool} lane={Lane} provider={Provider} {From} -> {To} reason=\"{Reason}\" cooldown_s={CooldownS}")]
    private static partial void Changed(ILogger logger, string pool, string lane, string provider, BreakerState from, BreakerState to, string reason,
        double cooldownS);
}
