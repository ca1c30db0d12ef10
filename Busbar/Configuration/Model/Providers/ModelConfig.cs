using Busbar.Configuration.Model.Prices;

namespace Busbar.Configuration.Model.Providers;

/// <summary>One model at one provider: what a lane is made from.</summary>
internal sealed record ModelConfig
{
    /// <summary>Name in the configuration, by which clients and pools refer to it.</summary>
    public required string Name { get; init; }

    /// <summary>Provider that serves it.</summary>
    public required string Provider { get; init; }

    /// <summary>Calls that may be in flight at once, at least 1.</summary>
    public required int MaxConcurrent { get; init; }

    /// <summary>Successful calls in the life of the process; -1 for no limit.</summary>
    public long MaxRequests { get; init; } = -1;

    /// <summary>Calls that the provider allows to begin in a minute; null for no limit.</summary>
    public long? Rpm { get; init; }

    /// <summary>Tokens that the provider allows in a minute, of input and output; null for no limit.</summary>
    public long? Tpm { get; init; }

    /// <summary>Output limit sent to Anthropic when the caller gave none; null for the global default.</summary>
    public long? DefaultMaxTokens { get; init; }

    /// <summary>Model id on the wire. Defaults to <see cref="Name"/>.</summary>
    public required string UpstreamModel { get; init; }

    /// <summary>Longest time to response headers of one attempt, milliseconds; null for the request's deadline.</summary>
    public int? AttemptTimeoutMs { get; init; }

    /// <summary>Longest time to the first content of a stream, milliseconds; null for the gateway's own.</summary>
    public int? FirstContentTimeoutMs { get; init; }

    /// <summary>Capability flags the operator overrides, by snake_case name.</summary>
    public IReadOnlyDictionary<string, bool> Capabilities { get; init; } = new Dictionary<string, bool>();

    /// <summary>Prices that the operator wrote; null for others.</summary>
    public RateCardConfig? RateCard { get; init; }

    /// <summary>What the price list knows of it; null for nothing.</summary>
    public ListedModel? Listed { get; init; }
}
