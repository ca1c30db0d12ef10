using Busbar.Reliability.Breaker;

namespace Busbar.Tests.Reliability;

/// <summary>
/// The breaker's transition table written down a second time, one caller at a time, with owners instead of epochs. It knows nothing of words,
/// packing or compare-and-swap.
/// </summary>
internal readonly record struct SequentialCell(BreakerState State, long Cooldown, bool HardDown, int Owner)
{
    public const int Nobody = -1;

    /// <summary>The table: what a trigger of <paramref name="caller"/> makes of the cell.</summary>
    public SequentialCell After(BreakerTransition step, int caller, bool callerHoldsProbe)
    {
        var owns = State == BreakerState.HalfOpen && callerHoldsProbe && Owner == caller;
        switch (step.Trigger)
        {
            case BreakerTrigger.Enter:
                return State == BreakerState.Open && step.Now >= Cooldown ? this with { State = BreakerState.HalfOpen, Owner = caller } : this;
            case BreakerTrigger.Failure:
                if (State == BreakerState.Closed)
                {
                    return this with { State = step.Trips ? BreakerState.Open : BreakerState.Closed, Cooldown = Math.Max(Cooldown, step.Until) };
                }

                return owns ? new SequentialCell(BreakerState.Open, step.Until, false, Nobody) : this;
            case BreakerTrigger.Success:
                return owns ? new SequentialCell(BreakerState.Closed, 0, false, Nobody) : this;
            case BreakerTrigger.GiveBack:
                return owns ? this with { State = BreakerState.Open, Owner = Nobody } : this;
            case BreakerTrigger.LateSuccess:
                return IsUndecided(step.Now) ? new SequentialCell(BreakerState.Closed, 0, false, Nobody) : this;
            case BreakerTrigger.LateFailure:
                return IsUndecided(step.Now) && State == BreakerState.Open ? new SequentialCell(BreakerState.Open, step.Until, false, Nobody) : this;
            case BreakerTrigger.Lengthen:
                return State == BreakerState.Open ? this with { Cooldown = Math.Max(Cooldown, step.Until) } : this;
            case BreakerTrigger.HardDown:
                return new SequentialCell(BreakerState.Open, Math.Max(Cooldown, step.Until), true, Nobody);
            case BreakerTrigger.Heal:
                return new SequentialCell(BreakerState.Closed, 0, false, Nobody);
            default:
                throw new ArgumentOutOfRangeException(nameof(step));
        }
    }

    private bool IsUndecided(long now) => !HardDown && (State == BreakerState.HalfOpen || (State == BreakerState.Open && now >= Cooldown));
}
