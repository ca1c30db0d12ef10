namespace Busbar.Configuration.Model.Providers;

/// <summary>The <c>health:</c> block of a provider.</summary>
internal sealed record HealthConfig
{
    /// <summary>Who is probed.</summary>
    public HealthMode Mode { get; init; }

    /// <summary>Seconds between probes of one lane, at least 1. Default 30.</summary>
    public int IntervalSecs { get; init; } = 30;

    /// <summary>Seconds a probe may take, at least 1. Default 5.</summary>
    public int TimeoutSecs { get; init; } = 5;
}
