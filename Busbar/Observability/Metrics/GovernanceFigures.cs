namespace Busbar.Observability.Metrics;

/// <summary>Virtual keys at work, as of one moment. All zero without governance.</summary>
internal sealed record GovernanceFigures
{
    /// <summary>Reservations not yet closed.</summary>
    public long OpenReservations { get; init; }

    /// <summary>What they hold of budgets, cents.</summary>
    public double ReservedCents { get; init; }

    /// <summary>How far the store is behind.</summary>
    public TimeSpan LedgerLag { get; init; }

    /// <summary>Flushes of the ledger that failed.</summary>
    public long LedgerFlushErrors { get; init; }

    /// <summary>How long the database that nodes share has been away; zero while it answers.</summary>
    public TimeSpan DatabaseAway { get; init; }

    /// <summary>Requests whose tokens were estimated.</summary>
    public long EstimatedUsage { get; init; }

    /// <summary>Requests for which a provider reported impossibly many tokens.</summary>
    public long ClampedUsage { get; init; }

    /// <summary>Refused requests by the limit in their way.</summary>
    public long RefusedForBudget { get; init; }

    /// <inheritdoc cref="RefusedForBudget"/>
    public long RefusedForTokens { get; init; }

    /// <inheritdoc cref="RefusedForBudget"/>
    public long RefusedForRequests { get; init; }

    /// <inheritdoc cref="RefusedForBudget"/>
    public long RefusedForConcurrency { get; init; }

    /// <inheritdoc cref="RefusedForBudget"/>
    public long RefusedForAccess { get; init; }

    /// <summary>Some keys with the number of their requests that were refused, those with most first.</summary>
    public IReadOnlyList<(string Key, long Count)> Refusals { get; init; } = [];

    /// <summary>Some keys, the biggest spenders first.</summary>
    public IReadOnlyList<KeyFigures> Keys { get; init; } = [];
}
