using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Ir.Request;

/// <summary>
/// A chat request in the representation all six protocols share. Everything is a slice of the body it was read from or lives in its arena; numbers
/// that must keep their spelling are raw slices.
/// </summary>
internal sealed class ChatRequest : RentedDocument<ChatRequest>
{
    /// <summary>Most fields that the representation does not model, in one place.</summary>
    public const int MaxExtra = 50_000;

    /// <summary>What errors call such fields.</summary>
    public const string ExtraWords = "unknown members";

    /// <summary>Most tools.</summary>
    public const int MaxTools = 20_000;

    /// <summary>Most turns.</summary>
    public const int MaxMessages = 100_000;

    private const int MaxStops = 10_000;

    /// <summary>The protocol it was read from.</summary>
    public ProtocolId Source;

    /// <summary>The model as the client named it; absent in protocols that name it in the path.</summary>
    public JsonText Model;

    /// <summary>Whether the client wants a stream.</summary>
    public bool Stream;

    /// <summary>OpenAI: the client asked for a usage chunk at the end of the stream.</summary>
    public bool IncludeUsage;

    /// <summary>Top-level instructions.</summary>
    public List<Block> System { get; } = [];

    /// <summary>
    /// The conversation. May hold <see cref="Role.System"/> turns at their place; the adapter hoists them where a target has no such turn.
    /// </summary>
    public CappedList<Message> Messages { get; } = new(MaxMessages, "messages");

    /// <summary>Tools on offer.</summary>
    public CappedList<Tool> Tools { get; } = new(MaxTools, "tools");

    /// <summary>Which tools may or must be called.</summary>
    public ToolChoice ToolChoice;

    /// <summary>False forbids several calls in one turn; null when unsaid.</summary>
    public bool? ParallelToolCalls;

    /// <summary>Output token limit, 1 to 2^32-1; null when unsaid or out of range.</summary>
    public long? MaxTokens;

    /// <summary>OpenAI: the limit was spelt <c>max_completion_tokens</c>.</summary>
    public bool MaxTokensIsCompletion;

    /// <summary>Sampling temperature as spelt; absent when unsaid.</summary>
    public JsonSlice Temperature;

    /// <summary>Nucleus sampling as spelt.</summary>
    public JsonSlice TopP;

    /// <summary>Top-k sampling, at least 1; null when unsaid or out of range.</summary>
    public long? TopK;

    /// <summary>Stop strings, without empty ones.</summary>
    public CappedList<JsonText> Stop { get; } = new(MaxStops, "stop sequences");

    /// <summary>Random seed as spelt.</summary>
    public JsonSlice Seed;

    /// <summary>Frequency penalty as spelt.</summary>
    public JsonSlice FrequencyPenalty;

    /// <summary>Presence penalty as spelt.</summary>
    public JsonSlice PresencePenalty;

    /// <summary>Number of alternative answers; null when unsaid.</summary>
    public long? CandidateCount;

    /// <summary>Whether token log probabilities are wanted.</summary>
    public bool? Logprobs;

    /// <summary>How many alternatives per token.</summary>
    public long? TopLogprobs;

    /// <summary>Demanded form of the answer.</summary>
    public ResponseFormat ResponseFormat;

    /// <summary>How hard to think.</summary>
    public Reasoning Reasoning;

    /// <summary>The end user on whose behalf the call is made.</summary>
    public JsonText User;

    /// <summary>String pairs attached to the request (OpenAI metadata, Bedrock requestMetadata), raw object.</summary>
    public JsonSlice Metadata;

    /// <summary>Service tier word: auto, default, standard_only, flex, priority, fast, reserved, scale.</summary>
    public JsonText ServiceTier;

    /// <summary>Verbosity word (OpenAI, Responses).</summary>
    public JsonText Verbosity;

    /// <summary>Prompt cache key (OpenAI, Responses).</summary>
    public JsonText PromptCacheKey;

    /// <summary>Whole-request caching (Anthropic top-level <c>cache_control</c>).</summary>
    public CacheMark CacheAuto;

    /// <summary>The client keeps encrypted reasoning and waits for it (Responses <c>include</c>).</summary>
    public bool WantsReasoningItems;

    /// <summary>The client asks for a summary of the conversation instead of an answer (Responses <c>compaction_trigger</c>).</summary>
    public bool WantsSummary;

    /// <summary>
    /// Set by a reader when the request depends on state that only its own vendor holds (<c>previous_response_id</c>, <c>thread</c>,
    /// cached content): the name of that field. The adapter refuses such a request on a cross-protocol hop with a 400 that names it.
    /// </summary>
    public string? VendorState;

    /// <summary>Top-level fields the representation does not model: re-emitted on a same-protocol write, cleared on every other.</summary>
    public CappedList<JsonMember> Extra { get; } = new(MaxExtra, ExtraWords);

    /// <summary>Adds a message of <paramref name="role"/> at the end.</summary>
    public Message AddMessage(Role role)
    {
        Message message = Arena.NewMessage(role);
        Messages.Add(message);
        return message;
    }

    /// <inheritdoc/>
    protected override void Forget()
    {
        Source = default;
        Model = User = ServiceTier = Verbosity = PromptCacheKey = default;
        Stream = IncludeUsage = MaxTokensIsCompletion = WantsReasoningItems = WantsSummary = false;
        System.Empty();
        Messages.Empty();
        Tools.Empty();
        Stop.Empty();
        Extra.Empty();
        ToolChoice = default;
        ParallelToolCalls = null;
        MaxTokens = TopK = CandidateCount = TopLogprobs = null;
        Temperature = TopP = Seed = FrequencyPenalty = PresencePenalty = Metadata = default;
        Logprobs = null;
        ResponseFormat = default;
        Reasoning = default;
        CacheAuto = default;
        VendorState = null;
    }
}
