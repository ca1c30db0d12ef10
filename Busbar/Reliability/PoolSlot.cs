using Busbar.Reliability.Breaker;

namespace Busbar.Reliability;

/// <summary>A lane's place in a pool, as it lives on across reloads: breaker cell and place in the rotation.</summary>
internal sealed class PoolSlot(PoolState pool, Lane lane, BreakerCell cell)
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

    /// <summary>The breaker.</summary>
    public BreakerCell Cell => cell;

    /// <summary>Current weight of the smooth round robin, guarded by <see cref="PoolState.Rotation"/>.</summary>
    public long CurrentWeight { get; set; }

    /// <summary>Does what a change of the cell entails outside it. Must be called without holding a lock.</summary>
    public void Settle(BreakerChange change)
    {
        if (!change.IsChange)
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
