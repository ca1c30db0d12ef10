using Busbar.Reliability.Capacity;

namespace Busbar.Reliability;

/// <summary>What a reload finds again: states by identity, as the latest configuration left them.</summary>
internal sealed class FleetMemory
{
    /// <summary>Nothing yet.</summary>
    public static readonly FleetMemory Empty = new();

    /// <summary>Permits and budgets by model name.</summary>
    public Dictionary<string, ModelCapacity> Capacities { get; } = new(StringComparer.Ordinal);

    /// <summary>Counters and health by lane.</summary>
    public Dictionary<LaneIdentity, LaneState> Lanes { get; } = [];

    /// <summary>Pools by name.</summary>
    public Dictionary<string, PoolState> Pools { get; } = new(StringComparer.Ordinal);

    /// <summary>Direct routes by model name.</summary>
    public Dictionary<string, PoolState> Direct { get; } = new(StringComparer.Ordinal);
}
