using Busbar.Ir;
using Busbar.Protocols.Gemini.Content;
using Busbar.Protocols.Gemini.Tools;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini;

/// <summary>Reads a whole answer, with all its candidates; a prompt that was blocked is an empty answer.</summary>
internal static class ResponseReader
{
    /// <summary>Reads <paramref name="body"/>. False when it is no answer of this protocol.</summary>
    public static bool Read(ReadOnlyMemory<byte> body, ChatResponse response)
    {
        response.Source = ProtocolId.Gemini;
        if (!response.Tape.TryParse(body))
        {
            return false;
        }

        // What was asked for as a stream is an array; so are errors of the streaming method.
        JsonNode root = response.Tape.Root.IsArray && response.Tape.Root[1].IsMissing ? response.Tape.Root[0] : response.Tape.Root;
        if (!root.IsObject)
        {
            return false;
        }

        JsonNode candidate = First(root);
        JsonNode feedback = Feedback(root);
        response.StopCategory = StopReasons.BlockReason(feedback);
        if (!candidate.IsObject && response.StopCategory.IsAbsent)
        {
            if (!ErrorReader.Is(root))
            {
                return false;
            }

            ProviderError said = ErrorReader.Lift(0, root);
            response.Failure = new(ErrorReader.Classify(said), said);
            return true;
        }

        response.Id = Id(root);
        response.Model = Model(root);
        response.Created = Created(root);
        response.Usage = UsageFields.Read(UsageOf(root));
        response.ServiceTier = UsageFields.Tier(UsageOf(root));
        ReadCandidate(candidate, response);
        ReadOthers(root, response);
        if (response is { StopReason: StopReason.None, Blocks.Count: 0 })
        {
            return false;
        }

        if (!candidate.IsObject)
        {
            response.StopExplanation = Spelling.Get(feedback, "blockReasonMessage"u8, "block_reason_message"u8).Text;
        }

        return true;
    }

