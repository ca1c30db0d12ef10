using Busbar.Ir;
using Busbar.Protocols.Bedrock.Content;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock;

/// <summary>Reads a whole Converse answer.</summary>
internal static class ResponseReader
{
    /// <summary>Reads <paramref name="body"/>. False when it is no answer.</summary>
    public static bool Read(ReadOnlyMemory<byte> body, ChatResponse response)
    {
        if (!response.Tape.TryParse(body))
        {
            return false;
        }

        response.Source = ProtocolId.Bedrock;
        var fields = new MemberReader(response.Tape.Root);
        JsonNode content = fields.Take("output"u8)["message"u8]["content"u8];
        JsonText word = fields.Take("stopReason"u8).Text;
        response.StopReason = StopReasons.Read(word);
        if (!content.IsArray && response.StopReason is not (StopReason.Safety or StopReason.Refusal or StopReason.MaxTokens or StopReason.Error))
        {
            // A guardrail may leave nothing of the message; without such a reason it is no answer, but may say why.
            response.Failure = ErrorReader.ReadInBand(response.Tape.Root);
            return response.Failure is not null;
        }

        foreach (JsonNode item in content.Items)
        {
            response.Blocks.Add(BlockReader.Read(item, response.Arena, out _));
        }

        if (!word.IsAbsent && !word.Is(StopReasons.Word(response.StopReason, hasTool: false, hasRefusal: false)))
        {
            fields.Return("stopReason"u8);
        }

        // Counts of hosted tools, and the second spelling of the cache counts, have no other home.
        response.Usage = UsageFields.Read(fields.Take("usage"u8));
        fields.Return("usage"u8);
        response.StopSequence = StopSequence(response.Tape.Root["additionalModelResponseFields"u8]);
        response.StopExplanation = response.Tape.Root["trace"u8]["guardrail"u8]["actionReason"u8].Text;
        response.ServiceTier = response.Tape.Root["serviceTier"u8]["type"u8].Text;
        fields.CopyOthers(response.Extra);
        return true;
    }

    /// <summary>The stop string in the fields that a client asked for by path; they mirror the model's own answer.</summary>
    public static JsonText StopSequence(JsonNode additional)
    {
        JsonText plain = additional["stop_sequence"u8].Text;
        return plain.IsAbsent ? additional["delta"u8]["stop_sequence"u8].Text : plain;
    }
}
