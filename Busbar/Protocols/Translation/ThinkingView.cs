
namespace Busbar.Protocols.Translation;

/// <summary>What a client wants to see of the model's thinking.</summary>
internal enum ThinkingView : byte
{
    /// <summary>All of it.</summary>
    Shown,

    /// <summary>That there was some, and what proves it, without the words.</summary>
    Wordless,

    /// <summary>Nothing: its first block is to be the answer. What the provider wants back stands before a call or at the end.</summary>
    Hidden,
}
