using Busbar.Ir;
using Busbar.Observability.Logging;
using Busbar.Observability.Metrics;

namespace Busbar.Observability.Live;

/// <summary>
/// What is kept of a request that has ended, for whoever looks at it soon after: configured names, fixed words, counts and times. Nothing of what was
/// said in it, and no credential. Every text is one that exists anyway, so that keeping it allocates nothing.
/// </summary>
internal readonly record struct RecentRequest
{
    /// <summary>Greater than that of every request that ended before; 0 for none.</summary>
    public long Sequence { get; init; }

    /// <summary>When it ended, Unix milliseconds.</summary>
    public long EndedAtMs { get; init; }

    /// <summary>The id that the gateway gave it; null where the client was told the provider's or none.</summary>
    public string? RequestId { get; init; }

    /// <summary>The provider's own id of the answer, where the client was told that one.</summary>
    public string? ProviderRequestId { get; init; }

    /// <summary>Id of the virtual key; null where none was used.</summary>
    public string? Key { get; init; }

    /// <summary>The key's name.</summary>
    public string? KeyName { get; init; }

    /// <summary>Name of the key's group.</summary>
    public string? Group { get; init; }

    /// <summary>The client's protocol.</summary>
    public ProtocolId Protocol { get; init; }

    /// <summary>Pool or model that was asked for; <c>unresolved</c> when it named neither.</summary>
    public string Pool { get; init; }

    /// <summary>Pool whose lane answered: the one asked for or a fallback of it; null when none did.</summary>
    public string? ServedIn { get; init; }

    /// <summary>Lane that answered; null when none did.</summary>
    public string? Lane { get; init; }

    /// <summary>HTTP status of the answer; 0 when there was none.</summary>
    public int Status { get; init; }

    /// <summary>How it ended.</summary>
    public Outcome Outcome { get; init; }

    /// <summary>Why the gateway refused it; null when it did not.</summary>
    public string? Reason { get; init; }

    /// <summary>The limit that refused it or sent it elsewhere.</summary>
    public string? Limit { get; init; }

    /// <summary>The pool that was asked for, where a limit sent the request to another one.</summary>
    public string? DowngradedFrom { get; init; }

    /// <summary>Calls of providers.</summary>
    public int Attempts { get; init; }

    /// <summary>Those that failed; never changed any more; null for none.</summary>
    public IReadOnlyList<FailedAttempt>? Failures { get; init; }

    /// <summary>Whether the client asked for a stream.</summary>
    public bool Streams { get; init; }

    /// <summary>Tokens on the input side.</summary>
    public long InputTokens { get; init; }

    /// <summary>Of those, read from a prompt cache.</summary>
    public long CachedTokens { get; init; }

    /// <summary>Tokens of the answer.</summary>
    public long OutputTokens { get; init; }

    /// <summary>Whether the tokens are an estimate.</summary>
    public bool IsEstimated { get; init; }

    /// <summary>What the key was charged, nano-dollars; null without a key.</summary>
    public long? CostNanos { get; init; }

    /// <summary>Arrival to the first content of the answer, milliseconds; null when there was none.</summary>
    public int? FirstContentMs { get; init; }

    /// <summary>Arrival to the end, milliseconds.</summary>
    public int TotalMs { get; init; }

    /// <summary>What translations between protocols dropped or degraded.</summary>
    public Losses Lost { get; init; }

    /// <summary>Whether anything about it went wrong: it failed, or a provider failed it.</summary>
    public bool IsTroubled => Outcome != Outcome.Ok || Failures is { Count: > 0 };
}
