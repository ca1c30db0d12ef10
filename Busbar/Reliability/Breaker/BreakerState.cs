namespace Busbar.Reliability.Breaker;

/// <summary>State of a breaker cell. The numbers are those of the <c>busbar_lane_state</c> gauge.</summary>
internal enum BreakerState : byte
{
    /// <summary>In rotation, unless a soft cooldown is pending.</summary>
    Closed = 0,

    /// <summary>One caller holds the probe; nobody else gets in.</summary>
    HalfOpen = 1,

    /// <summary>Out of rotation until the cooldown ends; then one caller may probe.</summary>
    Open = 2,
}
