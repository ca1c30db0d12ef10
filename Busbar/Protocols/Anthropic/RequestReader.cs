using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Anthropic.Content;
using Busbar.Protocols.Anthropic.Platforms;
using Busbar.Protocols.Anthropic.Tools;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic;

/// <summary>Reads a <c>POST /v1/messages</c> body. Accepts every documented version and beta; what it does not model is kept for replay.</summary>
internal static class RequestReader
{
    /// <summary>Most tokens that count as a limit; anything beyond is "no limit", never cut to fit.</summary>
    private const long MaxCount = uint.MaxValue;

    /// <summary>
    /// Reads <paramref name="body"/>; null on success, otherwise the error to answer with. Model and stream are those of the path where the
    /// <paramref name="envelope"/> has them there.
    /// </summary>
    public static GatewayError? Read(ReadOnlyMemory<byte> body, Envelope envelope, JsonText pathModel, bool stream, ChatRequest request)
    {
        if (!request.Tape.TryParse(body) || !request.Tape.Root.IsObject)
        {
            return Invalid("The request body is not valid JSON");
        }

        request.Source = ProtocolId.Anthropic;
        var fields = new MemberReader(request.Tape.Root);
        string? fault = ReadModel(ref fields, envelope, pathModel, request)
            ?? ReadSystem(ref fields, request)
            ?? ReadMessages(ref fields, request)
            ?? ReadTools(ref fields, request)
            ?? ReadSampling(ref fields, request)
            ?? ReadOutput(ref fields, request);
        if (fault is not null)
        {
            return Invalid(fault);
        }

        ReadRest(ref fields, request);
        if (envelope.Version is not null)
        {
            fields.Take("anthropic_version"u8);
            request.Stream = stream;
        }

        fields.CopyOthers(request.Extra);
        return null;
    }

    private static GatewayError Invalid(string message) => new(ErrorKind.InvalidRequest, message);

    private static string? ReadModel(ref MemberReader fields, Envelope envelope, JsonText pathModel, ChatRequest request)
    {
        JsonNode model = fields.Take("model"u8);
        if (!envelope.NamesModel)
        {
            request.Model = pathModel;
            return null;
        }

        request.Model = model.Text;
        if (model.IsNull)
        {
            return "model: Field required";
        }

        return !model.IsString ? "model: Input should be a valid string"
            : request.Model.IsNullOrEmpty ? "model: String should have at least 1 character" : null;
    }

    private static string? ReadSystem(ref MemberReader fields, ChatRequest request)
    {
        string? fault = BlockReader.ReadContent(fields.Take("system"u8), request.Arena, request.System);
        return fault is null ? null : BlockReader.Join("system", fault);
    }

    private static string? ReadMessages(ref MemberReader fields, ChatRequest request)
    {
        JsonNode messages = fields.Take("messages"u8);
        if (!messages.IsArray)
        {
            return messages.IsNull ? "messages: Field required" : "messages: Input should be a valid array";
        }

        int position = 0;
        foreach (JsonNode item in messages.Items)
        {
            if (ReadMessage(item, request) is string fault)
            {
                return $"messages.{position}{(fault[0] == ':' ? "" : ".")}{fault}";
            }

            position++;
        }

        return null;
    }

    private static string? ReadMessage(JsonNode node, ChatRequest request)
    {
        if (!node.IsObject)
        {
            return ": Input should be an object";
        }

        var fields = new MemberReader(node);
        JsonNode roleNode = fields.Take("role"u8);
        JsonText role = roleNode.Text;
        Role? speaker = role switch
        {
            _ when role.Is("user"u8) => Role.User,
            _ when role.Is("assistant"u8) => Role.Assistant,
            _ when role.Is("system"u8) => Role.System,
            _ => null,
        };
        if (speaker is null)
        {
            return roleNode.IsNull ? "role: Field required" : "role: Input should be 'user', 'assistant' or 'system'";
        }

        Message message = request.AddMessage(speaker.Value);
        JsonNode content = fields.Take("content"u8);
        if (fields.HasOthers)
        {
            fields.CopyOthers(message.Extra ??= []);
        }

        if (content.IsNull)
        {
            message.Blocks.Add(request.Arena.NewText(JsonText.Empty));
            return null;
        }

        string? fault = BlockReader.ReadContent(content, request.Arena, message.Blocks);
        return fault is null ? null : BlockReader.Join("content", fault);
    }

    private static string? ReadTools(ref MemberReader fields, ChatRequest request)
    {
        JsonNode tools = fields.Take("tools"u8);
        if (!tools.IsArray && !tools.IsNull)
        {
            return "tools: Input should be a valid array";
        }

        int position = 0;
        foreach (JsonNode item in tools.Items)
        {
            request.Tools.Add(ToolFields.Read(item, out string? fault));
            if (fault is not null)
            {
                return $"tools.{position}.{fault}";
            }

            position++;
        }

        if (!ToolFields.TryReadChoice(fields.Take("tool_choice"u8), ref request.ToolChoice, ref request.ParallelToolCalls, out string? choiceFault))
        {
            fields.Return("tool_choice"u8);
        }

        return choiceFault;
    }

