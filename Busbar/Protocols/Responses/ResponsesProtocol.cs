using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Forms;
using Busbar.Protocols.Responses.Content;
using Busbar.Protocols.Responses.Tools;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses;

/// <summary>The OpenAI Responses API (<c>POST /v1/responses</c>).</summary>
internal sealed class ResponsesProtocol : Protocol
{
    private const int IdLength = 48;

    private ResponsesProtocol()
    {
    }

    /// <summary>The one instance.</summary>
    public static ResponsesProtocol Instance { get; } = new();

    /// <inheritdoc/>
    public override ProtocolId Id => ProtocolId.Responses;

    /// <inheritdoc/>
    public override IReadOnlyList<ClientPath> Paths => ClientPaths.All;

    /// <inheritdoc/>
    public override PathMarks PathMarks => ClientPaths.Marks;

    /// <inheritdoc/>
    public override string RequestIdHeader => "x-request-id";

    /// <summary>
    /// A new item id: <paramref name="prefix"/> (<c>msg_</c>, <c>rs_</c>, <c>fc_</c>, <c>ctc_</c>, <c>ig_</c>) and 48 random characters.
    /// </summary>
    public static JsonText NewItemId(string prefix) => JsonText.From(Ids.Random(prefix, IdLength));

    /// <inheritdoc/>
    public override IReadOnlyList<string> AccountHeaders => OpenAI.OpenAIProtocol.Instance.AccountHeaders;

    /// <inheritdoc/>
    public override string BetaHeader => OpenAI.OpenAIProtocol.Instance.BetaHeader;

    /// <inheritdoc/>
    public override string TelemetryName => "openai";

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> StreamModelHolder => "response"u8;

    /// <inheritdoc/>
    public override TrafficForm Traffic { get; } = Forms.Traffic;

    /// <inheritdoc/>
    public override OutputForm Output { get; } = Forms.Output;

    /// <inheritdoc/>
    public override TextMembers TextMembers { get; } = Forms.Text;

    /// <inheritdoc/>
    public override void WriteCount(long tokens, JsonWriter output)
    {
        output.StartObject();
        output.Literal("object"u8, "response.input_tokens"u8);
        output.Number("input_tokens"u8, tokens);
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

    /// <inheritdoc/>
    public override bool SearchesWeb(string name) =>
        ModelName.IsOneOf(name, "gpt-4o", "gpt-4.1", "gpt-5", "gpt-6", "o3", "o4") && !ModelName.IsOneOf(name, "gpt-4.1-nano");

    /// <summary>Only Chat Completions asks to choose between tools and reasoning.</summary>
    public override Capabilities Narrow(Capabilities known, string name) => known with { ToolsNeedNoReasoning = false };

    /// <inheritdoc/>
    public override bool IsWebSearch(in Tool tool, JsonNode entry) => entry["type"u8].Text.Span.StartsWith("web_search"u8);

    /// <inheritdoc/>
    public override JsonNode WebSearchSites(JsonNode entry) => entry["filters"u8];

    /// <inheritdoc/>
    public override bool? WriteWebSearch(in WebSearchSettings settings, JsonWriter output) => WebSearch.Write(settings, output);

    /// <summary>The words of a reasoning item come with <c>summary</c>.</summary>
    public override ThinkingView View(ChatRequest request) => request.Reasoning.Display == true ? ThinkingView.Shown
        : request.Reasoning.IsSpecified || request.WantsReasoningItems ? ThinkingView.Wordless : ThinkingView.Hidden;

    /// <inheritdoc/>
    public override void WriteModels(IReadOnlyList<ListedModel> models, JsonWriter output) => OpenAI.ModelList.Write(models, output);

    /// <inheritdoc/>
    public override void WriteModel(ListedModel model, JsonWriter output) => OpenAI.ModelList.WriteEntry(model, output);

    /// <inheritdoc/>
    public override SamplingForm Sampling { get; } = new() { MaxTopK = 0, MaxLogprobs = int.MaxValue, MaxStops = 0 };

    /// <inheritdoc/>
    public override JsonText TierWord(JsonText tier) => TierWords.OfOpenAI(tier);

    /// <inheritdoc/>
    public override string NewRequestId() => Ids.PlainUuid("req_");

    /// <inheritdoc/>
    public override string NewResponseId() => Ids.Random("resp_", IdLength);

    /// <inheritdoc/>
    public override string EgressPath(string model, bool stream) => "/v1/responses";

    /// <inheritdoc/>
    public override string EgressPath(string model, in EgressCall call) => call.Operation switch
    {
        Operation.CountTokens => "/v1/responses/input_tokens",
        Operation.Compact => "/v1/responses/compact",
        _ => base.EgressPath(model, call),
    };

    /// <inheritdoc/>
    public override GatewayError? ReadRequest(ReadOnlyMemory<byte> body, JsonText pathModel, bool stream, ChatRequest request) =>
        RequestReader.Read(body, request);

    /// <inheritdoc/>
    public override bool IsRead(in JsonMember member) => RequestReader.IsRead(member);

    /// <inheritdoc/>
    public override bool TakesTextFiles => true;

    /// <inheritdoc/>
    public override bool CanSend(Block media, Place place)
    {
        Losses none = default;
        return ContentWriter.CanWrite(media, ref none);
    }

    /// <inheritdoc/>
    public override void WriteRequest(ChatRequest request, EgressTarget target, JsonWriter output, ref Losses losses) =>
        RequestWriter.Write(request, target, output, ref losses);

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> AnswerMark => "\"output\""u8;

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
    public override void WriteError(in GatewayError error, string requestId, JsonWriter output)
    {
        // As inside a chat stream, every fault of the serving side is a server_error.
        OpenAI.ErrorEnvelope.Write(error, output, inStream: true);
    }
}
