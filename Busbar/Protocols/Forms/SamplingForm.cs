namespace Busbar.Protocols.Forms;

/// <summary>Which sampling controls requests of a protocol have, and within which ranges. What is left out is not bounded.</summary>
internal sealed record SamplingForm
{
    /// <summary>Frequency and presence penalties, and a seed.</summary>
    public bool HasPenalties { get; init; }

    /// <summary>Smallest penalty.</summary>
    public double MinPenalty { get; init; } = -2;

    /// <summary>Largest penalty.</summary>
    public double MaxPenalty { get; init; } = 2;

    /// <summary>Whether a seed may be below zero.</summary>
    public bool HasNegativeSeeds { get; init; } = true;

    /// <summary>Largest temperature.</summary>
    public double MaxTemperature { get; init; } = 2;

    /// <summary>Smallest share of <c>top_p</c>.</summary>
    public double MinTopP { get; init; }

    /// <summary>Largest share of <c>top_p</c>.</summary>
    public double MaxTopP { get; init; } = 1;

    /// <summary>Largest <c>top_k</c>; 0 where there is none.</summary>
    public long MaxTopK { get; init; } = long.MaxValue;

    /// <summary>Most alternatives for each token's probability; 0 where probabilities cannot be asked for.</summary>
    public int MaxLogprobs { get; init; }

    /// <summary>Most stop sequences.</summary>
    public int MaxStops { get; init; } = int.MaxValue;

    /// <summary>Whether a stop sequence may be of white space alone.</summary>
    public bool HasBlankStops { get; init; } = true;

    /// <summary>Most answers to one request. Only whole answers hold several.</summary>
    public int MaxCandidates { get; init; } = 1;

    /// <summary>The first version of the protocol that refuses sampling controls for every model; null when none does.</summary>
    public string? GoneSince { get; init; }

    /// <summary>Whether models that are told to think refuse sampling controls.</summary>
    public bool ExcludesThinking { get; init; }
}
