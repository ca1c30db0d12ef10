namespace Busbar.Configuration;

/// <summary>Prices of one model in micro-cents per token.</summary>
internal sealed record RateCardConfig
{
    /// <summary>Uncached input.</summary>
    public long Input { get; init; }

    /// <summary>Output.</summary>
    public long Output { get; init; }

    /// <summary>Input read from a cache.</summary>
    public long CacheRead { get; init; }

    /// <summary>Input written to a cache.</summary>
    public long CacheWrite { get; init; }

    /// <summary>Reasoning; null for the output price.</summary>
    public long? Reasoning { get; init; }
}
