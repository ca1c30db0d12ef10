using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Responses.Content;
using Busbar.Protocols.Responses.Tools;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses;

/// <summary>
/// Reads request bodies. A member that the representation models only in part (<c>reasoning</c>, <c>text</c>, <c>tool_choice</c>,
/// <c>include</c>) is also kept in <see cref="ChatRequest.Extra"/>, where a write to the same protocol finds it whole.
/// </summary>
internal static class RequestReader
{
    /// <summary>Reads <paramref name="body"/>; null on success, otherwise what to tell the client.</summary>
    public static GatewayError? Read(ReadOnlyMemory<byte> body, ChatRequest request)
    {
        request.Source = ProtocolId.Responses;
        if (!request.Tape.TryParse(body))
        {
            return new GatewayError(ErrorKind.InvalidRequest, "We could not parse the JSON body of your request. The API expects a JSON payload.");
        }

        JsonNode root = request.Tape.Root;
        if (!root.IsObject)
        {
            return new GatewayError(ErrorKind.InvalidRequest, "Invalid type for the request body: expected an object.");
        }

        bool fromTemplate = !root["prompt"u8].IsNull;
        request.Model = root["model"u8].Text;
        if (request.Model.IsNullOrEmpty && !fromTemplate)
        {
            return new GatewayError(ErrorKind.InvalidRequest, "Missing required parameter: 'model'.", Param: "model",
                Code: "missing_required_parameter");
        }

        JsonNode input = root["input"u8];
        if (input.IsNull && root["instructions"u8].IsNull && !fromTemplate)
        {
            return new GatewayError(ErrorKind.InvalidRequest, "Missing required parameter: 'input'.", Param: "input",
                Code: "missing_required_parameter");
        }

        if (ToolReader.Read(root["tools"u8], "tools", isLoaded: false, request) is { } wrongTool)
        {
            return wrongTool;
        }

        foreach (JsonMember member in root.Members)
        {
            if (!TryTake(member.Name, member.Value, request))
            {
                request.Extra.Add(member);
            }
        }

        if (!input.IsNull && InputReader.Read(input, request) is { } wrongItem)
        {
            return wrongItem;
        }

        Namespaces.Separate(request);
        request.ToolChoice = ToolChoices.Read(root["tool_choice"u8], request);
        return null;
    }

    /// <summary>
    /// Whether the typed fields say all that a member says which is kept whole for a write to the same protocol, or it says nothing beyond the
    /// default.
    /// </summary>
    public static bool IsRead(in JsonMember member)
    {
        (JsonText name, JsonNode value) = (member.Name, member.Value);
        return name switch
        {
            _ when name.Is("stream"u8) => true,
            _ when name.Is("store"u8) || name.Is("background"u8) => !value.IsTrue,
            _ when name.Is("truncation"u8) => value.Text.Is("disabled"u8),
            _ when name.Is("user"u8) || name.Is("safety_identifier"u8) => value.IsString,
            _ when name.Is("reasoning"u8) => HasOnly(value, "effort"u8, "summary"u8, "generate_summary"u8),
            _ when name.Is("text"u8) => HasOnly(value, "format"u8, "verbosity"u8, default),
            _ when name.Is("include"u8) => IncludesOnlyWhatIsRead(value),
            _ when name.Is("tools"u8) => value[0].IsMissing,
            _ => false,
        };
    }

