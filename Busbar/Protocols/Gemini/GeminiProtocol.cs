using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Forms;
using Busbar.Protocols.Gemini.Content;
using Busbar.Protocols.Gemini.Tools;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini;

/// <summary>Google Gemini <c>generateContent</c>, as the developer API and Vertex AI speak it.</summary>
internal sealed class GeminiProtocol : Protocol
{
    private static readonly string[] Collections = ["models/", "tunedModels/", "publishers/", "projects/"];

    /// <summary>The only instance.</summary>
    public static GeminiProtocol Instance { get; } = new();

    private GeminiProtocol()
    {
    }

    /// <inheritdoc/>
    public override ProtocolId Id => ProtocolId.Gemini;

    /// <inheritdoc/>
    public override IReadOnlyList<ClientPath> Paths => ClientPaths.All;

    /// <inheritdoc/>
    public override PathMarks PathMarks => ClientPaths.Marks;

    /// <inheritdoc/>
    public override ClientMarks ClientMarks { get; } = new() { Headers = ["x-goog-api-key", "x-goog-api-client"], KeyQuery = "key" };

    /// <inheritdoc/>
    public override IReadOnlyList<string> RequestHeaders { get; } = ["x-goog-api-client"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> AccountHeaders { get; } = ["x-goog-user-project"];

    /// <inheritdoc/>
    public override string TelemetryName => "gcp.gemini";

    /// <inheritdoc/>
    public override string TelemetryChat => "generate_content";

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> ModelMember => "modelVersion"u8;

    /// <inheritdoc/>
    public override TrafficForm Traffic { get; } = Forms.Traffic;

    /// <inheritdoc/>
    public override OutputForm Output { get; } = Forms.Output;

    /// <inheritdoc/>
    public override TextMembers TextMembers { get; } = Forms.Text;

    /// <inheritdoc/>
    public override KeyForm Key => KeyForm.GoogleHeader;

    /// <inheritdoc/>
    public override string ModelsPath => "/v1beta/models";

    /// <summary>Vertex AI refuses the ids of calls that the vendor's own API has.</summary>
    public override bool HasCallIds(Platform platform) => platform != Platform.Vertex;

    /// <inheritdoc/>
    public override string UnknownModel(ReadOnlySpan<char> name, in EgressCall call) => ModelErrors.Of(name, call);

    /// <inheritdoc/>
    public override string IncapableModel(ReadOnlySpan<char> name, in EgressCall call) => ModelErrors.Of(name, call);

    /// <inheritdoc/>
    public override string UnknownMethod(ReadOnlySpan<char> tail, bool isShown, string? version) => ModelErrors.OfMethod(tail, isShown, version);

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> ReadCountRequest(ReadOnlyMemory<byte> body, out bool isInvoked)
    {
        isInvoked = false;
        return CountForm.Read(body);
    }

    /// <inheritdoc/>
    public override void WriteCount(long tokens, JsonWriter output)
    {
        output.StartObject();
        output.Number("totalTokens"u8, tokens);
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
    public override bool SearchesWeb(string name) => ModelName.IsOneOf(name, "gemini-") && !ModelName.IsOneOf(name, "gemini-1");

    /// <inheritdoc/>
    public override bool IsWebSearch(in Tool tool, JsonNode entry) => tool.Name.Is("googleSearch"u8) || tool.Name.Is("google_search"u8);

    /// <inheritdoc/>
    public override bool? WriteWebSearch(in WebSearchSettings settings, JsonWriter output) => WebSearch.Write(settings, output);

    /// <summary>Thoughts come with <c>includeThoughts</c>.</summary>
    public override ThinkingView View(ChatRequest request) => request.Reasoning.Display == true ? ThinkingView.Shown : ThinkingView.Hidden;

    /// <inheritdoc/>
    public override void WriteModels(IReadOnlyList<ListedModel> models, JsonWriter output) => ModelList.Write(models, output);

    /// <inheritdoc/>
    public override void WriteModel(ListedModel model, JsonWriter output) => ModelList.WriteEntry(model, output);

    /// <inheritdoc/>
    public override SamplingForm Sampling { get; } = new() { HasPenalties = true, MaxLogprobs = 5, MaxStops = 5, MaxCandidates = 8 };

    /// <inheritdoc/>
    public override JsonText TierWord(JsonText tier) => TierWords.IsUsual(tier) ? TierWords.Standard : tier.Is("priority"u8) || tier.Is("flex"u8)
        ? tier : default;

    /// <inheritdoc/>
    public override string NewRequestId() => Ids.Uuid();

    /// <inheritdoc/>
    public override string NewResponseId() => Ids.Random("", 16);

    /// <inheritdoc/>
    public override string EgressPath(string model, bool stream) => EgressPath(model, new EgressCall(Operation.Chat, stream));

    /// <summary>
    /// <inheritdoc/> A model that names its collection (<c>tunedModels/x</c>) keeps its slashes and stands for itself; every other one is a single
    /// segment under <c>models/</c>. Streams are server-sent events unless an array is asked for.
    /// </summary>
    public override string EgressPath(string model, in EgressCall call) =>
        (call.Version ?? "/v1beta") + "/" + (IsNamed(model) ? UrlPath.EncodePath(model) : "models/" + UrlPath.EncodeSegment(model))
            + call.Operation switch
        {
            Operation.CountTokens => ":countTokens",
            Operation.Embed => ":embedContent",
            Operation.BatchEmbed => ":batchEmbedContents",
            _ => !call.Stream ? ":generateContent" : call.JsonArray ? ":streamGenerateContent" : ":streamGenerateContent?alt=sse",
        };

    /// <inheritdoc/>
    public override bool RenameModels(ReadOnlyMemory<byte> body, string model, PooledBuffer output) =>
        NamedModels.TryReplace(body, IsNamed(model) ? model : "models/" + model, output);

    /// <inheritdoc/>
    public override IFramer NewFramer(string? contentType) =>
        contentType is not null && contentType.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) ? new JsonArrayFramer()
            : NewFramer();

    /// <inheritdoc/>
    public override GatewayError? ReadRequest(ReadOnlyMemory<byte> body, JsonText pathModel, bool stream, ChatRequest request) =>
        RequestReader.Read(body, pathModel, stream, request);

    /// <inheritdoc/>
    public override bool CanSend(Block media, Place place) => MediaParts.CanWrite(media);

    /// <inheritdoc/>
    public override void WriteRequest(ChatRequest request, EgressTarget target, JsonWriter output, ref Losses losses) =>
        RequestWriter.Write(request, target, output, ref losses);

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> AnswerMark => "\"candidates\""u8;

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
    public override Usage ReadUsage(ReadOnlyMemory<byte> body)
    {
        using var tape = new JsonTape();
        return tape.TryParse(body) ? UsageFields.Read(ResponseReader.UsageOf(tape.Root)) : default;
    }

    /// <inheritdoc/>
    public override ProviderError ReadError(int status, ReadOnlyMemory<byte> body) => ErrorReader.Read(status, body);

    /// <inheritdoc/>
    public override int StatusOf(in GatewayError error) => ErrorEnvelope.StatusOf(error);

    /// <inheritdoc/>
    public override void WriteError(in GatewayError error, string requestId, JsonWriter output) => ErrorEnvelope.Write(error, output);

    private static bool IsNamed(string model) => Array.Exists(Collections, prefix => model.StartsWith(prefix, StringComparison.Ordinal));
}
