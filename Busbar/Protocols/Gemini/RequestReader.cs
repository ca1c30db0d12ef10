using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Gemini.Content;
using Busbar.Protocols.Gemini.Schemas;
using Busbar.Protocols.Gemini.Tools;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini;

/// <summary>Reads a generateContent request. Shapes that cannot be understood are refused in the vendor's words, naming the field.</summary>
internal static class RequestReader
{
    /// <summary>Reads <paramref name="body"/>; null on success. Model and streaming are what the path says.</summary>
    public static GatewayError? Read(ReadOnlyMemory<byte> body, JsonText pathModel, bool stream, ChatRequest request)
    {
        request.Source = ProtocolId.Gemini;
        request.Model = pathModel;
        request.Stream = stream;
        if (!request.Tape.TryParse(body) || !request.Tape.Root.IsObject)
        {
            return new(ErrorKind.InvalidRequest, "Invalid JSON payload received. A JSON object was expected.");
        }

        JsonNode root = request.Tape.Root;
        JsonNode contents = root["contents"u8];
        if (contents.IsNull || (contents.IsArray && contents[0].IsMissing))
        {
            return new(ErrorKind.InvalidRequest, "* GenerateContentRequest.contents: contents is not specified", Param: "contents");
        }

        ReadInstructions(Spelling.Get(root, "systemInstruction"u8, "system_instruction"u8), request);
        ReadConfig(Spelling.Get(root, "generationConfig"u8, "generation_config"u8), request);
        ToolFields.Read(root, request);
        request.ServiceTier = Tier(Spelling.Get(root, "serviceTier"u8, "service_tier"u8).Text);
        request.VendorState = !Spelling.Get(root, "cachedContent"u8, "cached_content"u8).Text.IsNullOrEmpty ? "cachedContent"
            : !Spelling.Get(root, "continuationToken"u8, "continuation_token"u8).Text.IsNullOrEmpty ? "continuationToken"
            : null;
        foreach (JsonMember member in root.Members)
        {
            if (!IsModelled(member.Name) && !member.Value.IsNull)
            {
                request.Extra.Add(member);
            }
        }

        return new ContentReader(request).Read(contents);
    }

    private static void ReadInstructions(JsonNode instruction, ChatRequest request)
    {
        if (instruction.IsString)
        {
            AddInstruction(instruction.Text, request);
            return;
        }

        foreach (JsonNode content in new OneOrMany(instruction))
        {
            AddInstruction((content.IsString ? content : content["text"u8]).Text, request);
            foreach (JsonNode part in new OneOrMany(content["parts"u8]))
            {
                AddInstruction((part.IsString ? part : part["text"u8]).Text, request);
            }
        }
    }

    private static void AddInstruction(JsonText text, ChatRequest request)
    {
        if (!text.IsNullOrEmpty)
        {
            request.System.Add(request.Arena.NewText(text));
        }
    }

    private static void ReadConfig(JsonNode config, ChatRequest request)
    {
        request.MaxTokens = Spelling.Get(config, "maxOutputTokens"u8, "max_output_tokens"u8).Integer is { } limit and >= 1 and <= uint.MaxValue
            ? limit : null;
        request.Temperature = Number(config["temperature"u8]);
        request.TopP = Number(Spelling.Get(config, "topP"u8, "top_p"u8));
        request.TopK = Spelling.Get(config, "topK"u8, "top_k"u8).Integer is { } topK and >= 1 and <= uint.MaxValue ? topK : null;
        request.Seed = Number(config["seed"u8]);
        request.FrequencyPenalty = Number(Spelling.Get(config, "frequencyPenalty"u8, "frequency_penalty"u8));
        request.PresencePenalty = Number(Spelling.Get(config, "presencePenalty"u8, "presence_penalty"u8));
        request.CandidateCount = Spelling.Get(config, "candidateCount"u8, "candidate_count"u8).Integer is { } count and >= 1 and <= uint.MaxValue
            ? count : null;
        request.Logprobs = Spelling.Get(config, "responseLogprobs"u8, "response_logprobs"u8).Bool;
        request.TopLogprobs = config["logprobs"u8].Integer is { } alternatives and >= 0 and <= uint.MaxValue ? alternatives : null;
        foreach (JsonNode stop in new OneOrMany(Spelling.Get(config, "stopSequences"u8, "stop_sequences"u8)))
        {
            if (!stop.Text.IsNullOrEmpty)
            {
                request.Stop.Add(stop.Text);
            }
        }

        ReadFormat(config, request);
        ReadThinking(Spelling.Get(config, "thinkingConfig"u8, "thinking_config"u8), ref request.Reasoning);
        foreach (JsonMember member in config.Members)
        {
            if (!IsModelledInConfig(member.Name) && !member.Value.IsNull)
            {
                request.Extra.Add(member);
            }
        }
    }