    private static string? ReadSampling(ref MemberReader fields, ChatRequest request)
    {
        JsonNode limit = fields.Take("max_tokens"u8);
        if (!limit.IsNull && !limit.IsNumber)
        {
            return "max_tokens: Input should be a valid integer";
        }

        request.MaxTokens = limit.Integer is >= 1 and <= MaxCount ? limit.Integer : null;
        if (request.MaxTokens is null && !limit.IsNull)
        {
            fields.Return("max_tokens"u8);

            // Zero asks only for the prompt cache to be filled, which no other vendor can do on this one's behalf.
            request.VendorState = limit.Integer == 0 ? "max_tokens" : null;
        }

        string? fault = ReadNumber(ref fields, "temperature"u8, out request.Temperature) ? null : "temperature: Input should be a valid number";
        fault ??= ReadNumber(ref fields, "top_p"u8, out request.TopP) ? null : "top_p: Input should be a valid number";
        JsonNode topK = fields.Take("top_k"u8);
        request.TopK = topK.Integer is >= 1 and <= MaxCount ? topK.Integer : null;
        if (request.TopK is null && !topK.IsNull)
        {
            fields.Return("top_k"u8);
        }

        JsonNode stop = fields.Take("stop_sequences"u8);
        if (stop.IsString && !stop.Text.IsNullOrEmpty)
        {
            request.Stop.Add(stop.Text);
        }

        foreach (JsonNode item in stop.Items)
        {
            if (!item.Text.IsNullOrEmpty)
            {
                request.Stop.Add(item.Text);
            }
        }

        return fault ?? (topK.IsNull || topK.IsNumber ? null : "top_k: Input should be a valid integer");
    }

    private static bool ReadNumber(ref MemberReader fields, ReadOnlySpan<byte> name, out JsonSlice number)
    {
        JsonNode node = fields.Take(name);
        number = node.IsNumber ? node.Raw : default;
        return node.IsNumber || node.IsNull;
    }

    private static string? ReadOutput(ref MemberReader fields, ChatRequest request)
    {
        JsonNode thinking = fields.Take("thinking"u8);
        if (!thinking.IsNull && !thinking.IsObject)
        {
            return "thinking: Input should be an object";
        }

        if (!ReasoningFields.TryReadThinking(thinking, ref request.Reasoning))
        {
            fields.Return("thinking"u8);
        }

        JsonNode config = fields.Take("output_config"u8);
        var members = new MemberReader(config);
        JsonNode effort = members.Take("effort"u8);
        EffortWords.Read(effort.Text, ref request.Reasoning);
        bool isUnderstood = (effort.IsNull || request.Reasoning.Effort != ReasoningEffort.Unspecified)
            & ReadFormat(members.Take("format"u8), ref request.ResponseFormat);
        if (!isUnderstood || members.HasOthers)
        {
            fields.Return("output_config"u8);
        }

        // The beta spelling is replayed as it came: it goes with a beta header that the client sends too.
        JsonNode beta = fields.Take("output_format"u8);
        if (!beta.IsNull)
        {
            ReadFormat(beta, ref request.ResponseFormat);
            fields.Return("output_format"u8);
        }

        return null;
    }

    /// <summary>Reads the <c>format</c> of an <c>output_config</c>; false when writing <paramref name="format"/> would not give it back.</summary>
    public static bool ReadFormat(JsonNode node, ref ResponseFormat format)
    {
        if (node.IsNull)
        {
            return true;
        }

        var fields = new MemberReader(node);
        format.Json = fields.Take("type"u8).Text.Is("json_schema"u8);
        format.Schema = fields.Take("schema"u8).Raw;
        return format.Json && !fields.HasOthers;
    }

    private static void ReadRest(ref MemberReader fields, ChatRequest request)
    {
        request.Stream = fields.Take("stream"u8).IsTrue;
        if (!CacheControl.TryRead(fields.Take("cache_control"u8), out request.CacheAuto))
        {
            fields.Return("cache_control"u8);
        }

        var metadata = new MemberReader(fields.Take("metadata"u8));
        request.User = metadata.Take("user_id"u8).Text;
        if (metadata.HasOthers)
        {
            fields.Return("metadata"u8);
        }

        request.ServiceTier = fields.Take("service_tier"u8).Text;
        if (request.ServiceTier.IsAbsent && fields.Take("speed"u8).Text.Is("fast"u8))
        {
            request.ServiceTier = FastTier;
        }

        fields.Return("speed"u8);
        if (!fields.Take("thread"u8)["previous_message_id"u8].IsNull)
        {
            request.VendorState = "thread";
        }

        fields.Return("thread"u8);
    }

    private static readonly JsonText FastTier = JsonText.From("fast");
}
