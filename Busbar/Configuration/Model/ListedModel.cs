using Busbar.Configuration.Model.Prices;

namespace Busbar.Configuration.Model;

/// <summary>A row of the price list.</summary>
internal sealed record ListedModel
{
    /// <summary>The block of the list that it stands in, which is a provider of the catalogue.</summary>
    public required string Provider { get; init; }

    /// <summary>The provider's name of the model.</summary>
    public required string Name { get; init; }

    /// <summary>What it costs.</summary>
    public required RateCardConfig Card { get; init; }

    /// <summary>Where that was looked up.</summary>
    public required string Source { get; init; }

    /// <summary>When, as <c>2026-01-31</c>.</summary>
    public required string Date { get; init; }

    /// <summary>Tokens it takes, the answer included; null where unknown.</summary>
    public long? Context { get; init; }

    /// <summary>Tokens it writes in one answer; null where unknown.</summary>
    public long? OutputMax { get; init; }
}
