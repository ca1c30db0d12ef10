using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Store;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Governance.Leases;
using Busbar.Governance.Nodes;
using Busbar.Governance.Sessions;
using Busbar.Governance.Store;
using Busbar.Ir;
using Busbar.Observability.Metrics;
using Microsoft.Extensions.Logging;

namespace Busbar.Governance.Budgets;

/// <summary>
/// Virtual keys at work: who may call, what requests under way hold, what was spent. Lives as long as the process; prices come with each
/// configuration.
/// </summary>
internal sealed partial class Governor : IGovernanceFigures, IAsyncDisposable
{
    private static readonly TimeSpan MaxSettleTime = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(10);

    private readonly TimeProvider _time;
    private readonly GovernanceCounters _counters = new();

    private Governor(KeyDirectory keys, GroupDirectory groups, Ledger ledger, IGovernanceStore store, TimeProvider time, ILogger log)
    {
        Keys = keys;
        Groups = groups;
        Ledger = ledger;
        Store = store;
        Alerts = new LimitAlerts(groups, keys, store, time, log);
        _time = time;
    }

    /// <summary>Every key.</summary>
    public KeyDirectory Keys { get; }

    /// <summary>Every group.</summary>
    public GroupDirectory Groups { get; }

    /// <summary>What goes to the store.</summary>
    public Ledger Ledger { get; }

    /// <summary>Whose turn it is to edit keys and groups.</summary>
    public EditTurn Turn { get; } = new();

    /// <summary>What sessions of keys have used.</summary>
    public SessionTable Sessions { get; } = new();

    /// <summary>Where it goes.</summary>
    public IGovernanceStore Store { get; }

    /// <summary>Looks at what other nodes change; null where there are none.</summary>
    public FleetWatch? Watch { get; private set; }

    /// <summary>Where limits are borrowed that other nodes have a share in; null where there are none.</summary>
    public LeaseDesk? Leases { get; private init; }

    /// <summary>Tells of thresholds that limits have reached.</summary>
    public LimitAlerts Alerts { get; }

    /// <summary>Reservations not yet closed; zero when nothing is being served.</summary>
    public long OpenReservations => _counters.Open;

    /// <summary>Sum of what they hold of budgets, nano-dollars; zero when nothing is being served.</summary>
    public long HeldNanos => _counters.Held;

    /// <summary>
    /// Loads keys and current windows from <paramref name="store"/>, which it owns from now on. Throws <see cref="StoreException"/> when they cannot
    /// be read: to start with empty counters would give every budget away once more.
    /// </summary>
    public static Governor Open(GovernanceConfig config, IGovernanceStore store, TimeProvider time, ILogger log, LeaseDesk? leases = null)
    {
        StoredGovernance stored = store.Load(time.GetUtcNow().ToUnixTimeSeconds());
        foreach (string warning in stored.Warnings)
        {
            StoreWarning(log, warning);
        }

        HashSet<string> unreadable = [.. stored.UnreadableWindows];
        var entries = new KeyEntry[stored.Keys.Count];
        int made = 0;
        using IEnumerator<WindowUsage> windows = stored.Windows.GetEnumerator();
        bool isWindow = windows.MoveNext();
        foreach (VirtualKey key in stored.Keys)
        {
            VirtualKey admitted = key;
            if (unreadable.Contains(key.Id))
            {
                UnreadableWindow(log, key.Id, config.OnStoreError == StoreErrorMode.Open ? "it starts at zero"
                    : "the key is blocked until this is repaired");
                admitted = config.OnStoreError == StoreErrorMode.Open ? key : key with { IsBlocked = true };
            }

            var account = new KeyAccount();
            if (isWindow && ReferenceEquals(windows.Current.KeyId, key.Id))
            {
                account.Resume(windows.Current);
                isWindow = windows.MoveNext();
            }

            entries[made++] = new KeyEntry(admitted, account);
        }

        var keys = new KeyDirectory(made);
        if (keys.AddAll(entries) is { } other)
        {
            throw new StoreException(
                $"the keys in the database contradict each other: '{other.Key.Id}' shares its id, its secret or its access key with another one; " +
                "restore the database from a backup");
        }

        for (; isWindow; isWindow = windows.MoveNext())
        {
            keys.Find(windows.Current.KeyId)?.Account.Resume(windows.Current);
        }

        GroupDirectory groups = OpenGroups(stored, keys, time.GetUtcNow().ToUnixTimeSeconds());
        var governor = new Governor(keys, groups, new Ledger(store, time, log), store, time, log) { Leases = leases };
        governor.Ledger.Counts = governor.TakeChanges;
        governor.Watch = store is IFleetStore shared ? new FleetWatch(governor, shared, time, log) : null;
        return governor;
    }

