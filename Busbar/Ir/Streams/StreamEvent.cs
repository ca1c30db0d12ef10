using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Ir.Streams;

/// <summary>
/// One step of a streamed answer. Readers fill a reused <see cref="StreamEvents"/> buffer; all slices are valid only until the next frame is
/// read, so whoever needs them longer copies them.
/// </summary>
internal struct StreamEvent
{
    /// <summary>What happens.</summary>
    public StreamEventKind Kind;

    /// <summary>Kind of the block that opens.</summary>
    public BlockKind Block;

    /// <summary>Block number, unique in the stream, rising by first appearance.</summary>
    public int Index;

    /// <summary>Words, argument fragment or signature.</summary>
    public JsonText Text;

    /// <summary>TextDelta: log probabilities of its tokens, in the form of <see cref="ChatResponse.Logprobs"/>; absent when none.</summary>
    public JsonSlice Logprobs;

    /// <summary>Answer id on MessageStart; call id on BlockStart.</summary>
    public JsonText Id;

    /// <summary>Tool name on BlockStart.</summary>
    public JsonText Name;

    /// <summary>Model on MessageStart.</summary>
    public JsonText Model;

    /// <summary>Unix seconds on MessageStart; 0 when unsaid.</summary>
    public long Created;

    /// <summary>Vendor family of a signature.</summary>
    public ProtocolId Origin;

    /// <summary>BlockStart of a tool use: its signature, where it is known by then. It comes as a delta all the same.</summary>
    public JsonText Signature;

    /// <summary>BlockStart of a tool use: the client's group of tools it is one of; absent when in none.</summary>
    public JsonText Namespace;

    /// <summary>BlockStart of a tool use: how the client spells the call.</summary>
    public ToolForm Form;

    /// <summary>BlockStart of a tool use: the tool takes free text.</summary>
    public bool IsCustomTool
    {
        readonly get => Form == ToolForm.Custom;
        set => Form = value ? ToolForm.Custom : ToolForm.Function;
    }

    /// <summary>BlockStart: the complete block, for kinds that do not stream (image, server tools, redacted thinking, opaque).</summary>
    public Block? Whole;

    /// <summary>CitationDelta: the citation.</summary>
    public Citation Citation;

    /// <summary>MessageDelta: why the answer ended; None when not said by this event.</summary>
    public StopReason StopReason;

    /// <summary>MessageDelta: the stop string that was met.</summary>
    public JsonText StopSequence;

    /// <summary>MessageDelta: category of a refusal or block.</summary>
    public JsonText StopCategory;

    /// <summary>MessageDelta: explanation of a refusal or block.</summary>
    public JsonText StopExplanation;

    /// <summary>MessageStart and MessageDelta: token counts, cumulative.</summary>
    public Usage Usage;

    /// <summary>MessageStart and MessageDelta: the tier that serves the answer; absent when not said by this event.</summary>
    public JsonText ServiceTier;

    /// <summary>MessageDelta: the provider sends further candidates, which are not read.</summary>
    public bool HasOtherCandidates;

    /// <summary>Error: what the provider said.</summary>
    public StreamError? Error;
}
