namespace Busbar.Reliability.Breaker;

/// <summary>
/// State, epoch and cooldown deadline of a cell in one 64-bit value, so that they move together in one compare-and-swap.
/// Bits 0-1 state, 2 hard-down mark, 3-23 epoch (1 to 2^21 - 1, new with every state change), 24-63 deadline in milliseconds (34 years).
/// </summary>
internal readonly record struct BreakerWord(ulong Bits)
{
    private const int EpochShift = 3;
    private const int DeadlineShift = 24;
    private const uint EpochMask = (1u << 21) - 1;
    private const long LatestDeadline = (1L << 40) - 1;

    /// <summary>A new cell: Closed, no cooldown.</summary>
    public static readonly BreakerWord Initial = new(1UL << EpochShift);

    /// <summary>State.</summary>
    public BreakerState State => (BreakerState)(Bits & 3);

    /// <summary>True while the cell is out because the account or credential failed.</summary>
    public bool IsHardDown => (Bits & 4) != 0;

    /// <summary>Tells one stay in a state from the next; never 0.</summary>
    public int Epoch => (int)(Bits >> EpochShift & EpochMask);

    /// <summary>End of the cooldown on the cell's clock, milliseconds; 0 for none.</summary>
    public long Deadline => (long)(Bits >> DeadlineShift);

    /// <summary>True when a caller may enter: Closed or Open, cooldown over.</summary>
    public bool IsReady(long now) => State != BreakerState.HalfOpen && now >= Deadline;

    /// <summary>True in a soft cooldown: Closed, but the last failure is too fresh.</summary>
    public bool IsSoft(long now) => State == BreakerState.Closed && now < Deadline;

    /// <summary>The same stay with another deadline.</summary>
    public BreakerWord WithDeadline(long deadline) => Pack(State, IsHardDown, Epoch, deadline);

    /// <summary>A new stay: the next epoch.</summary>
    public BreakerWord Enter(BreakerState state, long deadline, bool hardDown = false) =>
        Pack(state, hardDown, Epoch == (int)EpochMask ? 1 : Epoch + 1, deadline);

    private static BreakerWord Pack(BreakerState state, bool hardDown, int epoch, long deadline) =>
        new((ulong)state | (hardDown ? 4UL : 0) | (ulong)(uint)epoch << EpochShift | (ulong)Math.Clamp(deadline, 0, LatestDeadline) << DeadlineShift);
}