    private static bool HasOnly(JsonNode value, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        foreach (JsonMember member in value.Members)
        {
            if (!member.Value.IsNull && !member.Name.Is(first) && !member.Name.Is(second) && !member.Name.Is(third))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IncludesOnlyWhatIsRead(JsonNode include)
    {
        foreach (JsonNode wanted in include.Items)
        {
            if (!wanted.Text.Is("reasoning.encrypted_content"u8) && !wanted.Text.Is("message.output_text.logprobs"u8))
            {
                return false;
            }
        }

        return true;
    }

    // True when the typed fields say all that the member says.
    private static bool TryTake(JsonText name, JsonNode value, ChatRequest request)
    {
        switch (name)
        {
            case var _ when name.Is("model"u8):
                return !value.IsNull;
            case var _ when name.Is("input"u8):
                return value.IsString || !value[0].IsMissing;
            case var _ when name.Is("instructions"u8):
                return ReadInstructions(value, request);
            case var _ when name.Is("stream"u8):
                request.Stream = value.IsTrue;
                return value.IsTrue;
            case var _ when name.Is("tools"u8):
                return !value[0].IsMissing;
            case var _ when name.Is("max_output_tokens"u8):
                request.MaxTokens = value.Integer is >= 1 and <= uint.MaxValue ? value.Integer : null;
                return request.MaxTokens is not null;
            case var _ when name.Is("temperature"u8):
                return TakeNumber(value, ref request.Temperature);
            case var _ when name.Is("top_p"u8):
                return TakeNumber(value, ref request.TopP);
            case var _ when name.Is("top_logprobs"u8):
                request.TopLogprobs = value.Integer;
                request.Logprobs = value.Integer > 0 ? true : request.Logprobs;
                return value.Integer is not null;
            case var _ when name.Is("parallel_tool_calls"u8):
                request.ParallelToolCalls = value.Bool;
                return value.Bool is not null;
            case var _ when name.Is("metadata"u8):
                request.Metadata = value.IsObject ? value.Raw : default;
                return value.IsObject;
            case var _ when name.Is("service_tier"u8):
                request.ServiceTier = value.Text;
                return value.IsString;
            case var _ when name.Is("prompt_cache_key"u8):
                request.PromptCacheKey = value.Text;
                return value.IsString;
            default:
                ReadInPart(name, value, request);
                return false;
        }
    }

    private static void ReadInPart(JsonText name, JsonNode value, ChatRequest request)
    {
        switch (name)
        {
            case var _ when name.Is("reasoning"u8):
                EffortWords.Read(value["effort"u8].Text, ref request.Reasoning);
                JsonNode summary = value["summary"u8].IsNull ? value["generate_summary"u8] : value["summary"u8];
                request.Reasoning.Display = summary.IsString ? true : null;
                break;
            case var _ when name.Is("text"u8):
                request.Verbosity = value["verbosity"u8].Text;
                ReadFormat(value["format"u8], request);
                break;
            case var _ when name.Is("include"u8):
                foreach (JsonNode wanted in value.Items)
                {
                    request.WantsReasoningItems |= wanted.Text.Is("reasoning.encrypted_content"u8);
                    request.Logprobs = wanted.Text.Is("message.output_text.logprobs"u8) ? true : request.Logprobs;
                }

                break;
            case var _ when name.Is("safety_identifier"u8) || (name.Is("user"u8) && request.User.IsAbsent):
                request.User = value.IsNull ? request.User : value.Text;
                break;
            case var _ when name.Is("previous_response_id"u8) && !value.IsNull:
                request.VendorState ??= "previous_response_id";
                break;
            case var _ when name.Is("conversation"u8) && !value.IsNull:
                request.VendorState ??= "conversation";
                break;
            case var _ when name.Is("prompt"u8) && !value.IsNull:
                request.VendorState ??= "prompt";
                break;
            case var _ when name.Is("background"u8) && value.IsTrue:
                request.VendorState ??= "background";
                break;
        }
    }

    private static bool TakeNumber(JsonNode value, ref JsonSlice field)
    {
        field = value.IsNumber ? value.Raw : default;
        return value.IsNumber;
    }

    private static bool ReadInstructions(JsonNode value, ChatRequest request)
    {
        if (!value.IsString)
        {
            return false;
        }

        request.System.Add(request.Arena.NewText(value.Text));
        return true;
    }

    private static void ReadFormat(JsonNode format, ChatRequest request)
    {
        JsonText type = format["type"u8].Text;
        if (type.Is("json_schema"u8))
        {
            request.ResponseFormat = new ResponseFormat
            {
                Json = true,
                Schema = format["schema"u8].IsNull ? default : format["schema"u8].Raw,
                Name = format["name"u8].Text,
                Description = format["description"u8].Text,
                Strict = format["strict"u8].Bool,
            };
        }
        else if (type.Is("json_object"u8))
        {
            request.ResponseFormat.Json = true;
        }
    }
}
