namespace Busbar.Configuration.Model.Pools;

/// <summary>What happens when a pool has no lane left for a request.</summary>
internal enum ExhaustionAction : byte
{
    /// <summary>503 with an honest Retry-After.</summary>
    Reject,

    /// <summary>One attempt at the lane whose cooldown ends soonest.</summary>
    LeastBad,

    /// <summary>The request goes on in another pool.</summary>
    FallbackPool,
}
