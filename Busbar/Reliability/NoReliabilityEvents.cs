using Busbar.Reliability.Breaker;

namespace Busbar.Reliability;

/// <summary>Nobody listens.</summary>
internal sealed class NoReliabilityEvents : IReliabilityEvents
{
    /// <summary>The one instance.</summary>
    public static readonly NoReliabilityEvents Instance = new();

    /// <inheritdoc/>
    public void Tripped(string pool, Lane lane)
    {
    }

    /// <inheritdoc/>
    public void StateChanged(string pool, Lane lane, BreakerState from, BreakerState to)
    {
    }
}
