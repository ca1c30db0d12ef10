using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Pools;

namespace Busbar.Reliability.Breaker;

/// <summary>A pool's breaker block and the limits that bear on it, in milliseconds.</summary>
internal sealed class BreakerSettings(BreakerConfig config, LimitsConfig limits)
{
    /// <summary>First cooldown and lower bound of all, milliseconds.</summary>
    public long BaseMs { get; } = Math.Max(1, config.BaseCooldownSecs) * 1000L;

    /// <summary>Longest computed cooldown, milliseconds.</summary>
    public long MaxMs { get; } = Math.Max(Math.Max(1, config.BaseCooldownSecs), config.MaxCooldownSecs) * 1000L;

    /// <summary>Length of the outcome window, milliseconds.</summary>
    public long WindowMs { get; } = Math.Max(1, config.WindowSecs) * 1000L;

    /// <summary>What trips.</summary>
    public TripMode Mode { get; } = config.Mode;

    /// <summary>Share of failures that trips, in (0, 1].</summary>
    public double Threshold { get; } = config.Threshold;

    /// <summary>Outcomes the window must hold before the share counts.</summary>
    public int MinRequests { get; } = config.MinRequests;

    /// <summary>Failures in a row that trip in <see cref="TripMode.Consecutive"/>.</summary>
    public int ConsecutiveN { get; } = config.ConsecutiveN;

    /// <summary>Longest Retry-After that is believed, milliseconds.</summary>
    public long MaxRetryAfterMs { get; } = limits.MaxHonoredRetryAfterSecs * 1000L;

    /// <summary>Cooldown of a hard-down, milliseconds.</summary>
    public long HardDownMs { get; } = limits.HardDownCooldownSecs * 1000L;
}
