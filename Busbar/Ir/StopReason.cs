namespace Busbar.Ir;

/// <summary>Why the model stopped. Closed on purpose: a foreign word never reaches a client.</summary>
internal enum StopReason : byte
{
    /// <summary>Not said.</summary>
    None,

    /// <summary>The answer is complete.</summary>
    EndTurn,

    /// <summary>A stop string was met.</summary>
    StopSequence,

    /// <summary>The token limit, or the context window, was reached.</summary>
    MaxTokens,

    /// <summary>The model called a tool.</summary>
    ToolUse,

    /// <summary>A safety system stopped it.</summary>
    Safety,

    /// <summary>The model refused.</summary>
    Refusal,

    /// <summary>The provider paused a long turn; the client may continue it.</summary>
    Pause,

    /// <summary>The model's output was malformed, or the provider failed.</summary>
    Error,

    /// <summary>A reason without a counterpart.</summary>
    Other,
}
