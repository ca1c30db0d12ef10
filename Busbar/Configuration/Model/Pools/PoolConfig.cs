namespace Busbar.Configuration.Model.Pools;

/// <summary>A named set of models that can stand in for each other.</summary>
internal sealed record PoolConfig
{
    /// <summary>Name, by which clients address it.</summary>
    public required string Name { get; init; }

    /// <summary>Its members, in order.</summary>
    public required IReadOnlyList<PoolMemberConfig> Members { get; init; }

    /// <summary>How a lane is chosen among those that are ready.</summary>
    public PoolStrategy Strategy { get; init; }

    /// <summary>When a lane is taken out of rotation.</summary>
    public BreakerConfig Breaker { get; init; } = new();

    /// <summary>How far one request may wander.</summary>
    public FailoverConfig Failover { get; init; } = new();

    /// <summary>What happens when no lane is left.</summary>
    public ExhaustionConfig OnExhausted { get; init; } = new();

    /// <summary>Session stickiness; null for none.</summary>
    public AffinityConfig? Affinity { get; init; }

    /// <summary>Overrides the models' time to first content; null to keep them.</summary>
    public int? FirstContentTimeoutMs { get; init; }

    /// <summary>Second calls beside slow ones; null for none.</summary>
    public HedgeConfig? Hedge { get; init; }

    /// <summary>When an answer counts as begun.</summary>
    public CommitMode Commit { get; init; }

    /// <summary>What happens upstream when the client goes away.</summary>
    public DisconnectMode OnClientDisconnect { get; init; }

    /// <summary>Longest wait for a permit when every lane is merely busy, milliseconds; null for the deadline.</summary>
    public int? QueueMaxMs { get; init; }
}
