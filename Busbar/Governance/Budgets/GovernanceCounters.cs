using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Busbar.Ir;
using Busbar.Observability.Metrics;

namespace Busbar.Governance.Budgets;

/// <summary>Counts what <see cref="Governor"/> does, for <c>/metrics</c>.</summary>
internal sealed class GovernanceCounters
{
    private readonly long[] _refusals = new long[(int)Refusal.Lease + 1];
    private long _open;
    private long _held;
    private long _accessRefusals;
    private long _estimated;
    private long _clamped;

    /// <summary>Reservations not yet closed.</summary>
    public long Open => Interlocked.Read(ref _open);

    /// <summary>Sum of what they hold of budgets, nano-dollars.</summary>
    public long Held => Interlocked.Read(ref _held);

    /// <summary>Counts a request that a limit refused.</summary>
    public void CountRefusal(Refusal refusal) => Interlocked.Increment(ref _refusals[(int)refusal]);

    /// <summary>Counts a request for something its key may not use.</summary>
    public void CountAccessRefusal() => Interlocked.Increment(ref _accessRefusals);

    /// <summary>Counts a reservation in.</summary>
    public void CountIn(in ReservedAmount hold)
    {
        Interlocked.Increment(ref _open);
        Interlocked.Add(ref _held, hold.Cost);
    }

    /// <summary>Counts it out again.</summary>
    public void CountOut(in ReservedAmount hold)
    {
        Interlocked.Add(ref _held, -hold.Cost);
        Interlocked.Decrement(ref _open);
    }

    /// <summary>Counts what is peculiar about a settlement.</summary>
    public void Count(in ChargedAmount settlement)
    {
        if (settlement.IsEstimated)
        {
            Interlocked.Increment(ref _estimated);
        }

        if (settlement.IsClamped)
        {
            Interlocked.Increment(ref _clamped);
        }
    }

    /// <summary>
    /// Everything, with the <paramref name="maxKeys"/> of <paramref name="keys"/> that spent most at <paramref name="now"/> (epoch second).
    /// </summary>
    public GovernanceFigures Read(Ledger ledger, KeyDirectory keys, int maxKeys, long now) => new()
    {
        OpenReservations = Open,
        ReservedCents = Held / (double)Money.NanosPerCent,
        LedgerLag = ledger.Lag,
        LedgerFlushErrors = ledger.FlushErrors,
        EstimatedUsage = Interlocked.Read(ref _estimated),
        ClampedUsage = Interlocked.Read(ref _clamped),
        RefusedForBudget = Refusals(Refusal.Budget) + Refusals(Refusal.BudgetHeld),
        RefusedForTokens = Refusals(Refusal.Tokens),
        RefusedForRequests = Refusals(Refusal.Requests),
        RefusedForConcurrency = Refusals(Refusal.Concurrency),
        RefusedForAccess = Interlocked.Read(ref _accessRefusals),
        Refusals = TopRefused(keys, maxKeys),
        Keys = BiggestSpenders(keys, maxKeys, now),
    };

    private static List<(string Key, long Count)> TopRefused(KeyDirectory keys, int most)
    {
        var fewestFirst = new PriorityQueue<string, long>(most + 1);
        foreach (KeyEntry entry in keys.Entries)
        {
            if (entry.Account.Refusals is > 0 and long count)
            {
                fewestFirst.Enqueue(entry.Key.Id, count);
                if (fewestFirst.Count > most)
                {
                    fewestFirst.Dequeue();
                }
            }
        }

        var refused = new List<(string, long)>(fewestFirst.Count);
        while (fewestFirst.TryDequeue(out string? key, out long count))
        {
            refused.Add((key, count));
        }

        refused.Reverse();
        return refused;
    }

    private static List<KeyFigures> BiggestSpenders(KeyDirectory keys, int most, long now)
    {
        var smallestFirst = new PriorityQueue<VirtualKey, long>(most + 1);
        foreach (KeyEntry entry in keys.Entries)
        {
            VirtualKey key = entry.Key;
            if (entry.Account.Read(key, now).SpendNanos is > 0 and long spent)
            {
                smallestFirst.Enqueue(key, spent);
                if (smallestFirst.Count > most)
                {
                    smallestFirst.Dequeue();
                }
            }
        }

        var figures = new List<KeyFigures>(smallestFirst.Count);
        while (smallestFirst.TryDequeue(out VirtualKey? key, out long spent))
        {
            double cents = spent / (double)Money.NanosPerCent;
            figures.Add(new KeyFigures(key.Id, cents, key.MaxBudgetCents is { } cap ? Math.Max(0, cap - cents) : null));
        }

        figures.Reverse();
        return figures;
    }

    private long Refusals(Refusal refusal) => Interlocked.Read(ref _refusals[(int)refusal]);
}
