using Busbar.Reliability.Breaker;

namespace Busbar.Reliability;

/// <summary>A lane's place in a pool, as it lives on across reloads: breaker cell and place in the rotation.</summary>
/// <param name="pool">The pool.</param>
/// <param name="lane">The lane.</param>
/// <param name="cell">Breaker of chat.</param>
/// <param name="beside">Breaker of what is asked beside chat, so that neither takes the lane from the other.</param>
internal sealed class PoolSlot(PoolState pool, Lane lane, BreakerCell cell, BreakerCell beside)
{
    private Lane _lane = lane;

    /// <summary>The pool.</summary>
    public PoolState Pool => pool;

    /// <summary>The lane as the latest configuration has it.</summary>
    public Lane Lane
    {
        get => Volatile.Read(ref _lane);
        set => Volatile.Write(ref _lane, value);
    }

    /// <summary>The breaker of chat.</summary>
    public BreakerCell Cell => cell;

    /// <summary>The breaker of token counting, embeddings and whatever else is not chat.</summary>
    public BreakerCell Beside => beside;

    /// <summary>The breaker that a request meets.</summary>
    public BreakerCell CellOf(bool isBeside) => isBeside ? beside : cell;

    /// <summary>Current weight of the smooth round robin, guarded by <see cref="PoolState.Rotation"/>.</summary>
    public long CurrentWeight { get; set; }

    /// <summary>Does what a change of the cell entails outside it. Must be called without holding a lock.</summary>
    public void Settle(BreakerChange change, bool isBeside = false)
    {
        // What is shown is the breaker of chat.
        if (!change.IsChange || isBeside)
        {
            return;
        }

        if (change.IsRecovery)
        {
            Lane.State.Recovered();
            lock (pool.Rotation)
            {
                CurrentWeight = 0;
            }
        }

        if (change.IsTrip)
        {
            pool.Events.Tripped(pool.Name, Lane);
        }

        pool.Events.StateChanged(pool.Name, Lane, change.From, change.To);
    }
}