    private static void ReadFormat(JsonNode config, ChatRequest request)
    {
        JsonNode schema = Spelling.Get(config, "responseJsonSchema"u8, "response_json_schema"u8);
        JsonNode own = Spelling.Get(config, "responseSchema"u8, "response_schema"u8);
        request.ResponseFormat.Json = Spelling.Get(config, "responseMimeType"u8, "response_mime_type"u8).Text.Is("application/json"u8);
        if (request.ResponseFormat.Json)
        {
            request.ResponseFormat.Schema = schema.IsNull ? SchemaLifting.Lift(own, request.Arena) : schema.Raw;
        }
        else
        {
            // Enumerations as plain text, and media types that no other protocol can demand.
            foreach (JsonMember member in config.Members)
            {
                bool isFormat = member.Name.Is("responseMimeType"u8) || member.Name.Is("response_mime_type"u8);
                if (isFormat && !member.Value.IsNull && !member.Value.Text.IsNullOrEmpty && !member.Value.Text.Is("text/plain"u8))
                {
                    request.Extra.Add(member);
                }
            }
        }
    }

    private static void ReadThinking(JsonNode config, ref Reasoning reasoning)
    {
        reasoning.Display = Spelling.Get(config, "includeThoughts"u8, "include_thoughts"u8).Bool;
        reasoning.Effort = Effort(Spelling.Get(config, "thinkingLevel"u8, "thinking_level"u8).Text);
        if (Spelling.Get(config, "thinkingBudget"u8, "thinking_budget"u8).Integer is not { } budget)
        {
            return;
        }

        reasoning.Mode = budget switch
        {
            > 0 => ReasoningMode.Budget,
            0 => ReasoningMode.Off,
            _ => ReasoningMode.Adaptive,
        };
        reasoning.Budget = Math.Max(0, budget);
    }

    private static ReasoningEffort Effort(JsonText level) => level.ToString().ToUpperInvariant() switch
    {
        "MINIMAL" => ReasoningEffort.Minimal,
        "LOW" => ReasoningEffort.Low,
        "MEDIUM" => ReasoningEffort.Medium,
        "HIGH" => ReasoningEffort.High,
        _ => ReasoningEffort.Unspecified,
    };

    private static JsonText Tier(JsonText tier) => tier.IsNullOrEmpty || tier.Is("unspecified"u8) ? default : tier;

    private static JsonSlice Number(JsonNode node) => node.IsNumber ? node.Raw : default;

    private static bool IsModelled(JsonText name) => name.ToString() is "contents" or "model" or "tools"
        or "systemInstruction" or "system_instruction" or "generationConfig" or "generation_config" or "toolConfig" or "tool_config"
        or "serviceTier" or "service_tier" or "cachedContent" or "cached_content" or "continuationToken" or "continuation_token";

    private static bool IsModelledInConfig(JsonText name) => name.ToString() is "temperature" or "seed" or "logprobs"
        or "maxOutputTokens" or "max_output_tokens" or "topP" or "top_p" or "topK" or "top_k" or "stopSequences" or "stop_sequences"
        or "frequencyPenalty" or "frequency_penalty" or "presencePenalty" or "presence_penalty" or "candidateCount" or "candidate_count"
        or "responseLogprobs" or "response_logprobs" or "responseMimeType" or "response_mime_type" or "responseSchema" or "response_schema"
        or "responseJsonSchema" or "response_json_schema" or "thinkingConfig" or "thinking_config";
}
