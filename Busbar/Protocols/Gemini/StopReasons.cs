using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols.Gemini;

/// <summary>The words of <c>finishReason</c>.</summary>
internal static class StopReasons
{
    /// <summary>Reads a word, or the enum number that proxies over gRPC leave in its place. A call turns only a plain stop into a tool stop.</summary>
    public static StopReason Read(JsonNode finish, bool hasCalls)
    {
        if (finish.IsNumber)
        {
            return finish.Integer switch
            {
                1 => hasCalls ? StopReason.ToolUse : StopReason.EndTurn,
                2 => StopReason.MaxTokens,
                3 or 4 or 6 or 7 or 8 => StopReason.Safety,
                9 => StopReason.Error,
                _ => StopReason.Other,
            };
        }

        JsonText word = finish.Text;
        if (word.IsNullOrEmpty)
        {
            return StopReason.None;
        }

        if (word.Is("STOP"u8))
        {
            return hasCalls ? StopReason.ToolUse : StopReason.EndTurn;
        }

        if (word.Is("MAX_TOKENS"u8) || word.Is("CONTINUATION"u8))
        {
            return StopReason.MaxTokens;
        }

        if (word.Is("SAFETY"u8) || word.Is("RECITATION"u8) || word.Is("BLOCKLIST"u8) || word.Is("PROHIBITED_CONTENT"u8) || word.Is("SPII"u8)
            || word.Is("IMAGE_SAFETY"u8) || word.Is("IMAGE_PROHIBITED_CONTENT"u8) || word.Is("IMAGE_RECITATION"u8) || word.Is("MODEL_ARMOR"u8))
        {
            return StopReason.Safety;
        }

        return word.Is("MALFORMED_FUNCTION_CALL"u8) || word.Is("UNEXPECTED_TOOL_CALL"u8) || word.Is("TOO_MANY_TOOL_CALLS"u8)
            || word.Is("MALFORMED_RESPONSE"u8) || word.Is("MISSING_THOUGHT_SIGNATURE"u8)
            ? StopReason.Error
            : StopReason.Other;
    }

    /// <summary>The words with which the provider explains a stop that is not an ordinary one; absent otherwise.</summary>
    public static JsonText Explanation(JsonNode candidate, StopReason reason) =>
        reason is StopReason.Safety or StopReason.Error or StopReason.Other ? Spelling.Get(candidate, "finishMessage"u8, "finish_message"u8).Text : default;

    /// <summary>The block reason of a prompt that was refused as a whole; absent when it was not.</summary>
    public static JsonText BlockReason(JsonNode feedback)
    {
        JsonNode reason = Spelling.Get(feedback, "blockReason"u8, "block_reason"u8);
        return reason.Text.IsNullOrEmpty ? default : reason.Text;
    }

    /// <summary>Writes the word as the value of <c>finishReason</c>.</summary>
    public static void Write(StopReason reason, JsonWriter output) => output.Literal("finishReason"u8, reason switch
    {
        StopReason.MaxTokens => "MAX_TOKENS"u8,
        StopReason.Safety or StopReason.Refusal => "SAFETY"u8,
        StopReason.Pause or StopReason.Error or StopReason.Other => "OTHER"u8,
        _ => "STOP"u8,
    });
}
