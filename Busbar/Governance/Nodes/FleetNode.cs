namespace Busbar.Governance.Nodes;

/// <summary>A process that shares the database with others.</summary>
/// <param name="Name">Name of its machine.</param>
/// <param name="Epoch">The number under which it writes; greater than that of every process that began before it.</param>
/// <param name="Version">What it runs.</param>
/// <param name="Address">Where it listens.</param>
/// <param name="StartedAt">Epoch second of its start, by the clock of the database.</param>
/// <param name="SilentSeconds">How long ago it was heard last, by the clock of the database.</param>
/// <param name="HasEnded">Whether it said that it ends.</param>
internal readonly record struct FleetNode(string Name, long Epoch, string Version, string Address, long StartedAt, long SilentSeconds, bool HasEnded)
{
    /// <summary>Silence from which on a node is not taken to be alive, seconds.</summary>
    public const long MaxSilence = 10;

    /// <summary>What it is called: its machine may have run others before it.</summary>
    public string Id => $"{Name}-{Epoch}";

    /// <summary>Whether it was heard of late.</summary>
    public bool IsAlive => !HasEnded && SilentSeconds <= MaxSilence;
}
