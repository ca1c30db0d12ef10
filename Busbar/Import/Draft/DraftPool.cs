namespace Busbar.Import.Draft;

/// <summary>A pool as it will be written. Null for what is left out.</summary>
internal sealed record DraftPool
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its models.</summary>
    public required IReadOnlyList<DraftMember> Members { get; init; }

    /// <summary><c>strategy</c>.</summary>
    public string? Strategy { get; init; }

    /// <summary><c>failover.cap</c>.</summary>
    public int? Cap { get; init; }

    /// <summary><c>breaker.trip.n</c>, with the mode <c>consecutive</c>.</summary>
    public int? FailuresInARow { get; init; }

    /// <summary>Both cooldowns of <c>breaker</c>, seconds.</summary>
    public int? CooldownSeconds { get; init; }

    /// <summary>The pool in <c>on_exhausted</c>.</summary>
    public string? Fallback { get; init; }
}
