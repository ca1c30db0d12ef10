using System.Globalization;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Cohere.Content;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Cohere;

/// <summary>Reads a chat request. Shapes that cannot be understood are refused in the vendor's manner, naming the field.</summary>
internal static class RequestReader
{
    /// <summary>Reads <paramref name="body"/>; null on success. <paramref name="pathModel"/> serves where the body names no model.</summary>
    public static GatewayError? Read(ReadOnlyMemory<byte> body, JsonText pathModel, ChatRequest request)
    {
        request.Source = ProtocolId.Cohere;
        if (!request.Tape.TryParse(body) || !request.Tape.Root.IsObject)
        {
            return new(ErrorKind.InvalidRequest, "invalid request: the request body is not valid JSON.");
        }

        JsonNode root = request.Tape.Root;
        JsonNode model = root["model"u8];
        request.Model = model.Text.IsNullOrEmpty ? pathModel : model.Text;
        if (request.Model.IsNullOrEmpty)
        {
            return model.IsNull || model.IsString ? Refusals.Missing("model") : Refusals.WrongType("model", "string");
        }

        request.Stream = root["stream"u8].IsTrue;
        ReadSettings(root, request);
        if (ReadTools(root, request) is { } wrongTool)
        {
            return wrongTool;
        }

        if (MessageReader.Read(root, request) is { } wrongMessage)
        {
            return wrongMessage;
        }

        Documents.Read(root["documents"u8], Documents.AreCited(root["citation_options"u8]), request);
        foreach (JsonMember member in root.Members)
        {
            // How to cite is a property of documents here.
            bool isHomeless = member.Name.Is("citation_options"u8) && root["documents"u8][0].IsMissing;
            if (isHomeless || !IsModelled(member.Name.Span))
            {
                request.Extra.Add(member);
            }
        }

        return null;
    }

    private static void ReadSettings(JsonNode root, ChatRequest request)
    {
        request.MaxTokens = root["max_tokens"u8].Integer is { } tokens and >= 1 and <= uint.MaxValue ? tokens : null;
        request.Temperature = Number(root["temperature"u8]);
        request.TopP = Number(root["p"u8]);
        request.TopK = root["k"u8].Integer is { } topK and >= 1 and <= uint.MaxValue ? topK : null;
        request.Seed = Number(root["seed"u8]);
        request.FrequencyPenalty = Number(root["frequency_penalty"u8]);
        request.PresencePenalty = Number(root["presence_penalty"u8]);
        request.Logprobs = root["logprobs"u8].Bool;
        foreach (JsonNode word in root["stop_sequences"u8].Items)
        {
            if (!word.Text.IsNullOrEmpty)
            {
                request.Stop.Add(word.Text);
            }
        }

        JsonNode thinking = root["thinking"u8];
        if (thinking["type"u8].Text.Is("disabled"u8))
        {
            request.Reasoning.Mode = ReasoningMode.Off;
        }
        else if (thinking["token_budget"u8].Integer is { } budget and >= 1)
        {
            request.Reasoning.Mode = ReasoningMode.Budget;
            request.Reasoning.Budget = Math.Min(budget, uint.MaxValue);
        }
        else if (thinking["type"u8].Text.Is("enabled"u8))
        {
            request.Reasoning.Mode = ReasoningMode.Adaptive;
        }

        JsonNode format = root["response_format"u8];
        request.ResponseFormat.Json = format["type"u8].Text.Is("json_object"u8);
        if (request.ResponseFormat.Json)
        {
            JsonNode schema = format["json_schema"u8].IsObject ? format["json_schema"u8] : format["schema"u8];
            request.ResponseFormat.Schema = schema.IsObject ? schema.Raw : default;
        }
    }

    private static GatewayError? ReadTools(JsonNode root, ChatRequest request)
    {
        JsonNode tools = root["tools"u8];
        if (!(tools.IsNull || tools.IsArray))
        {
            return Refusals.WrongType("tools", "Tool List");
        }

        int position = 0;
        bool? strict = root["strict_tools"u8].Bool;
        foreach (JsonNode tool in tools.Items)
        {
            JsonNode function = tool["function"u8];
            JsonNode schema = function["parameters"u8];
            if (function["name"u8].Text.IsNullOrEmpty)
            {
                return Refusals.WrongType("tools[" + position.ToString(CultureInfo.InvariantCulture) + "]", "Tool");
            }

            position++;
            request.Tools.Add(new Tool
            {
                Kind = ToolKind.Function,
                Name = function["name"u8].Text,
                Description = function["description"u8].Text,
                Schema = schema.IsObject ? schema.Raw : default,
                Strict = strict,
                Raw = tool.Raw,
                Origin = ProtocolId.Cohere,
            });
        }

        JsonText choice = root["tool_choice"u8].Text;
        request.ToolChoice.Kind = choice.Is("REQUIRED"u8) ? ToolChoiceKind.Required : choice.Is("NONE"u8) ? ToolChoiceKind.None
            : ToolChoiceKind.Unspecified;
        return null;
    }

    private static JsonSlice Number(JsonNode node) => node.IsNumber ? node.Raw : default;

    private static bool IsModelled(ReadOnlySpan<byte> name) => name.Length switch
    {
        1 => name.SequenceEqual("k"u8) || name.SequenceEqual("p"u8),
        4 => name.SequenceEqual("seed"u8),
        5 => name.SequenceEqual("model"u8) || name.SequenceEqual("tools"u8),
        6 => name.SequenceEqual("stream"u8),
        8 => name.SequenceEqual("messages"u8) || name.SequenceEqual("thinking"u8) || name.SequenceEqual("logprobs"u8),
        9 => name.SequenceEqual("documents"u8),
        10 => name.SequenceEqual("max_tokens"u8),
        11 => name.SequenceEqual("temperature"u8) || name.SequenceEqual("tool_choice"u8),
        12 => name.SequenceEqual("strict_tools"u8),
        14 => name.SequenceEqual("stop_sequences"u8),
        15 => name.SequenceEqual("response_format"u8),
        16 => name.SequenceEqual("presence_penalty"u8) || name.SequenceEqual("citation_options"u8),
        17 => name.SequenceEqual("frequency_penalty"u8),
        _ => false,
    };
}
