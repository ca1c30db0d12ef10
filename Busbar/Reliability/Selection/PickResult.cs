namespace Busbar.Reliability.Selection;

/// <summary>How an attempt to pick a lane ended.</summary>
internal enum PickResult : byte
{
    /// <summary>A lane was picked; its lease is the caller's.</summary>
    Picked,

    /// <summary>Lanes are ready, but every one is at its limit of calls in flight.</summary>
    Saturated,

    /// <summary>No lane is left for this request.</summary>
    None,
}
