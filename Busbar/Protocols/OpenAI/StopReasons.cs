using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols.OpenAI;

/// <summary>The words of <c>finish_reason</c>.</summary>
internal static class StopReasons
{
    /// <summary>
    /// Reads a word. A refusal and a call change only a plain <c>stop</c>: OpenAI itself says <c>stop</c> when a named tool was forced.
    /// </summary>
    public static StopReason Read(JsonText word, bool hasRefusal, bool hasCalls)
    {
        if (word.IsNullOrEmpty)
        {
            return StopReason.None;
        }

        if (word.Is("stop"u8) || word.Is("eos"u8))
        {
            return hasCalls ? StopReason.ToolUse : hasRefusal ? StopReason.Refusal : StopReason.EndTurn;
        }

        if (word.Is("length"u8))
        {
            return StopReason.MaxTokens;
        }

        if (word.Is("tool_calls"u8) || word.Is("tool_call"u8) || word.Is("function_call"u8))
        {
            return StopReason.ToolUse;
        }

        return word.Is("content_filter"u8) ? StopReason.Safety : word.Is("error"u8) ? StopReason.Error : StopReason.Other;
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
