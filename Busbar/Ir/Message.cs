using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Ir;

/// <summary>One turn of the conversation.</summary>
internal sealed class Message
{
    /// <summary>Bytes that a message costs, with the storage of its list and its place in another.</summary>
    internal const int Cost = 160;

    /// <summary>Who speaks.</summary>
    public Role Role;

    /// <summary>What is said, in order.</summary>
    public List<Block> Blocks { get; } = [];

    /// <summary>
    /// The turn exactly as read, for a write to the protocol it came from; absent when it was built here. Set by the protocols that write such a turn
    /// back whole (OpenAI, Responses); those that write it block by block keep <see cref="Extra"/> instead.
    /// </summary>
    public JsonSlice Raw;

    /// <summary>Name of the participant who speaks, where several share a role (Chat Completions <c>name</c>); absent when unsaid.</summary>
    public JsonText Speaker;

    /// <summary>
    /// Members of the turn that its blocks do not say (Anthropic, Bedrock), for a write to the protocol it came from; null until one is met.
    /// </summary>
    public List<JsonMember>? Extra;

    /// <summary>Makes the message as new, keeping list storage.</summary>
    internal void Reset(Role role)
    {
        Role = role;
        Raw = default;
        Speaker = default;
        Blocks.Empty();
        Extra?.Empty();
    }
}
