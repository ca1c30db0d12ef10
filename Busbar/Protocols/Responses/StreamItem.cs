using Busbar.Ir;

namespace Busbar.Protocols.Responses;

/// <summary>What a stream reader remembers of one output item, or of one content part of a message item.</summary>
internal struct StreamItem
{
    /// <summary>The item's <c>output_index</c>.</summary>
    public long Output;

    /// <summary>The part's <c>content_index</c>; -1 for the item itself.</summary>
    public long Part;

    /// <summary>Kind of block it becomes. For a message item: Text, though its parts are the blocks. Opaque for all that arrives whole.</summary>
    public BlockKind Kind;

    /// <summary>Hash of the item id; 0 when it has none.</summary>
    public int IdHash;

    /// <summary>Number of the block it opened; -1 when none.</summary>
    public int Block;

    /// <summary>Words or arguments were passed on.</summary>
    public bool HasContent;

    /// <summary>Which reasoning part the last words belonged to; -1 before the first.</summary>
    public long ReasoningPart;

    /// <summary>How many annotations were passed on.</summary>
    public int Annotations;

    /// <summary>Nothing more will come of it.</summary>
    public bool IsDone;
}
