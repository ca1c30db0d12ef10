using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Forms;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Protocols;

/// <summary>
/// One wire protocol: its identity, and the readers and writers of its folder. Instances are stateless singletons,
/// found through <see cref="ProtocolTable"/>. Knows nothing of HTTP servers or lanes.
/// </summary>
internal abstract class Protocol
{
    /// <summary>Which of the six.</summary>
    public abstract ProtocolId Id { get; }

    /// <summary>This protocol as <paramref name="platform"/> frames it; itself where the platform does as the vendor does.</summary>
    public virtual Protocol On(Platform platform) => this;

    /// <summary>The paths on which clients call a model, by <c>POST</c>; of those that fit, the first decides.</summary>
    public abstract IReadOnlyList<ClientPath> Paths { get; }

    /// <summary>Paths of the vendor's clients that ask whether anybody is there, by <c>GET</c> or <c>HEAD</c>.</summary>
    public virtual IReadOnlyList<string> ProbePaths => [];

    /// <summary>What gives its paths away, those that are not served included.</summary>
    public abstract PathMarks PathMarks { get; }

    /// <summary>What gives its clients away where the path says nothing.</summary>
    public virtual ClientMarks ClientMarks { get; } = new();

    /// <summary>Content type of a streamed answer.</summary>
    public virtual string StreamContentType => "text/event-stream";

    /// <summary>Whether a stream is binary: whoever waits for one can read nothing else in its place.</summary>
    public virtual bool HasBinaryStream => false;

    /// <summary>Response header that carries the request id towards clients; null when the protocol has none.</summary>
    public virtual string? RequestIdHeader => null;

    /// <summary>Response header that names the error type (Bedrock); null when the protocol has none.</summary>
    public virtual string? ErrorTypeHeader => null;

    /// <summary>
    /// Headers of the vendor's own clients that pass on hops of one protocol, beside <c>x-client-request-id</c> and <c>traceparent</c>, which always
    /// do.
    /// </summary>
    public virtual IReadOnlyList<string> RequestHeaders => [];

    /// <summary>Headers that say whose account, and which part of it, pays. They pass with the caller's own credential only.</summary>
    public virtual IReadOnlyList<string> AccountHeaders => [];

    /// <summary>Header that turns features on which are not released yet; null when the vendor has none.</summary>
    public virtual string? BetaHeader => null;

    /// <summary>What passes between its clients and its providers.</summary>
    public abstract TrafficForm Traffic { get; }

    /// <summary>How requests limit the output.</summary>
    public abstract OutputForm Output { get; }

    /// <summary>Where answers have their text.</summary>
    public abstract TextMembers TextMembers { get; }

    /// <summary>What its tools and their calls are like.</summary>
    public abstract ToolsForm Tools { get; }

    /// <summary>Which blocks its conversations have, and in which order its turns come.</summary>
    public abstract BlockForm Blocks { get; }

    /// <summary>How it asks for thinking, shows it, and has it sent back.</summary>
    public abstract ReasoningForm Reasoning { get; }

    /// <summary>Which fields it has beside the conversation.</summary>
    public abstract FieldForm Fields { get; }

    /// <summary>What its vendor puts in front of a request.</summary>
    public abstract TokenPreamble Preamble { get; }

    /// <summary><paramref name="known"/>, what the model is known to take by its normalised <paramref name="name"/>, as it takes it here.</summary>
    public virtual Capabilities Narrow(Capabilities known, string name) => known;

    /// <summary>Whether the model with that normalised <paramref name="name"/> takes the vendor's own web search here.</summary>
    public virtual bool SearchesWeb(string name) => false;

    /// <summary>Whether <paramref name="tool"/>, one that this vendor runs itself, is web search; <paramref name="entry"/> is what it is.</summary>
    public virtual bool IsWebSearch(in Tool tool, JsonNode entry) => false;

    /// <summary>Where in the <paramref name="entry"/> of a web search its sites stand.</summary>
    public virtual JsonNode WebSearchSites(JsonNode entry) => entry;

