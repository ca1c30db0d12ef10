using Busbar.Ir;
using Busbar.Ir.Request;

namespace Busbar.Tests.Matrix.Harness;

/// <summary>How an answer must look to a client of another protocol.</summary>
internal static class ClientView
{
    /// <summary>What is wrong with <paramref name="seen"/>, the client's reading, given <paramref name="told"/>, what the provider said.</summary>
    public static IEnumerable<string> Faults(ProtocolId client, AnswerDigest told, AnswerDigest seen, Losses losses)
    {
        // The words that explain a refusal stand in the answer where it has no other place for them.
        if (told.Text != seen.Text && !(told.Text.Length == 0 && told.Explanation.Length > 0 && seen.Text == told.Explanation))
        {
            yield return $"text '{Cut(told.Text)}' became '{Cut(seen.Text)}'";
        }

        // An answer that failed is a failed answer there.
        if (seen.IsError && Stops(client, told).Contains(StopReason.Error))
        {
            yield break;
        }

        if (told.Thinking != seen.Thinking && !losses.Contains(LossField.Thinking))
        {
            yield return $"thinking '{Cut(told.Thinking)}' became '{Cut(seen.Thinking)}'";
        }

        // Arguments that were cut off are no JSON, and stand inside an object where only JSON may stand.
        if (!told.Calls.SequenceEqual(seen.Calls) && !losses.Contains(LossField.ToolInput))
        {
            yield return $"calls '{Cut(string.Join(';', told.Calls))}' became '{Cut(string.Join(';', seen.Calls))}'";
        }

        if (!Stops(client, told).Contains(seen.Stop))
        {
            yield return $"stop {told.Stop} became {seen.Stop}";
        }

        // Converse and Chat of Cohere do not name it; what these say nothing of is the model that was called.
        if (client is not (ProtocolId.Bedrock or ProtocolId.Cohere) && (told.Model.Length > 0 ? seen.Model != told.Model : seen.Model.Length == 0))
        {
            yield return $"model '{told.Model}' became '{seen.Model}'";
        }

        if (told.Tokens != seen.Tokens)
        {
            yield return $"tokens {told.Tokens} became {seen.Tokens}";
        }

        // Converse and Chat of Cohere do not tell thinking apart.
        bool hasReasoning = client is not (ProtocolId.Bedrock or ProtocolId.Cohere);
        if (told.Parts.Cached != seen.Parts.Cached || (hasReasoning && told.Parts.Reasoning != seen.Parts.Reasoning))
        {
            yield return $"parts of the tokens {told.Parts} became {seen.Parts}";
        }

        if (!told.Cited.IsSubsetOf(seen.Cited) && !losses.Contains(LossField.Citations))
        {
            yield return $"cited {string.Join(' ', told.Cited.Except(seen.Cited))} is not there";
        }
    }

    // The stop table of every protocol, read back: what has no word of its own reads as the word that stands for it.
    private static StopReason[] Stops(ProtocolId client, AnswerDigest told) => told.Stop switch
    {
        StopReason.None => [StopReason.None, StopReason.EndTurn, StopReason.ToolUse],
        StopReason.StopSequence when client is ProtocolId.OpenAI or ProtocolId.Responses or ProtocolId.Gemini => [StopReason.EndTurn],
        StopReason.ToolUse when told.Calls.Count == 0 => [StopReason.ToolUse, StopReason.EndTurn],
        StopReason.Safety => client switch
        {
            ProtocolId.Anthropic => [StopReason.Refusal],
            ProtocolId.Cohere => [StopReason.Error],
            _ => [StopReason.Safety],
        },
        StopReason.Refusal => client switch
        {
            ProtocolId.Anthropic => [StopReason.Refusal],
            ProtocolId.OpenAI => [StopReason.Safety, StopReason.Refusal],
            ProtocolId.Responses => [StopReason.Refusal, StopReason.Safety],
            ProtocolId.Gemini or ProtocolId.Bedrock => [StopReason.Safety],
            _ => [StopReason.EndTurn],
        },
        StopReason.Pause when client == ProtocolId.Anthropic => [StopReason.Pause],
        StopReason.Error when client is ProtocolId.Cohere or ProtocolId.Responses => [StopReason.Error],
        StopReason.Error when client == ProtocolId.OpenAI && told.Calls.Count > 0 => [StopReason.ToolUse],
        StopReason.Pause or StopReason.Error or StopReason.Other => client == ProtocolId.Gemini ? [StopReason.Other] : [StopReason.EndTurn],
        _ => [told.Stop],
    };

    private static string Cut(string text) => text.Length <= 120 ? text : text[..120];
}
