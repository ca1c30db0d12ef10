using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Bedrock.Content;
using Busbar.Protocols.Bedrock.Tools;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock;

/// <summary>Reads the body of a Converse or ConverseStream call. What it does not model is kept for replay.</summary>
internal static class RequestReader
{
    private static readonly JsonText FastTier = JsonText.From("fast");

    /// <summary>Reads <paramref name="body"/>; null on success, otherwise the error to answer with. Model and streaming come from the path.</summary>
    public static GatewayError? Read(ReadOnlyMemory<byte> body, JsonText pathModel, bool stream, ChatRequest request)
    {
        if (!request.Tape.TryParse(body) || !request.Tape.Root.IsObject)
        {
            return new(ErrorKind.InvalidRequest, "The request body is not valid JSON.");
        }

        request.Source = ProtocolId.Bedrock;
        request.Model = pathModel;
        request.Stream = stream;
        var fields = new MemberReader(request.Tape.Root);
        string? fault = ReadSystem(ref fields, request) ?? ReadMessages(ref fields, request) ?? ReadTools(ref fields, request);
        if (fault is not null)
        {
            return new(ErrorKind.InvalidRequest,
                $"The format of the value at {fault} is invalid. Provide a valid value for the field and try again.");
        }

        ReadInference(ref fields, request);
        ReadModelFields(ref fields, request);
        ReadRest(ref fields, request);
        fields.CopyOthers(request.Extra);
        return null;
    }

    private static string? ReadSystem(ref MemberReader fields, ChatRequest request) =>
        BlockReader.ReadAll(fields.Take("system"u8), request.Arena, request.System) is string fault ? "system." + fault : null;

    private static string? ReadMessages(ref MemberReader fields, ChatRequest request)
    {
        JsonNode messages = fields.Take("messages"u8);
        int position = 0;
        foreach (JsonNode item in messages.Items)
        {
            if (ReadMessage(item, request) is string fault)
            {
                return $"messages.{position}{fault}";
            }

            position++;
        }

        return messages.IsArray ? null : "messages";
    }

    private static string? ReadMessage(JsonNode node, ChatRequest request)
    {
        var fields = new MemberReader(node);
        JsonText role = fields.Take("role"u8).Text;
        Role? speaker = role switch
        {
            _ when role.Is("user"u8) => Role.User,
            _ when role.Is("assistant"u8) => Role.Assistant,
            _ when role.Is("system"u8) => Role.System,
            _ => null,
        };
        if (speaker is null)
        {
            return node.IsObject ? ".role" : "";
        }

        JsonNode content = fields.Take("content"u8);
        if (!content.IsArray)
        {
            return ".content";
        }

        Message message = request.AddMessage(speaker.Value);
        if (fields.HasOthers)
        {
            fields.CopyOthers(message.Extra ??= []);
        }

        return BlockReader.ReadAll(content, request.Arena, message.Blocks) is string fault ? ".content." + fault : null;
    }

    private static string? ReadTools(ref MemberReader fields, ChatRequest request)
    {
        if (!ToolConfig.TryRead(fields.Take("toolConfig"u8), request, out string? fault))
        {
            fields.Return("toolConfig"u8);
        }

        return fault;
    }

    private static void ReadInference(ref MemberReader fields, ChatRequest request)
    {
        var inference = new MemberReader(fields.Take("inferenceConfig"u8));
        JsonNode limit = inference.Take("maxTokens"u8);
        request.MaxTokens = limit.Integer is >= 1 and <= uint.MaxValue ? limit.Integer : null;
        request.Temperature = Number(inference.Take("temperature"u8));
        request.TopP = Number(inference.Take("topP"u8));
        JsonNode stops = inference.Take("stopSequences"u8);
        foreach (JsonNode stop in stops.Items)
        {
            if (!stop.Text.IsNullOrEmpty)
            {
                request.Stop.Add(stop.Text);
            }
        }

        bool isWhole = limit.IsMissing == request.MaxTokens is null && stops.IsMissing == (request.Stop.Count == 0);
        if (!isWhole || inference.HasOthers)
        {
            fields.Return("inferenceConfig"u8);
        }
    }

    private static JsonSlice Number(JsonNode node) => node.IsNumber ? node.Raw : default;

    private static void ReadModelFields(ref MemberReader fields, ChatRequest request)
    {
        bool isKept = !AdditionalFields.TryRead(fields.Take("additionalModelRequestFields"u8), request);
        if (isKept)
        {
            fields.Return("additionalModelRequestFields"u8);
        }

        // Both may name an effort, of which the representation holds one: kept together, they are written back as they came.
        if (!OutputConfig.TryRead(fields.Take("outputConfig"u8), request) || isKept)
        {
            fields.Return("outputConfig"u8);
        }
    }

    private static void ReadRest(ref MemberReader fields, ChatRequest request)
    {
        JsonNode metadata = fields.Take("requestMetadata"u8);
        request.Metadata = metadata.IsObject ? metadata.Raw : default;
        var tier = new MemberReader(fields.Take("serviceTier"u8));
        request.ServiceTier = tier.Take("type"u8).Text;
        if (tier.HasOthers)
        {
            fields.Return("serviceTier"u8);
        }

        if (request.ServiceTier.IsAbsent && request.Tape.Root["performanceConfig"u8]["latency"u8].Text.Is("optimized"u8))
        {
            request.ServiceTier = FastTier;
        }

        // Variables fill in a prompt that only the service holds.
        request.VendorState = request.Tape.Root["promptVariables"u8].IsNull ? null : "promptVariables";
    }
}
