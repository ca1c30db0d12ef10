namespace Busbar.Reliability.Breaker;

/// <summary>
/// The transition table of a breaker cell as a pure function of its word. <see cref="BreakerCell"/> reads the word, applies this, and swaps;
/// when the swap fails it starts over with the word it met. So every schedule of callers equals some order of whole transitions.
/// </summary>
/// <param name="Trigger">What happened.</param>
/// <param name="Now">The cell's clock, milliseconds.</param>
/// <param name="Until">New cooldown deadline for a failure, a hard-down or a longer wait.</param>
/// <param name="Probe">Epoch of the probe the caller holds; 0 for none.</param>
/// <param name="Trips">For a failure: the trip condition held when the word was read.</param>
internal readonly record struct BreakerTransition(BreakerTrigger Trigger, long Now, long Until = 0, int Probe = 0, bool Trips = false)
{
    /// <summary>The word after the trigger; the same word when it changes nothing.</summary>
    public BreakerWord Apply(BreakerWord word) => Trigger switch
    {
        BreakerTrigger.Enter => word.State == BreakerState.Open && Now >= word.Deadline
            ? word.Enter(BreakerState.HalfOpen, word.Deadline, word.IsHardDown) : word,

        // A failure that comes late (Open, or a probe of somebody else in flight) neither extends the cooldown nor decides the probe.
        // In Closed a longer cooldown already running, such as one a provider asked for, is kept.
        BreakerTrigger.Failure when word.State == BreakerState.Closed =>
            Trips ? word.Enter(BreakerState.Open, Math.Max(word.Deadline, Until)) : word.WithDeadline(Math.Max(word.Deadline, Until)),
        BreakerTrigger.Failure => Owns(word) ? word.Enter(BreakerState.Open, Until) : word,

        // A success leaves a soft cooldown alone, and only the probe's owner closes: a success that raced a hard-down finds another epoch.
        BreakerTrigger.Success => Owns(word) ? word.Enter(BreakerState.Closed, 0) : word,

        // The cooldown stays expired, so the next caller may probe at once.
        BreakerTrigger.GiveBack => Owns(word) ? word.Enter(BreakerState.Open, word.Deadline, word.IsHardDown) : word,

        // The probe's place was given back with its cooldown over: the outcome counts unless something newer has decided since.
        BreakerTrigger.LateSuccess => IsUndecided(word) ? word.Enter(BreakerState.Closed, 0) : word,
        BreakerTrigger.LateFailure => IsUndecided(word) && word.State == BreakerState.Open ? word.Enter(BreakerState.Open, Until) : word,
        BreakerTrigger.Lengthen => word.State == BreakerState.Open ? word.WithDeadline(Math.Max(word.Deadline, Until)) : word,

        BreakerTrigger.HardDown => word.Enter(BreakerState.Open, Math.Max(word.Deadline, Until), hardDown: true),
        BreakerTrigger.Heal => word.State == BreakerState.Closed ? word.WithDeadline(0) : word.Enter(BreakerState.Closed, 0),
        _ => throw new ArgumentOutOfRangeException(nameof(word), Trigger, "unknown trigger"),
    };

    private bool IsUndecided(BreakerWord word) =>
        !word.IsHardDown && (word.State == BreakerState.HalfOpen || (word.State == BreakerState.Open && Now >= word.Deadline));

    private bool Owns(BreakerWord word) => word.State == BreakerState.HalfOpen && Probe == word.Epoch;
}
