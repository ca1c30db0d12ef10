using Busbar.Ir.Request;

namespace Busbar.Ir;

/// <summary>Who speaks in a turn. Protocols without a tool role carry tool results in a user turn.</summary>
internal enum Role : byte
{
    /// <summary>Instructions, at the top or in the middle of a conversation.</summary>
    System,

    /// <summary>The person or program asking.</summary>
    User,

    /// <summary>The model.</summary>
    Assistant,

    /// <summary>Tool results only.</summary>
    Tool,
}
