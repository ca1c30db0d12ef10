using Busbar.Wire;

namespace Busbar.Ir;

/// <summary>One turn of the conversation.</summary>
internal sealed class Message
{
    /// <summary>Who speaks.</summary>
    public Role Role;

    /// <summary>What is said, in order.</summary>
    public List<Block> Blocks { get; } = [];

    /// <summary>The turn exactly as read, for what its blocks do not say; only for a write to the dialect it came from. Absent when it was built here.</summary>
    public JsonSlice Raw;

    /// <summary>Members of the turn that the representation does not model, for a same-protocol write; null until one is met.</summary>
    public List<JsonMember>? Extra;

    /// <summary>Makes the message as new, keeping list storage.</summary>
    internal void Reset(Role role)
    {
        Role = role;
        Raw = default;
        Blocks.Clear();
        Extra?.Clear();
    }
}
