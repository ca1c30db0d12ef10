using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Response;

/// <summary>How an answer ended in truth, which is not always what its stop word says.</summary>
internal static class AnswerEnd
{
    /// <summary>
    /// The reason to show. A natural end with calls is a tool stop, and a tool stop without any is a natural end. A call that was cut is never part
    /// of a finished answer: what cut it is the limit, unless the provider names a graver reason.
    /// </summary>
    /// <param name="said">What the provider said.</param>
    /// <param name="hasCalls">Whether the client gets to see a call.</param>
    /// <param name="isCut">Whether the arguments of a call break off.</param>
    public static StopReason Of(StopReason said, bool hasCalls, bool isCut) => said switch
    {
        StopReason.Safety or StopReason.Refusal or StopReason.Error or StopReason.Pause or StopReason.MaxTokens => said,
        _ when isCut => StopReason.MaxTokens,
        StopReason.None or StopReason.EndTurn or StopReason.Other when hasCalls => StopReason.ToolUse,
        StopReason.None => StopReason.EndTurn,
        StopReason.ToolUse when !hasCalls => StopReason.EndTurn,
        _ => said,
    };

    /// <summary>
    /// What makes an answer no answer: the model or the provider broke. Null for an answer.
    /// </summary>
    public static StreamError? Failure(StopReason said, JsonText explanation) =>
        said == StopReason.Error
            ? new StreamError(FaultClass.ServerError, new ProviderError(null, null, explanation.IsNullOrEmpty ? null : explanation.ToString()))
            : null;

    /// <summary>Whether the arguments of <paramref name="call"/>, which is whole, are not whole.</summary>
    public static bool IsCut(Block call) => call is { Kind: BlockKind.ToolUse, IsCustomTool: false, Input.IsAbsent: true,
        InputText.IsNullOrEmpty: false };
}
