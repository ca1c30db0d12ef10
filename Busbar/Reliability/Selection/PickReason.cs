namespace Busbar.Reliability.Selection;

/// <summary>Why a lane was taken rather than another.</summary>
internal enum PickReason : byte
{
    /// <summary>Its turn, by weight.</summary>
    Weighted,

    /// <summary>The first in order that was ready.</summary>
    Priority,

    /// <summary>The faster of two.</summary>
    LeastLatency,

    /// <summary>The least busy.</summary>
    LeastBusy,

    /// <summary>The cheapest.</summary>
    LeastCost,

    /// <summary>It keeps what the request refers to, or the request was prepared for it.</summary>
    Home,

    /// <summary>The session was there before.</summary>
    Affinity,

    /// <summary>Another lane was slow to begin its answer.</summary>
    Hedge,

    /// <summary>No lane was ready: the one whose short cooldown ends first.</summary>
    Cooling,

    /// <summary>No lane was in service: the least bad one.</summary>
    LastResort,
}
