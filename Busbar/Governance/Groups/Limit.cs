using Busbar.Ir;

namespace Busbar.Governance.Groups;

/// <summary>A limit of a group or a key. Immutable; within one owner it is known by kind, window and scope.</summary>
internal sealed record Limit
{
    /// <summary>Most days of a rolling window.</summary>
    public const int MaxDays = 366;

    /// <summary>What it counts.</summary>
    public required LimitKind Kind { get; init; }

    /// <summary>For how long; meaningless for <see cref="LimitKind.Concurrency"/>.</summary>
    public LimitPeriod Period { get; init; }

    /// <summary>The most of it: cents of a <see cref="LimitKind.Budget"/>, otherwise a number. 0 forbids everything.</summary>
    public required long Max { get; init; }

    /// <summary>The pool, or the model, that it is about; null for all.</summary>
    public string? Scope { get; init; }

    /// <summary>IANA name of the zone in which days, weeks and months begin; null for UTC.</summary>
    public string? TimeZone { get; init; }

    /// <summary>First day of a week (1 for Monday to 7) or of a month (1 to 28).</summary>
    public int StartDay { get; init; } = 1;

    /// <summary>Days of a rolling window, 1 to <see cref="MaxDays"/>.</summary>
    public int Days { get; init; }

    /// <summary>The pool to which a request goes for which there is no room; the limit does not hold there. Null where it is refused.</summary>
    public string? Downgrade { get; init; }

    /// <summary>Per cent of <see cref="Max"/> that are told once in each window as they are reached, rising.</summary>
    public IReadOnlyList<int> Thresholds { get; init; } = DefaultThresholds;

    /// <summary>What is told where nobody said otherwise.</summary>
    public static IReadOnlyList<int> DefaultThresholds { get; } = [50, 80, 100];

    /// <summary>How it holds, where it is one of a key's own limits (<c>max_budget_cents</c>, <c>rpm_limit</c>, …) which all nodes share.</summary>
    public AccountRule Rule { get; init; }

    /// <summary>Whether it holds for each session of a key instead of for the key; then it has neither window nor scope.</summary>
    public bool IsPerSession { get; init; }

    /// <summary><see cref="Max"/> in the unit that is counted: nano-dollars of money.</summary>
    public long Cap => Kind == LimitKind.Budget ? Money.OfCents(Max) : Max;

    /// <summary>What it is known by within its owner, and what its count is stored under.</summary>
    public string Key
        => $"{(IsPerSession ? "session/" : Rule == AccountRule.None ? "" : "key/")}{LimitWords.Of(Kind)}" +
        $"/{(Kind == LimitKind.Concurrency ? "now" : LimitWords.Of(Period))}/{Scope}";
}
