using Busbar.Ir;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI;

/// <summary>The words of <c>finish_reason</c>.</summary>
internal static class StopReasons
{
    /// <summary>
    /// Reads a word, in any spelling, as compatible hosts put their models' own here. A refusal and a call change only a plain <c>stop</c>: OpenAI
    /// itself says <c>stop</c> when a named tool was forced.
    /// </summary>
    public static StopReason Read(JsonText word, bool hasRefusal, bool hasCalls)
    {
        if (word.IsNullOrEmpty)
        {
            return StopReason.None;
        }

        StopReason reason = word.Is("stop"u8) ? StopReason.EndTurn : StopWords.Read(word);
        return reason != StopReason.EndTurn ? reason : hasCalls ? StopReason.ToolUse : hasRefusal ? StopReason.Refusal : reason;
    }

    /// <summary>Writes the word as the value of <c>finish_reason</c>; <c>null</c> when there is no reason.</summary>
    public static void Write(StopReason reason, JsonWriter output)
    {
        if (reason == StopReason.None)
        {
            output.Null("finish_reason"u8);
            return;
        }

        output.Literal("finish_reason"u8, reason switch
        {
            StopReason.MaxTokens => "length"u8,
            StopReason.ToolUse => "tool_calls"u8,
            StopReason.Safety or StopReason.Refusal => "content_filter"u8,
            _ => "stop"u8,
        });
    }
}
