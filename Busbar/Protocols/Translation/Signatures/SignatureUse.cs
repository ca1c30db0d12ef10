namespace Busbar.Protocols.Translation.Signatures;

/// <summary>What a wrapped signature belongs to.</summary>
internal enum SignatureUse : byte
{
    /// <summary>A thinking block with words.</summary>
    Thinking,

    /// <summary>Thinking that is encrypted as a whole.</summary>
    Redacted,

    /// <summary>The tool call that follows.</summary>
    ToolCall,

    /// <summary>The words or the tool call before it.</summary>
    Preceding,

    /// <summary>No signature: a summary of the conversation before it.</summary>
    Summary,

    /// <summary>
    /// Thinking whose words the client does not get to see: its signature, if any, a line feed, and the words, coded so that they cannot be read by
    /// chance.
    /// </summary>
    Hidden,
}
