namespace Busbar.Configuration.Model;

/// <summary>Prices of one model in nano-cents per token, which is thousandths of a cent for a million tokens.</summary>
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
