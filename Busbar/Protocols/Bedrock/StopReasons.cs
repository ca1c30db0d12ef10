using Busbar.Ir;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock;

/// <summary>The nine words of <c>stopReason</c>.</summary>
internal static class StopReasons
{
    /// <summary>
    /// The reason a word stands for; absent gives <see cref="StopReason.None"/>, other words are read as <see cref="StopWords"/> does.
    /// </summary>
    public static StopReason Read(JsonText word) => word switch
    {
        _ when word.IsNullOrEmpty => StopReason.None,
        _ when word.Is("end_turn"u8) => StopReason.EndTurn,
        _ when word.Is("tool_use"u8) => StopReason.ToolUse,
        _ when word.Is("max_tokens"u8) || word.Is("model_context_window_exceeded"u8) => StopReason.MaxTokens,
        _ when word.Is("stop_sequence"u8) => StopReason.StopSequence,
        _ when word.Is("content_filtered"u8) || word.Is("guardrail_intervened"u8) => StopReason.Safety,
        _ when word.Is("malformed_model_output"u8) || word.Is("malformed_tool_use"u8) => StopReason.Error,
        _ => StopWords.Read(word),
    };

    /// <summary>
    /// The word for a reason, which is never left out here: without one it follows from <paramref name="hasTool"/>. A refusal in words
    /// overrides only a natural end.
    /// </summary>
    public static ReadOnlySpan<byte> Word(StopReason reason, bool hasTool, bool hasRefusal) => reason switch
    {
        StopReason.StopSequence => "stop_sequence"u8,
        StopReason.MaxTokens => "max_tokens"u8,
        StopReason.ToolUse => "tool_use"u8,
        StopReason.Safety or StopReason.Refusal => "content_filtered"u8,
        StopReason.None when hasTool => "tool_use"u8,
        _ => hasRefusal ? "content_filtered"u8 : "end_turn"u8,
    };
}
