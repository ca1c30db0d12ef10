using Busbar.Ir;
using Busbar.Protocols.Cohere.Content;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Cohere;

/// <summary>Reads a whole answer.</summary>
internal static class ResponseReader
{
    /// <summary>Reads <paramref name="body"/>. False when it is no answer of this protocol.</summary>
    public static bool Read(ReadOnlyMemory<byte> body, ChatResponse response)
    {
        response.Source = ProtocolId.Cohere;
        if (!response.Tape.TryParse(body) || !response.Tape.Root.IsObject)
        {
            return false;
        }

        JsonNode root = response.Tape.Root;
        JsonNode message = root["message"u8];
        JsonText reason = root["finish_reason"u8].Text;
        response.StopReason = StopReasons.Read(reason);

        // Where the answer should be, an error body has its words.
        JsonNode failure = message.IsString ? message : root["error"u8];
        if (!failure.Text.IsNullOrEmpty && (message.IsString || response.StopReason == StopReason.Error))
        {
            response.Failure = ErrorReader.ReadInside(failure, root["error_type"u8], response.StopReason, reason.Is("TIMEOUT"u8));
            return true;
        }

        if (!message.IsObject && response.StopReason is not (StopReason.Safety or StopReason.Refusal or StopReason.MaxTokens or StopReason.Error))
        {
            if (!OpenAI.ErrorReader.Is(root))
            {
                return false;
            }

            response.Failure = ErrorReader.ReadInside(root, root["error_type"u8], response.StopReason, isTimeout: false);
            return true;
        }

        response.Id = root["id"u8].Text;
        response.Usage = UsageFields.Read(root["usage"u8]);

        // A part or call that is none is dropped with what follows it: the answer before it still stands.
        _ = MessageReader.ReadAssistant(message, "message", response.Arena, response.Blocks);
        response.Blocks.RemoveAll(static block => block.Kind == BlockKind.Text && block.Text.IsNullOrEmpty);
        foreach (JsonMember member in root.Members)
        {
            if (!(member.Name.Is("id"u8) || member.Name.Is("message"u8) || member.Name.Is("finish_reason"u8) || member.Name.Is("usage"u8)))
            {
                response.Extra.Add(member);
            }
        }

        return true;
    }
}
