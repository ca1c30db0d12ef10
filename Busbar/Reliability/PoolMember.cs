namespace Busbar.Reliability;

/// <summary>A lane in a pool as one configuration snapshot has it.</summary>
internal sealed class PoolMember
{
    /// <summary>The lane.</summary>
    public required Lane Lane { get; init; }

    /// <summary>Breaker cell and place in the rotation.</summary>
    public required PoolSlot Slot { get; init; }

    /// <summary>
    /// Share of the traffic, at least 1. When a model has several credentials the configured weight is split evenly among its lanes
    /// (all weights of the pool scaled so that they stay whole).
    /// </summary>
    public required long Weight { get; init; }

    /// <summary>Context size in tokens; null when unknown.</summary>
    public required long? ContextMax { get; init; }

    /// <summary>Longest time to response headers of one attempt, milliseconds; null for the request's deadline.</summary>
    public required int? AttemptTimeoutMs { get; init; }

    /// <summary>Longest time to the first content of a stream, milliseconds; null for the gateway's own.</summary>
    public int? FirstContentTimeoutMs { get; init; }

    /// <summary>Price of three tokens of input and one of output, for comparison within a pool; nothing where there is none.</summary>
    public decimal Cost { get; init; }

    /// <summary>Identity for rendezvous hashing: the same in every process with the same configuration.</summary>
    public required ulong Hash { get; init; }
}
