using Busbar.Reliability.Breaker;

namespace Busbar.Reliability;

/// <summary>Told about breakers, outside all locks, on the thread of the request that caused it. Must not block or throw.</summary>
internal interface IReliabilityEvents
{
    /// <summary>A cell went from Closed to Open.</summary>
    /// <param name="pool">Pool of the cell; empty for a model's direct route.</param>
    /// <param name="lane">Lane of the cell.</param>
    void Tripped(string pool, Lane lane);

    /// <summary>A cell changed its state; a trip is told here as well.</summary>
    /// <param name="pool">Pool of the cell; empty for a model's direct route.</param>
    /// <param name="lane">Lane of the cell.</param>
    /// <param name="from">State before.</param>
    /// <param name="to">State after.</param>
    void StateChanged(string pool, Lane lane, BreakerState from, BreakerState to);

    /// <summary>A call of this process met a refused account or credential.</summary>
    void WentDown(Lane lane)
    {
    }

    /// <summary>A provider asked this process to wait before it calls again.</summary>
    void AskedToWait(Lane lane, TimeSpan wait)
    {
    }
}
