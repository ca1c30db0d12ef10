using Busbar.Ir;
using Busbar.Protocols.OpenAI.Content;
using Busbar.Protocols.OpenAI.Tools;
using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI;

/// <summary>Reads a whole answer, with all its choices.</summary>
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
        JsonNode choice = First(root["choices"u8]);
        JsonNode message = choice["message"u8];
        if (ErrorReader.Is(root) || ErrorReader.HasError(choice))
        {
            ProviderError said = ErrorReader.Lift(400, ErrorReader.HasError(choice) ? choice : root);
            response.Failure = new(ErrorReader.Classify(said), said);
            return true;
        }

        if (message.IsObject)
        {
            ReadMessage(message, response);
            ReadSources(root["citations"u8], response);
        }

        response.StopReason = StopReasons.Read(choice["finish_reason"u8].Text, response.Has(BlockKind.Refusal), response.Has(BlockKind.ToolUse));
        if (!message.IsObject && response.StopReason is not (StopReason.Safety or StopReason.Refusal or StopReason.MaxTokens or StopReason.Error))
        {
            // Azure leaves the message out of a choice that its filter took; without such a reason it is no answer.
            return false;
        }

        response.Id = root["id"u8].Text;
        response.Model = root["model"u8].Text;
        response.Created = Usage.Count(root["created"u8].Integer);
        response.ServiceTier = root["service_tier"u8].Text;
        response.Usage = UsageFields.Find(root, choice);
        ReadOthers(root["choices"u8], choice, response);
        response.Logprobs = choice["logprobs"u8]["content"u8] is { IsArray: true } logprobs ? logprobs.Raw : default;
        foreach (JsonMember member in root.Members)
        {
            if (!IsModelled(member.Name))
            {
                response.Extra.Add(member);
            }
        }

        return true;
    }

    /// <summary>The choice that counts: the one numbered 0, or the first where hosts number otherwise; missing when there is none.</summary>
    public static JsonNode First(JsonNode choices)
    {
        foreach (JsonNode choice in choices.Items)
        {
            if (choice["index"u8].Integer is 0)
            {
                return choice;
            }
        }

        return choices[0];
    }

    private static void ReadOthers(JsonNode choices, JsonNode first, ChatResponse response)
    {
        int count = 1;
        ChatResponse last = response;
        foreach (JsonNode choice in choices.Items)
        {
            if (choice.Raw.Span.Overlaps(first.Raw.Span) || !choice["message"u8].IsObject)
            {
                continue;
            }

            if (++count > ChatResponse.MaxCandidates)
            {
                response.HasOtherCandidates = true;
                return;
            }

            ChatResponse next = last.AddNext();
            ReadMessage(choice["message"u8], next);
            next.StopReason = StopReasons.Read(choice["finish_reason"u8].Text, next.Has(BlockKind.Refusal), next.Has(BlockKind.ToolUse));
            next.Logprobs = choice["logprobs"u8]["content"u8] is { IsArray: true } logprobs ? logprobs.Raw : default;
            last = next;
        }
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
            _ = PartReader.Read(content, default, response.Arena, response.Blocks);
        }

        ReadAnnotations(message["annotations"u8], response);
        JsonText refusal = message["refusal"u8].Text;
        if (!refusal.IsNullOrEmpty)
        {
            response.Add(BlockKind.Refusal).Text = refusal;
        }

        ReadAudio(message["audio"u8], response);
        _ = PartReader.Read(message["images"u8], default, response.Arena, response.Blocks);
        foreach (JsonNode call in message["tool_calls"u8].Items)
        {
            if (ToolCalls.Read(call, response.Arena) is { } block)
            {
                response.Blocks.Add(block);
            }
        }

        // Hosts that write out whole structs fill it in beside the real calls, with nothing.
        if (message["function_call"u8] is { IsObject: true } legacy && !legacy["name"u8].Text.IsNullOrEmpty)
        {
            response.Blocks.Add(ToolCalls.ReadFunction(legacy, JsonText.From(Ids.Random("call_", 24)), response.Arena));
        }
    }

    // What was said aloud is there in words too.
    private static void ReadAudio(JsonNode audio, ChatResponse response)
    {
        JsonText words = audio["transcript"u8].Text;
        if (!words.IsNullOrEmpty)
        {
            response.Add(BlockKind.Text).Text = words;
        }

        JsonText data = audio["data"u8].Text;
        if (!data.IsNullOrEmpty)
        {
            Block sound = response.Add(BlockKind.Audio);
            sound.Source = MediaSource.Base64;
            sound.Data = data;
        }
    }

    // Perplexity and xAI list the addresses they searched beside the choices.
    private static void ReadSources(JsonNode sources, ChatResponse response)
    {
        Block? text = response.Blocks.Find(static block => block.Kind == BlockKind.Text);
        foreach (JsonNode source in sources.Items)
        {
            if (Annotations.TryReadAddress(source, out Citation citation))
            {
                text?.AddCitation(citation);
            }
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
        name.Is("id"u8) || name.Is("object"u8) || name.Is("created"u8) || name.Is("model"u8) || name.Is("choices"u8) || name.Is("usage"u8)
            || name.Is("service_tier"u8);
}