    private static GroupDirectory OpenGroups(StoredGovernance stored, KeyDirectory keys, long now)
    {
        var groups = new GroupDirectory();
        if (groups.AddAll(stored.Groups) is { } lost)
        {
            throw new StoreException(
                $"the groups in the database contradict each other: those above '{lost}' form a ring or do not exist; restore the database from " +
                "a backup");
        }

        if (groups.Count == 0 && stored.LimitUsages.Count == 0)
        {
            return groups;
        }

        foreach (KeyEntry entry in keys.Entries)
        {
            entry.Group = groups.Find(entry.Key.GroupId);
        }

        foreach (LimitUsage usage in stored.LimitUsages)
        {
            LimitCounter[] counters = groups.Find(usage.Owner)?.Counters ?? keys.Find(usage.Owner)?.Limits ?? [];
            Array.Find(counters, counter => counter.Limit.Key == usage.Key)?.Resume(usage, now);
        }

        return groups;
    }

    /// <summary>
    /// Reserves for a request of <paramref name="entry"/> what it may come to cost at any of the models that may serve it. Where it may go on,
    /// <paramref name="reservation"/> is open.
    /// </summary>
    public Refusal TryReserve(KeyEntry entry, PriceList prices, ReadOnlySpan<string> candidates, in Estimate estimate, Reservation reservation,
        string pool = "")
    {
        if (reservation.IsOpen)
        {
            throw new InvalidOperationException("a reservation was opened while it is still open");
        }

        VirtualKey key = entry.Key;
        long now = Now;
        Estimate priced = !entry.NeedsEstimate ? estimate : estimate with
        {
            Ceiling = prices.CeilingOf(key, candidates, estimate.InputTokens, estimate.OutputTokens),
            Floor = prices.CeilingOf(key, candidates, estimate.InputTokens, 0),
        };
        if (reservation.Session is { } session && session.TryReserve(priced, out SessionHold ofSession, out Limit? refusedBy) is var before)
        {
            reservation.RefusedBySession = refusedBy;
            reservation.SessionHold = ofSession;
            if (before != Refusal.None)
            {
                _counters.CountRefusal(before);
                return before;
            }
        }

        LimitCounter[] groups = entry.Group?.Chain ?? [];
        LimitPath path = Leases is null ? new(entry.Limits, groups, pool, candidates) : new(entry.Shared, groups, pool, candidates, Leases.View(now));
        Refusal refusal = entry.Account.TryReserve(key, now, priced, out ReservedAmount hold, path, reservation);
        if (refusal == Refusal.None)
        {
            _counters.CountIn(hold);
            reservation.Open(this, entry, key, prices, hold, now, pool);
        }
        else
        {
            reservation.Session?.Settle(reservation.SessionHold, 0, 0, isAdmitted: false);
        }

        if (refusal is not (Refusal.None or Refusal.Lease))
        {
            _counters.CountRefusal(refusal);
        }

        return refusal;
    }

    /// <summary>
    /// Waits until this node has borrowed what <paramref name="reservation"/> wanted when it was refused with <see cref="Refusal.Lease"/>, or cannot
    /// have it now; then it is to be tried again. Nothing is held meanwhile.
    /// </summary>
    public ValueTask BorrowAsync(Reservation reservation, CancellationToken giveUp) => Leases!.BorrowAsync(reservation, giveUp);

    /// <summary>The refusal of a request that tried often and found what was borrowed for it taken by others each time.</summary>
    public Refusal OutrunBy(Reservation reservation)
    {
        LimitCounter counter = reservation.Wants[0].Counter;
        reservation.RefusedBy = counter;
        Refusal refusal = counter.Limit.Kind switch
        {
            LimitKind.Budget => Refusal.BudgetHeld,
            LimitKind.Tokens => Refusal.Tokens,
            LimitKind.Requests => Refusal.Requests,
            _ => Refusal.Concurrency,
        };
        _counters.CountRefusal(refusal);
        return refusal;
    }

    /// <summary>
    /// Has the counts of the groups and keys called <paramref name="owners"/> know what all nodes have used, as far as that is written: about what
    /// they had used a second before. Where there is one node, or the database is away, they stay as they are. Blocks.
    /// </summary>
    public void Hear(params string[] owners)
    {
        if (Leases is null || Store is not IFleetStore fleet || owners.Length == 0)
        {
            return;
        }

        try
        {
            long now = Now;
            IReadOnlyList<LimitUsage> usages = fleet.ReadLimitUsages(owners);
            foreach (string owner in owners)
            {
                Array.ForEach(SharedOf(owner), counter => counter.StartHearing(now));
                if (Keys.Find(owner) is { } entry)
                {
                    entry.Account.Hear(Store.ReadWindow(owner, entry.Account.Read(entry.Key, now).WindowStart));
                }
            }

            foreach (LimitUsage usage in usages)
            {
                Array.Find(SharedOf(usage.Owner), counter => counter.Key == usage.Key)?.Hear(usage);
            }
        }
        catch (StoreException)
        {
            // Somebody wants to know, and gets what this node knows.
        }
    }

    private LimitCounter[] SharedOf(string owner) => Keys.Find(owner)?.Shared ?? Groups.Find(owner)?.Counters ?? [];

