using Busbar.Ir;
using Busbar.Protocols.Anthropic.Content;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic;

/// <summary>Reads a whole <c>message</c> answer.</summary>
internal static class ResponseReader
{
    /// <summary>
    /// Reads <paramref name="body"/>. False when it is no message; an error in a 2xx body becomes <see cref="ChatResponse.Failure"/>.
    /// </summary>
    public static bool Read(ReadOnlyMemory<byte> body, ChatResponse response)
    {
        if (!response.Tape.TryParse(body))
        {
            return false;
        }

        JsonNode root = response.Tape.Root;
        response.Source = ProtocolId.Anthropic;
        if (ErrorReader.Is(root))
        {
            response.Failure = ErrorReader.ReadStreamError(root);
            return true;
        }

        var fields = new MemberReader(root);
        JsonNode content = fields.Take("content"u8);
        JsonText stop = root["stop_reason"u8].Text;

        // Only what ended before its first word has none: a natural end without content is no answer.
        bool isExplained = StopReasons.Read(stop) is not (StopReason.None or StopReason.EndTurn or StopReason.ToolUse or StopReason.Other);
        if (!content.IsArray && (!content.IsNull || !isExplained || !root["role"u8].Text.Is("assistant"u8)))
        {
            return false;
        }

        fields.Take("type"u8);
        fields.Take("role"u8);
        response.Id = Named(fields.Take("id"u8));
        response.Model = Named(fields.Take("model"u8));
        foreach (JsonNode item in content.Items)
        {
            response.Blocks.Add(BlockReader.Read(item, response.Arena, out _));
        }

        ReadStop(ref fields, response);
        JsonNode usage = fields.Take("usage"u8);
        response.Usage = UsageFields.Read(usage);
        response.ServiceTier = usage["service_tier"u8].Text;
        if (usage.IsObject)
        {
            // Counts of hosted tools, iterations and costs have no other home.
            fields.Return("usage"u8);
        }

        ForgetNull(ref fields, "container"u8);
        ForgetNull(ref fields, "diagnostics"u8);
        fields.CopyOthers(response.Extra);
        return true;
    }

    private static void ReadStop(ref MemberReader fields, ChatResponse response)
    {
        JsonText word = fields.Take("stop_reason"u8).Text;
        response.StopReason = StopReasons.Read(word);
        if (!word.IsAbsent && !word.Is(StopReasons.Word(response.StopReason)))
        {
            fields.Return("stop_reason"u8);
        }

        response.StopSequence = fields.Take("stop_sequence"u8).Text;
        JsonNode details = fields.Take("stop_details"u8);
        response.StopCategory = details["category"u8].Text;
        response.StopExplanation = details["explanation"u8].Text;
        if (details.IsObject)
        {
            fields.Return("stop_details"u8);
        }
    }

    private static void ForgetNull(ref MemberReader fields, ReadOnlySpan<byte> name)
    {
        if (!fields.Take(name).IsNull)
        {
            fields.Return(name);
        }
    }

    // An empty name is how this protocol writes "unknown".
    private static JsonText Named(JsonNode node) => node.Text.IsNullOrEmpty ? default : node.Text;
}
