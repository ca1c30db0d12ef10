using Busbar.Wire;

namespace Busbar.Ir;

/// <summary>One turn of the conversation.</summary>
internal sealed class Message
{
    /// <summary>Who speaks.</summary>
    public Role Role;

    /// <summary>What is said, in order.</summary>
    public List<Block> Blocks { get; } = [];

    /// <summary>Members of the turn that the representation does not model, for a same-protocol write; null until one is met.</summary>
    public List<JsonMember>? Extra;

    /// <summary>Makes the message as new, keeping list storage.</summary>
    internal void Reset(Role role)
    {
        Role = role;
        Blocks.Clear();
        Extra?.Clear();
    }
}
