namespace Busbar.Ir;

/// <summary>One turn of the conversation.</summary>
internal sealed class Message
{
    /// <summary>Who speaks.</summary>
    public Role Role;

    /// <summary>What is said, in order.</summary>
    public List<Block> Blocks { get; } = [];

    /// <summary>The turn exactly as read, for what its blocks do not say; only for a write to the dialect it came from. Absent when it was built here.</summary>
    public Wire.JsonSlice Raw;

    /// <summary>Makes the message as new, keeping list storage.</summary>
    internal void Reset(Role role)
    {
        Role = role;
        Raw = default;
        Blocks.Clear();
    }
}
