namespace Busbar.Governance.Leases;

/// <summary>
/// What a node says of one limit in one window, and wants of it. All amounts are totals of its session in that window, in the unit of the limit, so
/// that to say it twice changes nothing.
/// </summary>
internal readonly record struct LeaseAsk
{
    /// <summary>Id of the group or key.</summary>
    public required string Owner { get; init; }

    /// <summary>The limit's <see cref="Groups.Limit.Key"/>.</summary>
    public required string Key { get; init; }

    /// <summary>Start of the window, epoch second; 0 for limits without one.</summary>
    public required long Start { get; init; }

    /// <summary>The first window that counts as well: that of the first day of a rolling limit, otherwise <see cref="Start"/>.</summary>
    public required long From { get; init; }

    /// <summary>When nobody asks for this window any more, epoch second.</summary>
    public required long End { get; init; }

    /// <summary>The most that all nodes may use together.</summary>
    public required long Cap { get; init; }

    /// <summary>Used up.</summary>
    public required long Used { get; init; }

    /// <summary>How much of <see cref="Used"/> is noted already, as far as the node knows.</summary>
    public long Noted { get; init; }

    /// <summary>Used up, or held by requests under way, when it was said.</summary>
    public required long Base { get; init; }

    /// <summary>What the node goes on to count on; it is never taken from a node whose session lives.</summary>
    public required long Keep { get; init; }

    /// <summary>Below this there is no use in lending more.</summary>
    public required long Least { get; init; }

    /// <summary>What the requests that wait need.</summary>
    public required long Need { get; init; }

    /// <summary>What would do for the next two seconds.</summary>
    public required long Target { get; init; }

    /// <summary>What counts as used should the node not be heard again, as far as it has been granted.</summary>
    public required long Book { get; init; }

    /// <summary>Whether a window that nobody knows begins with what the key's usage by day says.</summary>
    public bool IsOfAccount { get; init; }
}
