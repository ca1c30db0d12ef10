using Busbar.Wire.Json;

namespace Busbar.Ir;

/// <summary>
/// A statement's source. <see cref="Raw"/> is replayed verbatim to the protocol it came from; every other writer rebuilds
/// its own shape from the neutral fields.
/// </summary>
internal struct Citation
{
    /// <summary>What the positions count.</summary>
    public CitationKind Kind;

    /// <summary>The protocol of <see cref="Raw"/>.</summary>
    public ProtocolId Origin;

    /// <summary>The citation as read; absent when it was built here.</summary>
    public JsonSlice Raw;

    /// <summary>The words quoted from the source.</summary>
    public JsonText CitedText;

    /// <summary>Title of the source.</summary>
    public JsonText Title;

    /// <summary>Address of the source, where it has one.</summary>
    public JsonText Url;

    /// <summary>Id of a source within the protocol (document id, file id, encrypted index).</summary>
    public JsonText SourceId;

    /// <summary>Index of the cited document in the request, or -1.</summary>
    public int DocumentIndex;

    /// <summary>Start in the source (characters, pages or blocks by <see cref="Kind"/>), or -1.</summary>
    public long SourceStart;

    /// <summary>End in the source, exclusive, or -1.</summary>
    public long SourceEnd;

    /// <summary>Start of the cited statement in the block's text, in Unicode scalar values, or -1.</summary>
    public long TextStart;

    /// <summary>End of the cited statement in the block's text, exclusive, or -1.</summary>
    public long TextEnd;

    /// <summary>A citation with every position unknown.</summary>
    public static Citation New(CitationKind kind, ProtocolId origin) => new()
    {
        Kind = kind,
        Origin = origin,
        DocumentIndex = -1,
        SourceStart = -1,
        SourceEnd = -1,
        TextStart = -1,
        TextEnd = -1,
    };
}
