using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Anthropic.Content;
using Busbar.Protocols.Anthropic.Platforms;
using Busbar.Protocols.Anthropic.Tools;
using Busbar.Protocols.Forms;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic;

/// <summary>
/// Anthropic Messages, versions 2023-06-01 and 2026-10-21. Both are answered alike. The platforms that serve it in a frame of their own are variants
/// of it, with the same <see cref="Protocol.Id"/>.
/// </summary>
internal class AnthropicProtocol : Protocol
{
    /// <summary>For a variant.</summary>
    protected AnthropicProtocol(Envelope envelope) => Envelope = envelope;

    /// <summary>The vendor's own API.</summary>
    public static AnthropicProtocol Instance { get; } = new(Envelope.Messages);

    /// <summary>What stands around the bodies.</summary>
    public Envelope Envelope { get; }

    /// <inheritdoc/>
    public sealed override ProtocolId Id => ProtocolId.Anthropic;

    /// <inheritdoc/>
    public override Protocol On(Platform platform) => platform switch
    {
        Platform.Vertex => VertexProtocol.Instance,
        Platform.BedrockInvoke => InvokeProtocol.Instance,
        _ => Instance,
    };

    /// <inheritdoc/>
    public override IReadOnlyList<ClientPath> Paths => ClientPaths.All;

    /// <inheritdoc/>
    public override PathMarks PathMarks => ClientPaths.Marks;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ProbePaths => ["/api/hello"];

    /// <inheritdoc/>
    public override ClientMarks ClientMarks { get; } = new() { Headers = ["anthropic-version"], WeakHeader = "x-api-key" };

    /// <inheritdoc/>
    public override string RequestIdHeader => "request-id";

    /// <inheritdoc/>
    public override IReadOnlyList<string> RequestHeaders { get; } = ["anthropic-version", "anthropic-user-profile-id"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> AccountHeaders { get; } = ["anthropic-workspace-id", "anthropic-organization-id"];

    /// <inheritdoc/>
    public override string BetaHeader => "anthropic-beta";

    /// <inheritdoc/>
    public override string TelemetryName => "anthropic";

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> StreamModelHolder => "message"u8;

    /// <inheritdoc/>
    public override TrafficForm Traffic { get; } = Forms.Traffic;

    /// <inheritdoc/>
    public override OutputForm Output { get; } = Forms.Output;

    /// <inheritdoc/>
    public override TextMembers TextMembers { get; } = Forms.Text;

    /// <inheritdoc/>
    public override KeyForm Key => KeyForm.ApiKeyHeader;

    /// <inheritdoc/>
    public override string? VersionHeader => "anthropic-version";

    /// <inheritdoc/>
    public override string VertexPublisher => "anthropic";

    /// <inheritdoc/>
    public override string AzurePrefix => "/anthropic";

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
    public override bool SearchesWeb(string name) => ModelName.IsOneOf(name, "claude-")
        && !ModelName.IsOneOf(name, "claude-2", "claude-instant", "claude-3-haiku", "claude-3-opus", "claude-3-sonnet");

    /// <inheritdoc/>
    public override bool IsWebSearch(in Tool tool, JsonNode entry) => entry["type"u8].Text.Span.StartsWith("web_search"u8);

    /// <inheritdoc/>
    public override bool? WriteWebSearch(in WebSearchSettings settings, JsonWriter output) => WebSearch.Write(settings, output);

    /// <inheritdoc/>
    public override void WriteModels(IReadOnlyList<ListedModel> models, JsonWriter output) => ModelList.Write(models, output);

    /// <inheritdoc/>
    public override void WriteModel(ListedModel model, JsonWriter output) => ModelList.WriteEntry(model, output);

    /// <inheritdoc/>
    public override SamplingForm Sampling { get; } = new()
    {
        MaxTemperature = 1, HasBlankStops = false, ExcludesThinking = true, GoneSince = "2026-10-21",
    };

    /// <inheritdoc/>
    public override JsonText TierWord(JsonText tier) => TierWords.IsUsual(tier) ? TierWords.Standard : tier.Is("priority"u8) || tier.Is("batch"u8)
        ? tier : default;

    /// <inheritdoc/>
    public override string NewRequestId() => Ids.Random("req_01", 24);

    /// <inheritdoc/>
    public override string NewResponseId() => Ids.Random("msg_01", 24);

    /// <inheritdoc/>
    public override string EgressPath(string model, bool stream) => "/v1/messages";

    /// <inheritdoc/>
    public override string EgressPath(string model, in EgressCall call) =>
        call.Operation == Operation.CountTokens ? "/v1/messages/count_tokens" : base.EgressPath(model, call);

    /// <inheritdoc/>
    public override GatewayError? ReadRequest(ReadOnlyMemory<byte> body, JsonText pathModel, bool stream, ChatRequest request) =>
        RequestReader.Read(body, Envelope, pathModel, stream, request);

    /// <inheritdoc/>
    public override bool CanSend(Block media, Place place) => media.Kind switch
    {
        BlockKind.Image => media.Source != MediaSource.Base64 || BlockWriter.IsImageType(media.MediaType),
        BlockKind.Document => media.Source != MediaSource.Base64 || media.MediaType.Is("application/pdf"u8),
        _ => false,
    };

    /// <inheritdoc/>
    public override void WriteRequest(ChatRequest request, EgressTarget target, JsonWriter output, ref Losses losses) =>
        RequestWriter.Write(request, target, Envelope, output, ref losses);

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
    public override void WriteError(in GatewayError error, string requestId, JsonWriter output) =>
        ErrorWriter.Write(error, StatusOf(error), requestId, output);

    /// <inheritdoc/>
    public override ReframedHeaders Reframe(ReadOnlyMemory<byte> body, in ReframeRequest ask, PooledBuffer output) =>
        BodyRewriter.Write(body, Envelope, ask with { MaxTokens = null }, output);
}
