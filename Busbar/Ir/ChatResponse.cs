using Busbar.Ir.Streams;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Ir;

/// <summary>A whole (not streamed) answer in the shared representation.</summary>
internal sealed class ChatResponse : RentedDocument<ChatResponse>
{
    /// <summary>Most candidates that are read: as many as Chat Completions lets a client ask for.</summary>
    public const int MaxCandidates = 128;

    /// <summary>The protocol of the body it was read from; null when it was put together otherwise.</summary>
    public ProtocolId? Source;

    /// <summary>The provider's id of the answer.</summary>
    public JsonText Id;

    /// <summary>The model that answered, as the provider names it.</summary>
    public JsonText Model;

    /// <summary>Unix seconds at which the provider says it was made; 0 when unsaid.</summary>
    public long Created;

    /// <summary>The answer, in order.</summary>
    public List<Block> Blocks { get; } = [];

    /// <summary>Why it ended.</summary>
    public StopReason StopReason;

    /// <summary>The stop string that was met.</summary>
    public JsonText StopSequence;

    /// <summary>Category of a refusal or block (Anthropic <c>stop_details.category</c>, Gemini block reason).</summary>
    public JsonText StopCategory;

    /// <summary>Explanation of a refusal or block.</summary>
    public JsonText StopExplanation;

    /// <summary>What it cost.</summary>
    public Usage Usage;

    /// <summary>Token log probabilities in the OpenAI <c>logprobs.content</c> array form; absent when none.</summary>
    public JsonSlice Logprobs;

    /// <summary>The tier that served it.</summary>
    public JsonText ServiceTier;

    /// <summary>The provider sent further candidates, which are not read.</summary>
    public bool HasOtherCandidates;

    /// <summary>
    /// The provider's next candidate: blocks, probabilities and end, beside what this one says of the whole; null when there is none.
    /// </summary>
    public ChatResponse? Next { get; private set; }

    /// <summary>
    /// Set when the 200 body reports a failure (Responses status <c>failed</c>): what happened. The gateway treats it as an upstream error.
    /// </summary>
    public StreamError? Failure;

    /// <summary>Further fields of the answer, for a same-protocol write.</summary>
    public List<JsonMember> Extra { get; } = [];

    /// <summary>Adds a candidate behind this one, which has none yet.</summary>
    public ChatResponse AddNext()
    {
        Next = Rent();
        Next.Source = Source;
        Next.Arena.Allowance = Arena.Allowance;
        return Next;
    }

    /// <summary>Whether there is a block of <paramref name="kind"/>.</summary>
    public bool Has(BlockKind kind)
    {
        foreach (Block block in Blocks)
        {
            if (block.Kind == kind)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Adds a block of <paramref name="kind"/> at the end.</summary>
    public Block Add(BlockKind kind)
    {
        Block block = Arena.NewBlock(kind);
        Blocks.Add(block);
        return block;
    }

    /// <inheritdoc/>
    protected override void Forget()
    {
        Source = default;
        Id = Model = StopSequence = StopCategory = StopExplanation = ServiceTier = default;
        Created = 0;
        Blocks.Empty();
        StopReason = default;
        Usage = default;
        Logprobs = default;
        Failure = null;
        HasOtherCandidates = false;
        Next?.Dispose();
        Next = null;
        Extra.Empty();
    }
}
