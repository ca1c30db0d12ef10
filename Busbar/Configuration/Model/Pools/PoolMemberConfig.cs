namespace Busbar.Configuration.Model.Pools;

/// <summary>A model's place in a pool.</summary>
internal sealed record PoolMemberConfig
{
    /// <summary>Model name.</summary>
    public required string Target { get; init; }

    /// <summary>Share of the traffic, at least 1. Default 1.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>Context size in tokens; null when unknown.</summary>
    public long? ContextMax { get; init; }

    /// <summary>Overrides the model's attempt timeout; null to keep it.</summary>
    public int? AttemptTimeoutMs { get; init; }

    /// <summary>Overrides the pool's and the model's time to first content; null to keep it.</summary>
    public int? FirstContentTimeoutMs { get; init; }
}