    /// <summary>
    /// Writes the members of the entry that a web search has here. False when a setting was left out; null, with nothing written, where there is
    /// none.
    /// </summary>
    public virtual bool? WriteWebSearch(in WebSearchSettings settings, JsonWriter output) => null;

    /// <summary>What a client that asks so sees of thinking at its own vendor, which shows it only where thinking is asked for.</summary>
    public virtual ThinkingView View(ChatRequest request) =>
        request.Reasoning.Mode is not (ReasoningMode.Budget or ReasoningMode.Adaptive or ReasoningMode.BetweenTools) ? ThinkingView.Hidden
            : request.Reasoning.Display == false ? ThinkingView.Wordless : ThinkingView.Shown;

    /// <summary>How providers want to be shown a key.</summary>
    public virtual KeyForm Key => KeyForm.Bearer;

    /// <summary>Header that names the version of the protocol; null when there is none.</summary>
    public virtual string? VersionHeader => null;

    /// <summary>Path of the vendor's list of models; null when it has none that a key can be tried on.</summary>
    public virtual string? ModelsPath => "/v1/models";

    /// <summary>The publisher of its models at Vertex AI.</summary>
    public virtual string VertexPublisher => "google";

    /// <summary>What Azure has in front of its paths; null where it has them as it has OpenAI's.</summary>
    public virtual string? AzurePrefix => null;

    /// <summary>Whether calls have ids on <paramref name="platform"/>, as far as the model knows them.</summary>
    public virtual bool HasCallIds(Platform platform) => true;

    /// <summary>
    /// What to say of a model that does not exist. <paramref name="name"/> is empty where it cannot be shown.
    /// </summary>
    public virtual string UnknownModel(ReadOnlySpan<char> name, in EgressCall call) => name.IsEmpty
        ? "The requested model does not exist or you do not have access to it."
        : $"The model `{name}` does not exist or you do not have access to it.";

    /// <summary>What to say of a model that cannot do what was asked.</summary>
    public virtual string IncapableModel(ReadOnlySpan<char> name, in EgressCall call) => $"The model `{name}` does not support this operation.";

    /// <summary>
    /// What to say of a path below <c>/models/</c> that ends in <paramref name="tail"/>, which names nothing that can be done, and may be shown or
    /// not; null where the vendor says no more than that the path is unknown.
    /// </summary>
    public virtual string? UnknownMethod(ReadOnlySpan<char> tail, bool isShown, string? version) => null;

    /// <summary>
    /// The chat request in <paramref name="body"/>, a request to count its tokens; empty where something else is to be counted.
    /// <paramref name="isInvoked"/> where it is a body of <c>InvokeModel</c>.
    /// </summary>
    public virtual ReadOnlyMemory<byte> ReadCountRequest(ReadOnlyMemory<byte> body, out bool isInvoked)
    {
        isInvoked = false;
        return body;
    }

    /// <summary>Writes the answer to a request to count.</summary>
    public virtual void WriteCount(long tokens, JsonWriter output)
    {
        output.StartObject();
        output.Number("input_tokens"u8, tokens);
        output.EndObject();
    }

    /// <summary>The tokens that an answer to a request to count names; null where it names none.</summary>
    public virtual long? ReadCount(ReadOnlyMemory<byte> body)
    {
        using var tape = new JsonTape();
        return tape.TryParse(body) ? tape.Root["input_tokens"u8].Integer : null;
    }

    /// <summary>The vendor in OpenTelemetry's conventions for GenAI (<c>gen_ai.provider.name</c>).</summary>
    public abstract string TelemetryName { get; }

    /// <summary>What the same conventions call a chat call.</summary>
    public virtual string TelemetryChat => "chat";

    /// <summary>Which sampling controls its requests have.</summary>
    public abstract SamplingForm Sampling { get; }

    /// <summary>A new request id of native shape.</summary>
    public abstract string NewRequestId();

