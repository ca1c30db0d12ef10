namespace Busbar.Governance.Groups;

/// <summary>The words for kinds and windows of limits, in the admin API, in the store and in logs.</summary>
internal static class LimitWords
{
    /// <summary>Every kind.</summary>
    public static readonly (string Word, LimitKind Value)[] Kinds =
        [("budget", LimitKind.Budget), ("requests", LimitKind.Requests), ("tokens", LimitKind.Tokens), ("concurrency", LimitKind.Concurrency)];

    /// <summary>Every window.</summary>
    public static readonly (string Word, LimitPeriod Value)[] Periods =
    [
        ("minute", LimitPeriod.Minute), ("hour", LimitPeriod.Hour), ("day", LimitPeriod.Day), ("week", LimitPeriod.Week),
        ("month", LimitPeriod.Month),
        ("total", LimitPeriod.Total), ("rolling", LimitPeriod.Rolling),
    ];

    /// <summary>The word for <paramref name="kind"/>.</summary>
    public static string Of(LimitKind kind) => Array.Find(Kinds, row => row.Value == kind).Word;

    /// <summary>The word for <paramref name="period"/>.</summary>
    public static string Of(LimitPeriod period) => Array.Find(Periods, row => row.Value == period).Word;
}
