using Busbar.Ir;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini;

/// <summary>The words of <c>finishReason</c>.</summary>
internal static class StopReasons
{
    /// <summary>
    /// Reads a word, or the enum number that proxies over gRPC leave in its place. A call turns only a plain stop into a tool stop.
    /// </summary>
    public static StopReason Read(JsonNode finish, bool hasCalls)
    {
        if (finish.IsNumber)
        {
            return finish.Integer switch
            {
                0 => StopReason.None,
                1 => hasCalls ? StopReason.ToolUse : StopReason.EndTurn,
                2 => StopReason.MaxTokens,
                3 or 4 or 6 or 7 or 8 => StopReason.Safety,
                9 => StopReason.Error,
                _ => StopReason.Other,
            };
        }

        StopReason reason = StopWords.Read(finish.Text);
        return reason == StopReason.EndTurn && hasCalls ? StopReason.ToolUse : reason;
    }

    /// <summary>The words with which the provider explains a stop that is not an ordinary one; absent otherwise.</summary>
    public static JsonText Explanation(JsonNode candidate, StopReason reason) =>
        reason is StopReason.Safety or StopReason.Error or StopReason.Other ? Spelling.Get(candidate, "finishMessage"u8, "finish_message"u8).Text
            : default;

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