    /// <summary>A new answer id of native shape (<c>msg_…</c>, <c>chatcmpl-…</c>).</summary>
    public abstract string NewResponseId();

    /// <summary>
    /// Path and query of a chat call at a provider, e.g. <c>/v1/messages</c>. <paramref name="model"/> is percent-encoded here
    /// where the path carries it.
    /// </summary>
    public abstract string EgressPath(string model, bool stream);

    /// <summary>
    /// Path and query of any call at a provider. Protocols override it for the operations they have besides chat; asking for one that a protocol
    /// has not is a bug.
    /// </summary>
    public virtual string EgressPath(string model, in EgressCall call) => call.Operation == Operation.Chat
        ? EgressPath(model, call.Stream)
        : throw new NotSupportedException($"{Id.Name()} has no {call.Operation}");

    /// <summary>
    /// Appends <paramref name="body"/> with <paramref name="model"/>, the provider's name, wherever the body repeats the model of the path. False,
    /// with nothing written, when it does not, as in all protocols but Gemini.
    /// </summary>
    public virtual bool RenameModels(ReadOnlyMemory<byte> body, string model, PooledBuffer output) => false;

    /// <summary>
    /// Appends <paramref name="body"/>, a valid request of this protocol on any platform, to <paramref name="output"/> as this platform frames it.
    /// The result is what its headers must say in place of the body. Asking it of a protocol that all platforms frame alike is a bug.
    /// </summary>
    public virtual ReframedHeaders Reframe(ReadOnlyMemory<byte> body, in ReframeRequest ask, PooledBuffer output) =>
        throw new NotSupportedException($"{Id.Name()} has one frame");

    /// <summary>
    /// Appends a frame of a stream that came from another platform as this one frames it. <paramref name="usage"/> is what the stream has reported so
    /// far.
    /// </summary>
    public virtual void WriteFrame(in Frame frame, in Usage usage, StreamContext context, PooledBuffer output)
    {
        output.Write("event: "u8);
        output.Write(frame.Name.Span);
        output.Write("\ndata: "u8);
        int start = output.Length;
        output.Write(frame.Data.Span);
        SingleLine.Enforce(output, start);
        output.Write("\n\n"u8);
    }

    /// <summary>
    /// Hides the usage of a stream from clients that did not ask for it. Only where <see cref="TrafficForm.HidesUsage"/>; asking it of another
    /// protocol is a bug.
    /// </summary>
    public virtual IUsageFilter NewUsageFilter() => throw new NotSupportedException($"{Id.Name()} reports usage to all");

    /// <summary>A framer for this protocol's upstream streams.</summary>
    public virtual IFramer NewFramer() => new SseFramer();

    /// <summary>
    /// A framer for an upstream stream whose response says <paramref name="contentType"/>; null when it says nothing. Only a protocol that streams in
    /// several framings (Gemini) looks at it.
    /// </summary>
    public virtual IFramer NewFramer(string? contentType) => NewFramer();

    /// <summary>
    /// Reads a request body into <paramref name="request"/>, whose tape is parsed here. <paramref name="pathModel"/> and <paramref name="stream"/>
    /// are what the route says; protocols that carry them in the body ignore them. Null on success; otherwise what to tell the client.
    /// </summary>
    public abstract GatewayError? ReadRequest(ReadOnlyMemory<byte> body, JsonText pathModel, bool stream, ChatRequest request);

    /// <summary>
    /// Whether the typed fields of a request that was read say all there is in <paramref name="member"/>, which is kept whole beside them: nothing of
    /// it is lost when only they are written.
    /// </summary>
    public virtual bool IsRead(in JsonMember member) => false;

    /// <summary>Whether a request has a form for <paramref name="media"/>, a picture, a file or a recording, at <paramref name="place"/>.</summary>
    public virtual bool CanSend(Block media, Place place) => true;

    /// <summary>Files of text may be sent as files; otherwise those that the protocol does not take become text.</summary>
    public virtual bool TakesTextFiles => false;

