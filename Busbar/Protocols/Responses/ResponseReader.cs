using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols.Responses.Content;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses;

/// <summary>Reads whole answers.</summary>
internal static class ResponseReader
{
    /// <summary>Reads <paramref name="body"/>; false when it is no response object.</summary>
    public static bool Read(ReadOnlyMemory<byte> body, ChatResponse response)
    {
        response.Source = ProtocolId.Responses;
        if (!response.Tape.TryParse(body))
        {
            return false;
        }

        JsonNode root = response.Tape.Root;
        JsonText status = root["status"u8].Text;
        JsonNode error = root["error"u8];
        bool failed = status.Is("failed"u8) || (status.IsAbsent && OpenAI.ErrorReader.Is(root));
        bool isOver = status.IsAbsent || status.Is("completed"u8) || status.Is("incomplete"u8);
        if (!failed && !root["output"u8].IsArray)
        {
            return false;
        }

        response.Id = root["id"u8].Text;
        response.Model = root["model"u8].Text;
        response.Created = Usage.Count(root["created_at"u8].Integer);
        response.ServiceTier = root["service_tier"u8].Text;
        response.Usage = UsageFields.Read(root["usage"u8]);
        foreach (JsonMember member in root.Members)
        {
            if (!member.Name.Is("id"u8) && !member.Name.Is("model"u8))
            {
                response.Extra.Add(member);
            }
        }

        bool called = false;
        bool refused = false;
        foreach (JsonNode item in root["output"u8].Items)
        {
            JsonText type = item["type"u8].Text;
            if (type.Is("message"u8))
            {
                refused |= ReadMessage(item, response);
            }
            else
            {
                Block block = Items.Read(item, type, response.Arena);
                called |= block.Kind == BlockKind.ToolUse;
                response.Blocks.Add(block);
            }
        }

        response.StopReason = failed
            ? StopReason.Error
            : StopReasons.Read(status.IsAbsent ? "completed"u8 : status.Span, root["incomplete_details"u8], called, refused);

        // A response that is queued, in progress or cancelled has not been answered.
        response.Failure = failed ? ErrorReader.ReadInBand(error.IsNull ? root : error) : isOver ? null
            : new StreamError(FaultClass.ServerError, default);
        return true;
    }

    private static bool ReadMessage(JsonNode item, ChatResponse response)
    {
        bool refused = false;
        JsonText phase = item["phase"u8].Text;
        if (!item["content"u8].Text.IsNullOrEmpty)
        {
            // Compatible hosts answer as requests may speak.
            Block plain = response.Add(BlockKind.Text);
            plain.Text = item["content"u8].Text;
            plain.Phase = phase;
        }

        foreach (JsonNode part in item["content"u8].Items)
        {
            JsonText type = part["type"u8].Text;
            if (type.Is("refusal"u8))
            {
                refused = true;
                response.Add(BlockKind.Refusal).Text = part["refusal"u8].Text;
            }
            else if (type.Is("output_text"u8) || type.Is("text"u8))
            {
                JsonText text = part["text"u8].Text;
                if (text.IsNullOrEmpty)
                {
                    continue;
                }

                Block block = response.Add(BlockKind.Text);
                block.Text = text;
                block.Phase = phase;
                foreach (JsonNode annotation in part["annotations"u8].Items)
                {
                    block.AddCitation(Annotations.Read(annotation));
                }

                JsonNode logprobs = part["logprobs"u8];
                if (!logprobs[0].IsMissing && response.Logprobs.IsAbsent)
                {
                    response.Logprobs = logprobs.Raw;
                }
            }
            else
            {
                Block opaque = response.Add(BlockKind.Opaque);
                opaque.Origin = ProtocolId.Responses;
                opaque.Raw = part.Raw;
            }
        }

        return refused;
    }
}
