using Busbar.Ir.Request;

namespace Busbar.Ir;

/// <summary>What kind of source a citation points into.</summary>
internal enum CitationKind : byte
{
    /// <summary>A web page.</summary>
    Web,

    /// <summary>Characters of a document.</summary>
    DocumentChars,

    /// <summary>Pages of a document.</summary>
    DocumentPages,

    /// <summary>Content blocks of a document.</summary>
    DocumentBlocks,

    /// <summary>A search result given as input.</summary>
    SearchResult,

    /// <summary>A tool's output.</summary>
    Tool,
}
