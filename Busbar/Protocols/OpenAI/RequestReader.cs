using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.OpenAI.Content;
using Busbar.Protocols.OpenAI.Tools;
using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI;

/// <summary>Reads a Chat Completions request. Shapes that cannot be understood are refused in the vendor's words, naming the field.</summary>
internal static class RequestReader
{
    /// <summary>Reads <paramref name="body"/>; null on success. <paramref name="pathModel"/> serves where the body names no model.</summary>
    public static GatewayError? Read(ReadOnlyMemory<byte> body, JsonText pathModel, ChatRequest request)
    {
        request.Source = ProtocolId.OpenAI;
        if (!request.Tape.TryParse(body) || !request.Tape.Root.IsObject)
        {
            return new(ErrorKind.InvalidRequest,
                "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. "
                + "The API expects a JSON payload, but what was sent was not valid JSON.)");
        }

        JsonNode root = request.Tape.Root;
        if (root["messages"u8].IsNull && !root["input"u8].IsNull)
        {
            // Cursor sends bodies of the Responses API to this path, and reads the answers of this one.
            request.IncludeUsage = root["stream_options"u8]["include_usage"u8].IsTrue;
            return Responses.RequestReader.Read(body, request);
        }

        JsonNode model = root["model"u8];
        request.Model = model.Text.IsNullOrEmpty ? pathModel : model.Text;
        if (request.Model.IsNullOrEmpty)
        {
            return model.IsNull || model.IsString ? new(ErrorKind.InvalidRequest, "you must provide a model parameter", Param: "model")
                : Refusals.WrongType("model", "a string");
        }

        request.Stream = root["stream"u8].IsTrue;
        request.IncludeUsage = root["stream_options"u8]["include_usage"u8].IsTrue;
        ReadSettings(root, request);
        if (ToolFields.Read(root, request) is { } wrongTool)
        {
            return wrongTool;
        }

        foreach (JsonMember member in root.Members)
        {
            if (!IsModelled(member.Name))
            {
                request.Extra.Add(member);
            }
        }

        return MessageReader.Read(root, request);
    }

    private static void ReadSettings(JsonNode root, ChatRequest request)
    {
        JsonNode limit = root["max_tokens"u8];
        if (limit.IsNull)
        {
            limit = root["max_completion_tokens"u8];
            request.MaxTokensIsCompletion = !limit.IsNull;
        }

        request.MaxTokens = limit.Integer is { } tokens and >= 1 and <= uint.MaxValue ? tokens : null;
        request.Temperature = Number(root["temperature"u8]);
        request.TopP = Number(root["top_p"u8]);
        request.TopK = root["top_k"u8].Integer is { } topK and >= 1 and <= uint.MaxValue ? topK : null;
        request.Seed = Number(root["seed"u8]);
        request.FrequencyPenalty = Number(root["frequency_penalty"u8]);
        request.PresencePenalty = Number(root["presence_penalty"u8]);
        request.CandidateCount = root["n"u8].Integer is { } count and >= 1 and <= uint.MaxValue ? count : null;
        request.Logprobs = root["logprobs"u8].Bool;
        request.TopLogprobs = root["top_logprobs"u8].Integer is { } alternatives and >= 0 and <= uint.MaxValue ? alternatives : null;
        JsonText user = root["user"u8].Text;
        request.User = user.IsNullOrEmpty ? root["safety_identifier"u8].Text : user;
        request.Metadata = root["metadata"u8].IsObject ? root["metadata"u8].Raw : default;
        request.ServiceTier = root["service_tier"u8].Text;
        request.Verbosity = root["verbosity"u8].Text;
        request.PromptCacheKey = root["prompt_cache_key"u8].Text;

        JsonNode stop = root["stop"u8];
        AddStop(stop.Text, request);
        foreach (JsonNode word in stop.Items)
        {
            AddStop(word.Text, request);
        }

        JsonNode effort = root["reasoning_effort"u8];
        EffortWords.Read((effort.IsString ? effort : root["reasoning"u8]["effort"u8]).Text, ref request.Reasoning);
        ReadFormat(root["response_format"u8], request);
    }

    private static void ReadFormat(JsonNode format, ChatRequest request)
    {
        JsonText type = format["type"u8].Text;
        JsonNode schema = format["json_schema"u8];
        request.ResponseFormat.Json = type.Is("json_object"u8) || (type.Is("json_schema"u8) && schema.IsObject);
        if (request.ResponseFormat.Json && schema.IsObject)
        {
            request.ResponseFormat.Schema = schema["schema"u8].IsObject ? schema["schema"u8].Raw : default;
            request.ResponseFormat.Name = schema["name"u8].Text;
            request.ResponseFormat.Description = schema["description"u8].Text;
            request.ResponseFormat.Strict = schema["strict"u8].Bool;
        }
    }

    private static void AddStop(JsonText word, ChatRequest request)
    {
        if (!word.IsNullOrEmpty)
        {
            request.Stop.Add(word);
        }
    }

    private static JsonSlice Number(JsonNode node) => node.IsNumber ? node.Raw : default;

    private static bool IsModelled(JsonText name)
    {
        ReadOnlySpan<byte> plain = name.Span;
        return plain.Length switch
        {
            1 => plain.SequenceEqual("n"u8),
            4 => plain.SequenceEqual("stop"u8) || plain.SequenceEqual("seed"u8) || plain.SequenceEqual("user"u8),
            5 => plain.SequenceEqual("model"u8) || plain.SequenceEqual("tools"u8) || plain.SequenceEqual("top_p"u8) || plain.SequenceEqual("top_k"u8)
                || plain.SequenceEqual("input"u8),
            6 => plain.SequenceEqual("stream"u8),
            8 => plain.SequenceEqual("messages"u8) || plain.SequenceEqual("logprobs"u8) || plain.SequenceEqual("metadata"u8),
            9 => plain.SequenceEqual("functions"u8) || plain.SequenceEqual("verbosity"u8),
            10 => plain.SequenceEqual("max_tokens"u8),
            11 => plain.SequenceEqual("temperature"u8) || plain.SequenceEqual("tool_choice"u8),
            12 => plain.SequenceEqual("top_logprobs"u8) || plain.SequenceEqual("service_tier"u8),
            13 => plain.SequenceEqual("function_call"u8),
            14 => plain.SequenceEqual("stream_options"u8),
            15 => plain.SequenceEqual("response_format"u8),
            16 => plain.SequenceEqual("reasoning_effort"u8) || plain.SequenceEqual("presence_penalty"u8) || plain.SequenceEqual("prompt_cache_key"u8),
            17 => plain.SequenceEqual("frequency_penalty"u8) || plain.SequenceEqual("safety_identifier"u8),
            18 => plain.SequenceEqual("web_search_options"u8),
            19 => plain.SequenceEqual("parallel_tool_calls"u8),
            21 => plain.SequenceEqual("max_completion_tokens"u8),
            _ => false,
        };
    }
}
