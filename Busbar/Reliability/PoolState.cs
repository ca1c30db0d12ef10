using Busbar.Reliability.Breaker;
using Busbar.Reliability.Capacity;

namespace Busbar.Reliability;

/// <summary>What of a pool lives on across reloads: the lock of its rotation, its cells, and how many requests wait.</summary>
/// <param name="name">Pool name; empty for a model's direct route.</param>
/// <param name="events">Told of state changes.</param>
internal sealed class PoolState(string name, IReliabilityEvents events)
{
    private int _queued;

    /// <summary>Pool name; empty for a model's direct route.</summary>
    public string Name => name;

    /// <summary>Guards the current weights of <see cref="Slots"/>. Nothing blocks under it.</summary>
    public Lock Rotation { get; } = new();

    /// <summary>One slot per lane, in configuration order. Replaced as a whole by a reload.</summary>
    public PoolSlot[] Slots { get; set; } = [];

    /// <summary>Second calls beside slow ones.</summary>
    public HedgeBudget Hedges { get; } = new();

    /// <summary>Who uses the pool.</summary>
    public CallerActivity Callers { get; } = new();

    /// <summary>Requests waiting for a permit.</summary>
    public int Queued => Volatile.Read(ref _queued);

    /// <summary>Told of state changes.</summary>
    public IReliabilityEvents Events => events;

    /// <summary>A request began (1) or ended (-1) to wait.</summary>
    public void CountQueued(int change) => Interlocked.Add(ref _queued, change);
}
