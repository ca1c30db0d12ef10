namespace Busbar.Configuration.Model.Pools;

/// <summary>The <c>breaker:</c> block of a pool.</summary>
internal sealed record BreakerConfig
{
    /// <summary>First cooldown and lower bound of all, seconds, at least 1. Default 15.</summary>
    public int BaseCooldownSecs { get; init; } = 15;

    /// <summary>Longest cooldown, seconds, not below the base. Default 120.</summary>
    public int MaxCooldownSecs { get; init; } = 120;

    /// <summary>What trips the breaker.</summary>
    public TripMode Mode { get; init; }

    /// <summary>Length of the outcome window, seconds, at least 1. Default 30.</summary>
    public int WindowSecs { get; init; } = 30;

    /// <summary>Share of failures in the window that trips, in (0, 1]. Default 0.5.</summary>
    public double Threshold { get; init; } = 0.5;

    /// <summary>Outcomes the window must hold before the share counts, at least 1. Default 5.</summary>
    public int MinRequests { get; init; } = 5;

    /// <summary>Failures in a row that trip in <see cref="TripMode.Consecutive"/>, at least 1. Default 3.</summary>
    public int ConsecutiveN { get; init; } = 3;
}
