using Busbar.Ir;

namespace Busbar.Protocols.Forms;

/// <summary>Which blocks a conversation of a protocol has, and in which order its turns come. What is left out is as with most vendors.</summary>
internal sealed class BlockForm
{
    /// <summary>Whether refusals are of a kind of their own; otherwise they are words.</summary>
    public bool HasRefusals { get; init; }

    /// <summary>Whether words say in which phase of an answer they were said.</summary>
    public bool HasPhases { get; init; }

    /// <summary>Whether a picture says in which detail it is looked at.</summary>
    public bool HasImageDetail { get; init; } = true;

    /// <summary>Whether there are results of searches.</summary>
    public bool HasSearchResults { get; init; }

    /// <summary>Whether there are documents of text.</summary>
    public bool HasTextDocuments { get; init; } = true;

    /// <summary>Whether words of the history can have citations.</summary>
    public bool HasCitations { get; init; } = true;

    /// <summary>Whether pictures may stand beside a result that may not stand in it.</summary>
    public bool HasMediaBesideResults { get; init; }

    /// <summary>The protocol whose store its files are in; null for its own.</summary>
    public ProtocolId? FileStore { get; init; }

    /// <summary>Whether turns of user and assistant alternate, and the user's is the first.</summary>
    public bool Alternates { get; init; }

    /// <summary>Whether words of white space alone are refused, and white space at the end of an answer that was begun.</summary>
    public bool RefusesBlanks { get; init; }

    /// <summary>Whether instructions may stand between turns, where the model takes them there.</summary>
    public bool HasSystemTurns { get; init; } = true;

    /// <summary>Whether a summary without words is sealed: its vendor alone reads it.</summary>
    public bool HasSealedSummaries { get; init; }

    /// <summary>Whether a summary stands for all that is before it, though that is still there.</summary>
    public bool SummariesReplace { get; init; }
}
