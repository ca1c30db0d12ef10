using Busbar.Ir;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses;

/// <summary>The end of an answer: <c>status</c> and <c>incomplete_details.reason</c>.</summary>
internal static class StopReasons
{
    /// <summary>
    /// What <paramref name="status"/> means for an answer that called tools or refused. A status other than <c>completed</c> is never overridden.
    /// </summary>
    public static StopReason Read(ReadOnlySpan<byte> status, JsonNode incompleteDetails, bool called, bool refused)
    {
        if (status.SequenceEqual("completed"u8))
        {
            return called ? StopReason.ToolUse : refused ? StopReason.Refusal : StopReason.EndTurn;
        }

        if (!status.SequenceEqual("incomplete"u8))
        {
            return StopReason.None;
        }

        // Unfinished without a reason: the limit is by far the most common one.
        StopReason reason = StopWords.Read(incompleteDetails["reason"u8].Text);
        return reason is StopReason.None or StopReason.EndTurn or StopReason.ToolUse ? StopReason.MaxTokens : reason;
    }

    /// <summary>
    /// The reason as this protocol can show it: it marks a refusal by its words alone, so that one without any reads as filtered content.
    /// </summary>
    public static StopReason Shown(StopReason reason, bool hasWords) => reason == StopReason.Refusal && !hasWords ? StopReason.Safety : reason;

    /// <summary>The status for <paramref name="reason"/>.</summary>
    public static ReadOnlySpan<byte> Status(StopReason reason) => reason switch
    {
        StopReason.MaxTokens or StopReason.Safety => "incomplete"u8,
        StopReason.Error => "failed"u8,
        _ => "completed"u8,
    };

    /// <summary>The terminal stream event for <paramref name="reason"/>.</summary>
    public static ReadOnlySpan<byte> Event(StopReason reason) => reason switch
    {
        StopReason.MaxTokens or StopReason.Safety => "response.incomplete"u8,
        StopReason.Error => "response.failed"u8,
        _ => "response.completed"u8,
    };

    /// <summary>The reason that goes with an incomplete status.</summary>
    public static ReadOnlySpan<byte> IncompleteReason(StopReason reason) => reason == StopReason.Safety ? "content_filter"u8 : "max_output_tokens"u8;
}
