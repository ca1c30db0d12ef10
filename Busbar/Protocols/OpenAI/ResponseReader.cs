using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols.OpenAI;

/// <summary>Reads a whole answer. Only the first choice enters the representation.</summary>
internal static class ResponseReader
{
    /// <summary>Reads <paramref name="body"/>. False when it is no answer of this protocol.</summary>
    public static bool Read(ReadOnlyMemory<byte> body, ChatResponse response)
    {
        response.Source = ProtocolId.OpenAI;
        if (!response.Tape.TryParse(body) || !response.Tape.Root.IsObject)
        {
            return false;
        }

        JsonNode root = response.Tape.Root;
        JsonNode choice = root["choices"u8][0];
        JsonNode message = choice["message"u8];
        if (!message.IsObject)
        {
            JsonNode error = root["error"u8];
            if (!(error.IsObject || error.IsString))
            {
                return false;
            }

            ProviderError said = ErrorReader.Lift(400, root);
            response.Failure = new(ErrorReader.Classify(said), said);
            return true;
        }

        response.Id = root["id"u8].Text;
        response.Model = root["model"u8].Text;
        response.Created = Usage.Count(root["created"u8].Integer);
        response.ServiceTier = root["service_tier"u8].Text;
        response.Usage = UsageFields.Read(root["usage"u8]);
        response.Logprobs = choice["logprobs"u8]["content"u8] is { IsArray: true } logprobs ? logprobs.Raw : default;
        ReadMessage(message, response);
        bool hasRefusal = false;
        bool hasCalls = false;
        foreach (Block block in response.Blocks)
        {
            hasRefusal |= block.Kind == BlockKind.Refusal;
            hasCalls |= block.Kind == BlockKind.ToolUse;
        }

        response.StopReason = StopReasons.Read(choice["finish_reason"u8].Text, hasRefusal, hasCalls);
        foreach (JsonMember member in root.Members)
        {
            if (!IsModelled(member.Name))
            {
                response.Extra.Add(member);
            }
        }

        return true;
    }

    private static void ReadMessage(JsonNode message, ChatResponse response)
    {
        JsonText reasoning = ReasoningText.Of(message);
        if (!reasoning.IsNullOrEmpty)
        {
            Block thinking = response.Add(BlockKind.Thinking);
            thinking.Text = reasoning;
            thinking.Origin = ProtocolId.OpenAI;
        }

        JsonNode content = message["content"u8];
        if (content.IsArray || !content.Text.IsNullOrEmpty)
        {
            // The only refusal a part can bring is that it is no object, and such a part is dropped here.
            _ = PartReader.Read(content, "choices[0].message", response.Arena, response.Blocks);
        }

        ReadAnnotations(message["annotations"u8], response);
        JsonText refusal = message["refusal"u8].Text;
        if (!refusal.IsNullOrEmpty)
        {
            response.Add(BlockKind.Refusal).Text = refusal;
        }

        foreach (JsonNode call in message["tool_calls"u8].Items)
        {
            if (ToolCalls.Read(call, response.Arena) is { } block)
            {
                response.Blocks.Add(block);
            }
        }

        if (message["function_call"u8] is { IsObject: true } legacy)
        {
            response.Blocks.Add(ToolCalls.ReadFunction(legacy, JsonText.From(Ids.Random("call_", 24)), response.Arena));
        }
    }

    private static void ReadAnnotations(JsonNode annotations, ChatResponse response)
    {
        Block? text = null;
        foreach (Block block in response.Blocks)
        {
            text ??= block.Kind == BlockKind.Text ? block : null;
        }

        if (text is null)
        {
            return;
        }

        foreach (JsonNode annotation in annotations.Items)
        {
            if (Annotations.TryRead(annotation, out Citation citation))
            {
                text.AddCitation(citation);
            }
        }
    }

    private static bool IsModelled(JsonText name) =>
        name.Is("id"u8) || name.Is("object"u8) || name.Is("created"u8) || name.Is("model"u8) || name.Is("choices"u8) || name.Is("usage"u8) || name.Is("service_tier"u8);
}
