using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Bedrock.Content;
using Busbar.Protocols.Forms;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock;

/// <summary>Amazon Bedrock Converse and ConverseStream. The model stands in the path, streams are AWS event streams.</summary>
internal sealed class BedrockProtocol : Protocol
{
    private BedrockProtocol()
    {
    }

    /// <summary>The only instance.</summary>
    public static BedrockProtocol Instance { get; } = new();

    /// <inheritdoc/>
    public override ProtocolId Id => ProtocolId.Bedrock;

    /// <inheritdoc/>
    public override IReadOnlyList<ClientPath> Paths => ClientPaths.All;

    /// <inheritdoc/>
    public override PathMarks PathMarks => ClientPaths.Marks;

    /// <inheritdoc/>
    public override ClientMarks ClientMarks { get; } = new() { Scheme = "AWS4-HMAC-SHA256" };

    /// <inheritdoc/>
    public override string StreamContentType => "application/vnd.amazon.eventstream";

    /// <inheritdoc/>
    public override bool HasBinaryStream => true;

    /// <inheritdoc/>
    public override string RequestIdHeader => "x-amzn-requestid";

    /// <inheritdoc/>
    public override string ErrorTypeHeader => "x-amzn-errortype";

    /// <inheritdoc/>
    public override IReadOnlyList<string> RequestHeaders { get; } =
    [
        "x-amzn-bedrock-trace", "x-amzn-bedrock-guardrailidentifier", "x-amzn-bedrock-guardrailversion", "x-amzn-bedrock-performanceconfig-latency",
    ];

    /// <inheritdoc/>
    public override string TelemetryName => "aws.bedrock";

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> ModelMember => default;

    /// <inheritdoc/>
    public override TrafficForm Traffic { get; } = Forms.Traffic;

    /// <inheritdoc/>
    public override OutputForm Output { get; } = Forms.Output;

    /// <inheritdoc/>
    public override TextMembers TextMembers { get; } = Forms.Text;

    /// <inheritdoc/>
    public override KeyForm Key => KeyForm.Signature;

    /// <inheritdoc/>
    public override string? ModelsPath => null;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> ReadCountRequest(ReadOnlyMemory<byte> body, out bool isInvoked) => CountForm.Read(body, out isInvoked);

    /// <inheritdoc/>
    public override void WriteCount(long tokens, JsonWriter output)
    {
        output.StartObject();
        output.Number("inputTokens"u8, tokens);
        output.EndObject();
    }

    /// <inheritdoc/>
    public override ToolsForm Tools { get; } = Forms.Tools;

    /// <inheritdoc/>
    public override BlockForm Blocks { get; } = Forms.Blocks;

    /// <inheritdoc/>
    public override ReasoningForm Reasoning { get; } = Forms.Reasoning;

    /// <inheritdoc/>
    public override FieldForm Fields { get; } = Forms.Fields;

    /// <inheritdoc/>
    public override TokenPreamble Preamble => Forms.Preamble;

    /// <summary>Converse refuses cache points and text formats on models that do not know them.</summary>
    public override Capabilities Narrow(Capabilities known, string name)
    {
        bool isClaude = ModelName.IsOneOf(name, "claude-");
        return known with
        {
            PromptCaching = isClaude || ModelName.IsOneOf(name, "nova-"),
            StructuredOutput = isClaude && known.StructuredOutput,
            NestedToolMedia = !ModelName.IsOneOf(name, "gpt-"),
        };
    }

    /// <inheritdoc/>
    public override void WriteModels(IReadOnlyList<ListedModel> models, JsonWriter output) => OpenAI.ModelList.Write(models, output);

    /// <inheritdoc/>
    public override void WriteModel(ListedModel model, JsonWriter output) => OpenAI.ModelList.WriteEntry(model, output);

    /// <inheritdoc/>
    public override SamplingForm Sampling { get; } = new() { MaxTemperature = 1, HasBlankStops = false, ExcludesThinking = true };

    /// <inheritdoc/>
    public override JsonText TierWord(JsonText tier) => TierWords.IsUsual(tier) ? TierWords.Default
        : tier.Is("priority"u8) || tier.Is("flex"u8) || tier.Is("reserved"u8) ? tier : default;

    /// <inheritdoc/>
    public override string NewRequestId() => Ids.Uuid();

    /// <summary>Answers of this protocol have no id; what is made here is never shown.</summary>
    public override string NewResponseId() => Ids.Uuid();

    /// <inheritdoc/>
    public override string EgressPath(string model, bool stream) =>
        $"/model/{UrlPath.EncodeSegment(model)}/{(stream ? "converse-stream" : "converse")}";

    /// <inheritdoc/>
    public override string EgressPath(string model, in EgressCall call) => call.Operation switch
    {
        Operation.CountTokens => $"/model/{UrlPath.EncodeSegment(model)}/count-tokens",
        Operation.Invoke => Anthropic.Platforms.InvokeProtocol.Instance.EgressPath(model, call.Stream),
        _ => base.EgressPath(model, call),
    };

    /// <inheritdoc/>
    public override IFramer NewFramer() => new EventStreamFramer();

    /// <inheritdoc/>
    public override GatewayError? ReadRequest(ReadOnlyMemory<byte> body, JsonText pathModel, bool stream, ChatRequest request) =>
        RequestReader.Read(body, pathModel, stream, request);

    /// <inheritdoc/>
    public override bool CanSend(Block media, Place place) =>
        MediaWriter.Loss(media) is null && !(place == Place.Result && media.Kind == BlockKind.Audio);

    /// <inheritdoc/>
    public override void WriteRequest(ChatRequest request, EgressTarget target, JsonWriter output, ref Losses losses) =>
        RequestWriter.Write(request, target, output, ref losses);

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> AnswerMark => "\"content\""u8;

    /// <inheritdoc/>
    public override bool ReadResponse(ReadOnlyMemory<byte> body, ChatResponse response) => ResponseReader.Read(body, response);

    /// <inheritdoc/>
    public override void WriteResponse(ChatResponse response, in ResponseIdentity identity, JsonWriter output, ref Losses losses) =>
        ResponseWriter.Write(response, identity, output, ref losses);

    /// <inheritdoc/>
    public override IStreamReader NewStreamReader() => new StreamReader();

    /// <inheritdoc/>
    public override IStreamWriter NewStreamWriter(StreamContext context) => new StreamWriter(context);

    /// <inheritdoc/>
    public override IStreamTap NewStreamTap() => new StreamTap();

    /// <inheritdoc/>
    public override Usage ReadUsage(ReadOnlyMemory<byte> body) => WholeUsage.Find(body, UsageFields.Read);

    /// <inheritdoc/>
    public override ProviderError ReadError(int status, ReadOnlyMemory<byte> body) => ErrorReader.Read(status, body);

    /// <inheritdoc/>
    public override int StatusOf(in GatewayError error) => Exceptions.StatusOf(error);

    /// <inheritdoc/>
    public override string ErrorType(in GatewayError error) => Exceptions.NameOf(error);

    /// <inheritdoc/>
    public override void WriteError(in GatewayError error, string requestId, JsonWriter output)
    {
        // No "code": the JavaScript SDK would take it for the exception's name.
        output.StartObject();
        output.String("__type"u8, Exceptions.NameOf(error));
        output.String("message"u8, Exceptions.MessageOf(error));
        output.EndObject();
    }
}
