using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Forms;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Cohere;

/// <summary>Cohere v2 chat.</summary>
internal sealed class CohereProtocol : Protocol
{
    /// <summary>The only instance.</summary>
    public static CohereProtocol Instance { get; } = new();

    private CohereProtocol()
    {
    }

    /// <inheritdoc/>
    public override ProtocolId Id => ProtocolId.Cohere;

    /// <inheritdoc/>
    public override IReadOnlyList<ClientPath> Paths => ClientPaths.All;

    /// <inheritdoc/>
    public override PathMarks PathMarks => ClientPaths.Marks;

    /// <summary><inheritdoc/> The path of the list is OpenAI's; the SDKs tell their name in a header of the generator that makes them.</summary>
    public override ClientMarks ClientMarks { get; } = new() { SdkHeader = "X-Fern-SDK-Name", SdkName = "cohere" };

    /// <inheritdoc/>
    public override IReadOnlyList<string> RequestHeaders { get; } = ["x-client-name"];

    /// <inheritdoc/>
    public override string TelemetryName => "cohere";

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> ModelMember => default;

    /// <inheritdoc/>
    public override TrafficForm Traffic { get; } = Forms.Traffic;

    /// <inheritdoc/>
    public override OutputForm Output { get; } = Forms.Output;

    /// <inheritdoc/>
    public override TextMembers TextMembers { get; } = Forms.Text;

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

    /// <inheritdoc/>
    public override void WriteModels(IReadOnlyList<ListedModel> models, JsonWriter output) => ModelList.Write(models, output);

    /// <inheritdoc/>
    public override void WriteModel(ListedModel model, JsonWriter output) => ModelList.WriteEntry(model, output);

    /// <inheritdoc/>
    public override SamplingForm Sampling { get; } = new()
    {
        HasPenalties = true, MinPenalty = 0, MaxPenalty = 1, HasNegativeSeeds = false, MaxTemperature = 1, MinTopP = 0.01, MaxTopP = 0.99, MaxTopK =
            500,
        MaxStops = 5,
    };

    /// <inheritdoc/>
    public override JsonText TierWord(JsonText tier) => default;

    /// <inheritdoc/>
    public override string NewRequestId() => Ids.Uuid();

    /// <inheritdoc/>
    public override string NewResponseId() => Ids.Uuid();

    /// <inheritdoc/>
    public override string EgressPath(string model, bool stream) => "/v2/chat";

    /// <inheritdoc/>
    public override string EgressPath(string model, in EgressCall call) =>
        call.Operation == Operation.Embed ? "/v2/embed" : base.EgressPath(model, call);

    /// <inheritdoc/>
    public override GatewayError? ReadRequest(ReadOnlyMemory<byte> body, JsonText pathModel, bool stream, ChatRequest request) =>
        RequestReader.Read(body, pathModel, request);

    /// <inheritdoc/>
    public override bool CanSend(Block media, Place place) =>
        place == Place.Turn && media is { Kind: BlockKind.Image, Source: MediaSource.Base64 or MediaSource.Url };

    /// <inheritdoc/>
    public override void WriteRequest(ChatRequest request, EgressTarget target, JsonWriter output, ref Losses losses) =>
        RequestWriter.Write(request, target, output, ref losses);

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> AnswerMark => "\"message\""u8;

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
    /// <remarks>Embeddings have their counts in <c>meta</c>.</remarks>
    public override Usage ReadUsage(ReadOnlyMemory<byte> body) => WholeUsage.Find(body, UsageFields.Read, alias: "meta"u8);

    /// <inheritdoc/>
    public override ProviderError ReadError(int status, ReadOnlyMemory<byte> body) => ErrorReader.Read(status, body);

    /// <inheritdoc/>
    public override void WriteError(in GatewayError error, string requestId, JsonWriter output)
    {
        output.StartObject();
        output.String("id"u8, requestId);
        output.String("message"u8, ErrorText.Of(error));
        output.EndObject();
    }
}
