using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Forms;
using Busbar.Protocols.OpenAI.Content;
using Busbar.Protocols.OpenAI.Tools;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI;

/// <summary>OpenAI Chat Completions, as OpenAI and the many compatible hosts speak it.</summary>
internal sealed class OpenAIProtocol : Protocol
{
    /// <summary>The only instance.</summary>
    public static OpenAIProtocol Instance { get; } = new();

    private OpenAIProtocol()
    {
    }

    /// <inheritdoc/>
    public override ProtocolId Id => ProtocolId.OpenAI;

    /// <inheritdoc/>
    public override IReadOnlyList<ClientPath> Paths => ClientPaths.All;

    /// <inheritdoc/>
    public override PathMarks PathMarks => ClientPaths.Marks;

    /// <inheritdoc/>
    public override string? RequestIdHeader => "x-request-id";

    /// <inheritdoc/>
    public override IReadOnlyList<string> AccountHeaders { get; } = ["OpenAI-Organization", "OpenAI-Project"];

    /// <inheritdoc/>
    public override string BetaHeader => "OpenAI-Beta";

    /// <inheritdoc/>
    public override string TelemetryName => "openai";

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

    /// <summary>Models of their own have it.</summary>
    public override bool SearchesWeb(string name) => name.Contains("-search-", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override Capabilities Narrow(Capabilities known, string name) => known with
    {
        ReasoningContent = ModelName.IsOneOf(name, "deepseek", "kimi", "moonshot", "mimo-"),
        ShortCallIds = ModelName.IsOneOf(
            name, "mistral", "mixtral", "ministral", "open-mistral", "open-mixtral", "codestral", "devstral", "magistral", "pixtral", "voxtral"),
    };

    /// <inheritdoc/>
    public override bool IsWebSearch(in Tool tool, JsonNode entry) => tool.Name.Is("web_search_options"u8);

    /// <inheritdoc/>
    public override bool? WriteWebSearch(in WebSearchSettings settings, JsonWriter output) => WebSearch.Write(settings, output);

    /// <summary>There is no word for it: hosts show what they have.</summary>
    public override ThinkingView View(ChatRequest request) => ThinkingView.Shown;

    /// <inheritdoc/>
    public override void WriteModels(IReadOnlyList<ListedModel> models, JsonWriter output) => ModelList.Write(models, output);

    /// <inheritdoc/>
    public override void WriteModel(ListedModel model, JsonWriter output) => ModelList.WriteEntry(model, output);

    /// <inheritdoc/>
    public override SamplingForm Sampling { get; } = new()
    {
        HasPenalties = true, MaxTopK = 0, MaxLogprobs = int.MaxValue, MaxStops = 4, MaxCandidates = ChatResponse.MaxCandidates,
    };

    /// <inheritdoc/>
    public override JsonText TierWord(JsonText tier) => TierWords.OfOpenAI(tier);

    /// <inheritdoc/>
    public override string NewRequestId() => Ids.PlainUuid("req_");

    /// <inheritdoc/>
    public override string NewResponseId() => Ids.Random("chatcmpl-", 24);

    /// <inheritdoc/>
    public override string EgressPath(string model, bool stream) => "/v1/chat/completions";

    /// <inheritdoc/>
    public override string EgressPath(string model, in EgressCall call) =>
        call.Operation == Operation.Embed ? "/v1/embeddings" : base.EgressPath(model, call);

    /// <inheritdoc/>
    public override GatewayError? ReadRequest(ReadOnlyMemory<byte> body, JsonText pathModel, bool stream, ChatRequest request) =>
        RequestReader.Read(body, pathModel, request);

    /// <inheritdoc/>
    public override bool CanSend(Block media, Place place)
    {
        Losses none = default;
        return PartWriter.CanWrite(media, ref none);
    }

    /// <inheritdoc/>
    public override void WriteRequest(ChatRequest request, EgressTarget target, JsonWriter output, ref Losses losses) =>
        RequestWriter.Write(request, target, output, ref losses);

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> AnswerMark => "\"choices\""u8;

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
    public override IUsageFilter NewUsageFilter() => new UsageFilter();

    /// <inheritdoc/>
    public override IStreamTap NewStreamTap() => new StreamTap();

    /// <inheritdoc/>
    public override Usage ReadUsage(ReadOnlyMemory<byte> body) => WholeUsage.Find(body, UsageFields.Read);

    /// <inheritdoc/>
    public override ProviderError ReadError(int status, ReadOnlyMemory<byte> body) => ErrorReader.Read(status, body);

    /// <inheritdoc/>
    public override void WriteError(in GatewayError error, string requestId, JsonWriter output) =>
        ErrorEnvelope.Write(error, output, inStream: false);
}
