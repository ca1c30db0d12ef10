using Busbar.Ir;

namespace Busbar.Protocols.Forms;

/// <summary>How a protocol asks for thinking, shows it, and has it sent back.</summary>
internal sealed class ReasoningForm
{
    /// <summary>How a request says how hard to think.</summary>
    public ReasoningStyle Style { get; init; }

    /// <summary>Whether a request says how thinking is shown only where it says how to think.</summary>
    public bool TiesDisplay { get; init; }

    /// <summary>Whether the highest word exists.</summary>
    public bool HasMaxEffort { get; init; } = true;

    /// <summary>Whether some models refuse to think beside tools, so that they must be told not to.</summary>
    public bool MayExcludeTools { get; init; }

    /// <summary>Whether hosts show thinking without being asked, and some want its words back.</summary>
    public bool ShowsUnasked { get; init; }

    /// <summary>Whether thinking has a place for a signature.</summary>
    public bool HasSignatures { get; init; }

    /// <summary>
    /// Whether signatures of calls and words travel to clients in thinking of their own, and thinking without a signature gets a mark.
    /// </summary>
    public bool CarriesOthers { get; init; }

    /// <summary>The protocol whose signatures stand on calls themselves; null where calls have no place for one.</summary>
    public ProtocolId? CallSigner { get; init; }

    /// <summary>Whether words have a place for a signature too.</summary>
    public bool SignsWords { get; init; }

    /// <summary>Whether calls of the history must have signatures, where the model makes them.</summary>
    public bool WantsCallSignatures { get; init; }

    /// <summary>Whether clients look for the signature of a call where the call begins.</summary>
    public bool SignsCallStarts { get; init; }

    /// <summary>The family of models that a bare signature is of.</summary>
    public required string Family { get; init; }
}
