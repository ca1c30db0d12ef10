namespace Busbar.Governance.Groups;

/// <summary>How long what a <see cref="Limit"/> counts stays counted.</summary>
internal enum LimitPeriod : byte
{
    /// <summary>For ever.</summary>
    Total,

    /// <summary>A minute by the clock.</summary>
    Minute,

    /// <summary>An hour by the clock.</summary>
    Hour,

    /// <summary>A day.</summary>
    Day,

    /// <summary>A week from its first day on.</summary>
    Week,

    /// <summary>A month from its first day on.</summary>
    Month,

    /// <summary>The last days, today included.</summary>
    Rolling,
}
