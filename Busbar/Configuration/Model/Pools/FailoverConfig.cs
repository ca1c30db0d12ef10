namespace Busbar.Configuration.Model.Pools;

/// <summary>The <c>failover:</c> block of a pool.</summary>
internal sealed record FailoverConfig
{
    /// <summary>Seconds a request may take until its answer begins, at least 1. Default 120.</summary>
    public int DeadlineSecs { get; init; } = 120;

    /// <summary>
    /// Whether somebody chose <see cref="DeadlineSecs"/>. Otherwise it does not cut the call of the last lane, which may still answer.
    /// </summary>
    public bool IsDeadlineSet { get; init; }

    /// <summary>Failovers after the first attempt, at least 0. Default 3.</summary>
    public int Cap { get; init; } = 3;

    /// <summary>Members that take no traffic through this pool.</summary>
    public IReadOnlyList<string> Exclusions { get; init; } = [];
}
