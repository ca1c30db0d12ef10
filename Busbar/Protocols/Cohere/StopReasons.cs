using Busbar.Ir;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Cohere;

/// <summary>The words of <c>finish_reason</c>.</summary>
internal static class StopReasons
{
    /// <summary>Reads a word. The toxic one is of the older API, and some models still say it.</summary>
    public static StopReason Read(JsonText word) =>
        word.IsNullOrEmpty ? StopReason.None
        : word.Is("COMPLETE"u8) ? StopReason.EndTurn
        : word.Is("TOOL_CALL"u8) ? StopReason.ToolUse
        : word.Is("MAX_TOKENS"u8) ? StopReason.MaxTokens
        : word.Is("STOP_SEQUENCE"u8) ? StopReason.StopSequence
        : word.Is("ERROR"u8) || word.Is("TIMEOUT"u8) ? StopReason.Error
        : word.Is("ERROR_TOXIC"u8) ? StopReason.Safety
        : StopWords.Read(word);

    /// <summary>Writes the word as the value of <c>finish_reason</c>.</summary>
    public static void Write(StopReason reason, JsonWriter output) => output.Literal("finish_reason"u8, reason switch
    {
        StopReason.StopSequence => "STOP_SEQUENCE"u8,
        StopReason.MaxTokens => "MAX_TOKENS"u8,
        StopReason.ToolUse => "TOOL_CALL"u8,
        StopReason.Safety or StopReason.Error => "ERROR"u8,
        _ => "COMPLETE"u8,
    });
}
