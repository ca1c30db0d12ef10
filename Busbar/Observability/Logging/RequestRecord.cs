using Busbar.Ir;

namespace Busbar.Observability.Logging;

/// <summary>What is told of a request that has ended: everything a bill or an inquiry needs, and nothing of what was said in it.</summary>
internal sealed record RequestRecord : IWebhookRecord
{
    /// <summary>The id that the client was told, or would have been.</summary>
    public required string RequestId { get; init; }

    /// <summary>The provider's own id of the answer, where the client was told that one; null otherwise.</summary>
    public string? ProviderRequestId { get; init; }

    /// <summary>When it ended.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Id of the virtual key; null where none are used.</summary>
    public string? Key { get; init; }

    /// <summary>The key's name.</summary>
    public string? KeyName { get; init; }

    /// <summary>The key's group.</summary>
    public string? Group { get; init; }

    /// <summary>Id of that group; null for none.</summary>
    public string? GroupId { get; init; }

    /// <summary>
    /// The limit of a group, or of a key for a pool or window of its own, that refused it: its owner, kind, window and pool; null for none.
    /// </summary>
    public string? Limit { get; init; }

    /// <summary>
    /// The pool that was asked for, where <see cref="Limit"/> sent the request to another one instead of refusing it; null where it did not.
    /// </summary>
    public string? DowngradedFrom { get; init; }

    /// <summary>The labels of the key and of the request, which win.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>The client's protocol.</summary>
    public required string Protocol { get; init; }

    /// <summary>Pool or model that was asked for; <c>unresolved</c> when it named neither.</summary>
    public required string Pool { get; init; }

    /// <summary>The pool or model that the client named; null when it named neither.</summary>
    public string? ModelAsked { get; init; }

    /// <summary>Where the request came from, behind trusted proxies.</summary>
    public string? Client { get; init; }

    /// <summary>Lane that answered; null when none did.</summary>
    public string? Lane { get; init; }

    /// <summary>Its provider.</summary>
    public string? Provider { get; init; }

    /// <summary>Its model, as the provider calls it.</summary>
    public string? ModelServed { get; init; }

    /// <summary>Tokens by kind; those that were charged, where a key was.</summary>
    public Usage Usage { get; init; }

    /// <summary>Whether the tokens are an estimate.</summary>
    public bool IsEstimated { get; init; }

    /// <summary>What the key was charged, cents; null without keys.</summary>
    public double? CostCents { get; init; }

    /// <summary>Whether no price was known for the tokens, or for the tier that served them.</summary>
    public bool IsUnpriced { get; init; }

    /// <summary>The tier of service that the provider named.</summary>
    public ServedTier ServiceTier { get; init; }

    /// <summary>HTTP status of the answer; 0 when there was none.</summary>
    public required int Status { get; init; }

    /// <summary>As in metrics.</summary>
    public required string Outcome { get; init; }

    /// <summary>Why it failed; null when it did not.</summary>
    public string? Reason { get; init; }

    /// <summary>Calls of providers.</summary>
    public required int Attempts { get; init; }

    /// <summary>Those that failed.</summary>
    public IReadOnlyList<FailedAttempt> Failures { get; init; } = [];

    /// <summary>Arrival to the first content of the answer; null when there was none.</summary>
    public TimeSpan? FirstContent { get; init; }

    /// <summary>Arrival to the end.</summary>
    public required TimeSpan Total { get; init; }

    /// <inheritdoc/>
    public void Write(System.Text.Json.Utf8JsonWriter json) => RequestRecordJson.Write(json, this);
}
