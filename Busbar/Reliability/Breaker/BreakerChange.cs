namespace Busbar.Reliability.Breaker;

/// <summary>What one trigger did to a cell.</summary>
/// <param name="From">State before.</param>
/// <param name="To">State after; the same when nothing changed.</param>
internal readonly record struct BreakerChange(BreakerState From, BreakerState To)
{
    /// <summary>A caller took the probe.</summary>
    public static readonly BreakerChange ProbeBegan = new(BreakerState.Open, BreakerState.HalfOpen);

    /// <summary>The cell left rotation: the one transition that counts as a trip.</summary>
    public bool IsTrip => From == BreakerState.Closed && To == BreakerState.Open;

    /// <summary>The cell came back into rotation.</summary>
    public bool IsRecovery => From != BreakerState.Closed && To == BreakerState.Closed;

    /// <summary>There is something to tell.</summary>
    public bool IsChange => From != To;
}