    /// <summary>
    /// Writes a request that the adapter has prepared for this protocol. What still cannot be expressed is dropped and noted in
    /// <paramref name="losses"/>.
    /// </summary>
    public abstract void WriteRequest(ChatRequest request, EgressTarget target, JsonWriter output, ref Losses losses);

    /// <summary>Name of the member that holds the answer, quoted: an array or object that is hardly ever empty.</summary>
    protected abstract ReadOnlySpan<byte> AnswerMark { get; }

    /// <summary>Reads a whole 2xx answer. False when it is not this protocol's answer at all.</summary>
    public abstract bool ReadResponse(ReadOnlyMemory<byte> body, ChatResponse response);

    /// <summary>
    /// Whether a whole 2xx <paramref name="body"/> looks like an answer at first sight, without parsing it: the member that holds the answer is
    /// there, with something in it. Found nearly always, and at the speed of memory; where it is not, <see cref="ReadResponse"/> knows better.
    /// </summary>
    public bool LooksAnswered(ReadOnlySpan<byte> body)
    {
        int at = body.IndexOf(AnswerMark);
        if (at < 0)
        {
            return false;
        }

        ReadOnlySpan<byte> value = body[(at + AnswerMark.Length)..].TrimStart(": \t\r\n"u8);
        return value.Length > 1 && value[0] is (byte)'[' or (byte)'{' && value[1..].TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'"', ..];
    }

    /// <summary>Writes a whole answer.</summary>
    public abstract void WriteResponse(ChatResponse response, in ResponseIdentity identity, JsonWriter output, ref Losses losses);

    /// <summary>A reader for one upstream stream.</summary>
    public abstract IStreamReader NewStreamReader();

    /// <summary>A writer for one client stream.</summary>
    public abstract IStreamWriter NewStreamWriter(StreamContext context);

    /// <summary>A cheap observer for one same-protocol stream.</summary>
    public abstract IStreamTap NewStreamTap();

    /// <summary>
    /// The word in which its clients know the service tier that other protocols call <paramref name="tier"/>; absent when they have none for it.
    /// </summary>
    public abstract JsonText TierWord(JsonText tier);

    /// <summary>Name of the member in which a whole answer names its model; empty when answers never do.</summary>
    public virtual ReadOnlySpan<byte> ModelMember => "model"u8;

    /// <summary>Name of the member around <see cref="ModelMember"/> in the events of a stream; empty when there is none.</summary>
    public virtual ReadOnlySpan<byte> StreamModelHolder => default;

    /// <summary>Writes the vendor's list of <paramref name="models"/> as clients of its own API see it.</summary>
    public abstract void WriteModels(IReadOnlyList<ListedModel> models, JsonWriter output);

    /// <summary>Writes the members of one entry of that list, without the braces.</summary>
    public abstract void WriteModel(ListedModel model, JsonWriter output);

    /// <summary>Token counts of a whole same-protocol answer, without building the representation; unreported when it has none.</summary>
    public abstract Usage ReadUsage(ReadOnlyMemory<byte> body);

    /// <summary>Lifts code, type and message from an error body. Never throws; an unreadable body gives nulls.</summary>
    public abstract ProviderError ReadError(int status, ReadOnlyMemory<byte> body);

    /// <summary>HTTP status of <paramref name="error"/> in this protocol.</summary>
    public virtual int StatusOf(in GatewayError error) => error.Status != 0 ? error.Status : ErrorStatus.Usual(error.Kind);

    /// <summary>Value of <see cref="ErrorTypeHeader"/> for <paramref name="error"/>; null when the protocol has none.</summary>
    public virtual string? ErrorType(in GatewayError error) => null;

    /// <summary>Writes the error envelope; <paramref name="requestId"/> is the id that also stands in <see cref="RequestIdHeader"/>.</summary>
    public abstract void WriteError(in GatewayError error, string requestId, JsonWriter output);
}