    /// <summary>Whether there is a candidate beside <see cref="First"/>.</summary>
    public static bool HasOthers(JsonNode root)
    {
        foreach (JsonNode candidate in root["candidates"u8].Items)
        {
            if (candidate["index"u8].Integer is > 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The candidate that counts; missing when there is none.</summary>
    public static JsonNode First(JsonNode root)
    {
        foreach (JsonNode candidate in root["candidates"u8].Items)
        {
            if (candidate.IsObject && (candidate["index"u8].Integer ?? 0) == 0)
            {
                return candidate;
            }
        }

        return default;
    }

    /// <summary>The answer's id.</summary>
    public static JsonText Id(JsonNode root) => Spelling.Get(root, "responseId"u8, "response_id"u8).Text;

    /// <summary>The model that answered.</summary>
    public static JsonText Model(JsonNode root) => Spelling.Get(root, "modelVersion"u8, "model_version"u8).Text;

    /// <summary>Unix seconds of the answer; 0 when unsaid.</summary>
    public static long Created(JsonNode root)
    {
        JsonText time = Spelling.Get(root, "createTime"u8, "create_time"u8).Text;
        return !time.IsNullOrEmpty
            && DateTimeOffset.TryParse(time.ToString(), System.Globalization.CultureInfo.InvariantCulture,
                System.Globalization.DateTimeStyles.AssumeUniversal, out DateTimeOffset made)
            ? Math.Max(0, made.ToUnixTimeSeconds())
            : 0;
    }

    /// <summary>The token counts.</summary>
    public static JsonNode UsageOf(JsonNode root) => Spelling.Get(root, "usageMetadata"u8, "usage_metadata"u8);

    /// <summary>What is said about a blocked prompt.</summary>
    public static JsonNode Feedback(JsonNode root) => Spelling.Get(root, "promptFeedback"u8, "prompt_feedback"u8);

    /// <summary>The finish reason: a word, or a number.</summary>
    public static JsonNode Finish(JsonNode candidate) => Spelling.Get(candidate, "finishReason"u8, "finish_reason"u8);

    private static void ReadCandidate(JsonNode candidate, ChatResponse response)
    {
        bool hasCalls = ReadParts(candidate, response);
        response.Logprobs = Logprobs.Read(Spelling.Get(candidate, "logprobsResult"u8, "logprobs_result"u8), response.Arena);
        response.StopReason = candidate.IsObject ? StopReasons.Read(Finish(candidate), hasCalls) : StopReason.Safety;
        response.StopExplanation = candidate.IsObject ? StopReasons.Explanation(candidate, response.StopReason) : default;
    }

    private static void ReadOthers(JsonNode root, ChatResponse response)
    {
        int count = 1;
        ChatResponse last = response;
        foreach (JsonNode candidate in root["candidates"u8].Items)
        {
            if (candidate["index"u8].Integer is not > 0)
            {
                continue;
            }

            if (++count > ChatResponse.MaxCandidates)
            {
                response.HasOtherCandidates = true;
                return;
            }

            last = last.AddNext();

            // Calls without ids get theirs from the answer's id and their place.
            last.Id = JsonText.From($"{response.Id}-{count}");
            ReadCandidate(candidate, last);
        }
    }

    private static bool ReadParts(JsonNode candidate, ChatResponse response)
    {
        bool hasGrounding = Grounding.Has(candidate);
        var places = hasGrounding ? new List<Block?>() : null;
        int calls = 0;
        foreach (JsonNode part in new OneOrMany(candidate["content"u8]["parts"u8]))
        {
            Block? block = PartReader.Read(part, response.Arena);
            if (block is { Kind: BlockKind.Text or BlockKind.Thinking, Text.IsNullOrEmpty: true })
            {
                block = Attach(block, response);
            }

            if (block is not null)
            {
                if (block.Kind == BlockKind.ToolUse)
                {
                    calls++;
                    block.Id = block.Id.IsNullOrEmpty ? CallIds.Of(Salt(response), calls, block.Name, response.Arena) : block.Id;
                }

                response.Blocks.Add(block);
            }

            places?.Add(block);
        }

        if (places is not null)
        {
            Grounding.Read(candidate, ref places, Cite);
        }

        return calls > 0;
    }

    // A signature that closes an answer comes on an empty part: it belongs to the words before it.
    private static Block? Attach(Block empty, ChatResponse response)
    {
        if (empty.Signature.IsAbsent)
        {
            return null;
        }

        if (response.Blocks is [.., { Signature.IsAbsent: true } last] && last.Kind == empty.Kind)
        {
            last.Signature = empty.Signature;
            return null;
        }

        return empty.Kind == BlockKind.Thinking ? empty : null;
    }

    private static JsonText Salt(ChatResponse response)
    {
        if (response.Id.IsNullOrEmpty)
        {
            response.Id = JsonText.From(Ids.Random("", 16));
        }

        return response.Id;
    }

    private static void Cite(ref List<Block?> places, in Citation source, int part, long start, long end)
    {
        Citation citation = source;
        Block? text = part >= 0 && part < places.Count && places[part] is { Kind: BlockKind.Text } named ? named : null;
        long offset = 0;
        foreach (Block? block in text is null ? places : [])
        {
            if (block is not { Kind: BlockKind.Text })
            {
                continue;
            }

            // Without a part the range runs over all texts; without a range the last one is meant.
            text = block;
            long length = TextOffsets.Length(block.Text, TextUnit.Utf8);
            if (start >= 0 && start < offset + length)
            {
                break;
            }

            offset += length;
        }

        if (text is null)
        {
            return;
        }

        if (start >= offset)
        {
            citation.TextStart = TextOffsets.Convert(text.Text, start - offset, TextUnit.Utf8, TextUnit.Scalar);
            citation.TextEnd = TextOffsets.Convert(text.Text, end - offset, TextUnit.Utf8, TextUnit.Scalar);
        }

        text.AddCitation(citation);
    }
}