    /// <summary>Whether nothing is left of the budget of <paramref name="entry"/>, as opposed to too little for some request.</summary>
    public bool IsSpent(KeyEntry entry) =>
        entry.Key is { MaxBudgetCents: { } cents } key && entry.Account.Read(key, Now).SpendNanos / Money.NanosPerCent >= cents;

    /// <summary>Whether nothing is left of <paramref name="counter"/>, as opposed to too little for some request.</summary>
    public bool IsSpent(LimitCounter counter) => counter.Read(Now).Used >= counter.Limit.Cap;

    /// <summary>Counts a request for a pool or model that its key may not use.</summary>
    public void CountAccessRefusal() => _counters.CountAccessRefusal();

    /// <summary>
    /// Seconds until <paramref name="counter"/>, which refused with <paramref name="refusal"/>, may let a request pass, at least 1; 0 when waiting
    /// cannot help.
    /// </summary>
    public int RetryAfterSeconds(LimitCounter counter, Refusal refusal)
    {
        long now = Now;
        return refusal switch
        {
            Refusal.Concurrency or Refusal.BudgetHeld or Refusal.Away => 1,
            Refusal.Tokens or Refusal.Requests when counter.Limit.Period is not (LimitPeriod.Total or LimitPeriod.Rolling)
                => (int)Math.Clamp(counter.Read(now).End - now, 1, int.MaxValue),
            _ => 0,
        };
    }

    /// <summary>
    /// Seconds until a limit of <paramref name="key"/> that refused with <paramref name="refusal"/> may let it pass, at least 1; 0 when waiting
    /// cannot help.
    /// </summary>
    public int RetryAfterSeconds(VirtualKey key, Refusal refusal)
    {
        long now = Now;
        return refusal switch
        {
            Refusal.Tokens or Refusal.Requests => (int)(60 - (now % 60)),
            Refusal.Concurrency or Refusal.BudgetHeld => 1,
            _ => 0,
        };
    }

    /// <inheritdoc/>
    public GovernanceFigures Read(int maxKeys) => _counters.Read(Ledger, Keys, maxKeys, Now) with { DatabaseAway = Watch?.Away ?? TimeSpan.Zero };

    /// <summary>Waits a moment for requests that were cut to be settled, flushes the ledger and closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Watch is not null)
        {
            await Watch.DisposeAsync().ConfigureAwait(false);
        }

        long began = _time.GetTimestamp();
        while (OpenReservations > 0 && _time.GetElapsedTime(began) < MaxSettleTime)
        {
            await Task.Delay(LookInterval, _time).ConfigureAwait(false);
        }

        if (Leases is not null)
        {
            await Leases.DisposeAsync().ConfigureAwait(false);
        }

        await Ledger.DisposeAsync().ConfigureAwait(false);
        Store.Dispose();
    }

    internal void Close(Reservation reservation, KeyEntry entry, in ReservedAmount hold, in ChargedAmount settlement)
    {
        long now = Now;
        long tokens = Math.Min(settlement.Usage.Total, Prices.MaxTokens);
        entry.Account.Settle(now, hold, settlement.SpendNanos, tokens, settlement.IsSuccess);
        foreach (ref readonly ReservedLimit reserved in reservation.Limits)
        {
            reserved.Counter.Settle(now, reserved, settlement.SpendNanos, tokens, reservation.Pool, settlement.Model);
        }

        reservation.Session?.Settle(reservation.SessionHold, settlement.SpendNanos, tokens);
        if (settlement.IsSuccess || settlement.SpendNanos > 0 || settlement.Usage.Total > 0)
        {
            Ledger.Post(settlement);
        }

        _counters.Count(settlement);
        _counters.CountOut(hold);
    }

    internal void Close(Reservation reservation, KeyEntry entry, in ReservedAmount hold)
    {
        long now = Now;
        entry.Account.Settle(now, hold, 0, 0, succeeded: false);
        foreach (ref readonly ReservedLimit reserved in reservation.Limits)
        {
            reserved.Counter.Settle(now, reserved, 0, 0, reservation.Pool, reservation.Pool);
        }

        reservation.Session?.Settle(reservation.SessionHold, 0, 0);

        _counters.CountOut(hold);
    }

    private List<LimitUsage> TakeChanges()
    {
        List<LimitUsage> usages = [];
        List<LimitAlert> alerts = [];
        foreach (LimitCounter counter in Groups.Counters)
        {
            counter.TakeChanges(usages, alerts);
        }

        foreach (KeyEntry entry in Keys.Limited)
        {
            foreach (LimitCounter counter in entry.Limits)
            {
                counter.TakeChanges(usages, alerts);
            }
        }

        Alerts.Pass(alerts);
        return usages;
    }

    private long Now => _time.GetUtcNow().ToUnixTimeSeconds();

    [LoggerMessage(40, LogLevel.Warning, "the budget window of key {Key} cannot be read: {Consequence}")]
    private static partial void UnreadableWindow(ILogger logger, string key, string consequence);

    [LoggerMessage(49, LogLevel.Warning, "database: {Warning}")]
    private static partial void StoreWarning(ILogger logger, string warning);
}
