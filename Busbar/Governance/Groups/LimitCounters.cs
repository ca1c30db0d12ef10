namespace Busbar.Governance.Groups;

/// <summary>The counters of one owner.</summary>
internal static class LimitCounters
{
    /// <summary>
    /// The counters of <paramref name="limits"/>, but for those of sessions, in the order in which they are locked. A limit that was there before, by
    /// its <see cref="Limit.Key"/>, goes on with the counter of <paramref name="former"/>.
    /// </summary>
    public static LimitCounter[] Of(string owner, IReadOnlyList<Limit> limits, LimitCounter[] former)
    {
        if (limits.Count == 0)
        {
            return [];
        }

        return Sorted([.. limits.Where(limit => !limit.IsPerSession).Select(limit =>
        {
            LimitCounter? known = Array.Find(former, counter => counter.Limit.Key == limit.Key);
            if (known is not null && known.Limit != limit)
            {
                known.Change(limit);
            }

            return known ?? new LimitCounter(owner, limit);
        })]);
    }

    /// <summary>
    /// <paramref name="counters"/> from the newest to the oldest, so that the groups at the top, which many requests share, are locked last.
    /// </summary>
    public static LimitCounter[] Sorted(LimitCounter[] counters)
    {
        Array.Sort(counters, static (left, right) => right.Ordinal.CompareTo(left.Ordinal));
        return counters;
    }

    /// <summary>Whether any of them counts money or tokens.</summary>
    public static bool NeedEstimate(LimitCounter[] counters)
        => Array.Exists(counters, counter => counter.Limit.Kind is LimitKind.Budget or LimitKind.Tokens);

    /// <summary>The first of <paramref name="limits"/> that is below what is already used of it, with that; null when there is none.</summary>
    public static (Limit Limit, long Used)? Passed(IReadOnlyList<Limit> limits, LimitCounter[] counters, long now)
    {
        foreach (Limit limit in limits)
        {
            if (limit.Kind != LimitKind.Concurrency && Array.Find(counters, counter => counter.Limit.Key == limit.Key) is { } counter
                && counter.Limit.Max != limit.Max && counter.Read(now).Used is var used && used > limit.Cap)
            {
                return (limit, used);
            }
        }

        return null;
    }
}
