namespace Busbar.Configuration.Model.Pools;

/// <summary>The <c>hedge:</c> block of a pool: a call that is slow to begin gets another beside it.</summary>
internal sealed record HedgeConfig
{
    /// <summary>Milliseconds of silence before the other call; null to go by <see cref="Percentile"/>.</summary>
    public int? AfterMs { get; init; }

    /// <summary>Share of the lane's own answers that begin sooner, above 0 and below 1. Default 0.95.</summary>
    public double Percentile { get; init; } = 0.95;

    /// <summary>Share of the pool's requests that may have such a call, above 0 and at most 1. Default 0.1.</summary>
    public double AtMost { get; init; } = 0.1;
}
