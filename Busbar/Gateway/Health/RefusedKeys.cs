using Busbar.Reliability;
using Busbar.Reliability.Breaker;

namespace Busbar.Gateway.Health;

/// <summary>
/// Tells when a provider has refused a key that comes from a file, since the file may hold another one by now: a look at its time and length does not
/// see every change.
/// </summary>
/// <param name="inner">Told everything.</param>
internal sealed class RefusedKeys(IReliabilityEvents inner) : IReliabilityEvents
{
    private int _isTold;

    /// <summary>Called on a pool thread; null until there is somebody to call.</summary>
    public Action? Refused { get; set; }

    /// <inheritdoc/>
    public void Tripped(string pool, Lane lane) => inner.Tripped(pool, lane);

    /// <inheritdoc/>
    public void StateChanged(string pool, Lane lane, BreakerState from, BreakerState to) => inner.StateChanged(pool, lane, from, to);

    /// <inheritdoc/>
    public void AskedToWait(Lane lane, TimeSpan wait) => inner.AskedToWait(lane, wait);

    /// <inheritdoc/>
    public void WentDown(Lane lane)
    {
        inner.WentDown(lane);
        if (lane.Provider.ApiKeyFile is not null && Refused is { } refused && Interlocked.Exchange(ref _isTold, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static state =>
                {
                    // What is refused from here on is told again: the file is read after that.
                    Volatile.Write(ref state.Self._isTold, 0);
                    state.Refused();
                },
                (Self: this, Refused: refused),
                preferLocal: false);
        }
    }
}
