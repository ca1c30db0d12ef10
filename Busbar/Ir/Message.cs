using Busbar.Wire;

namespace Busbar.Ir;

/// <summary>One turn of the conversation.</summary>
internal sealed class Message
{
    /// <summary>Who speaks.</summary>
    public Role Role;

    /// <summary>What is said, in order.</summary>
    public List<Block> Blocks { get; } = [];

    /// <summary>The wire item this turn was read from, for a write to the dialect it came from; absent where the blocks say everything.</summary>
    public JsonSlice Raw;

    /// <summary>Makes the message as new, keeping list storage.</summary>
    internal void Reset(Role role)
    {
        Role = role;
        Raw = default;
        Blocks.Clear();
    }
}
