using Busbar.Configuration;
using Busbar.Ir;
using Microsoft.Extensions.Logging;

namespace Busbar.Governance;

/// <summary>Virtual keys at work: who may call, what requests under way hold, what was spent. Lives as long as the process; prices come with each configuration.</summary>
internal sealed partial class Governor : IAsyncDisposable
{
    private readonly TimeProvider _time;
    private long _openReservations;
    private long _heldMicroCents;

    private Governor(KeyDirectory keys, Ledger ledger, IGovernanceStore store, TimeProvider time)
    {
        Keys = keys;
        Ledger = ledger;
        Store = store;
        _time = time;
    }

    /// <summary>Every key.</summary>
    public KeyDirectory Keys { get; }

    /// <summary>What goes to the store.</summary>
    public Ledger Ledger { get; }

    /// <summary>Where it goes.</summary>
    public IGovernanceStore Store { get; }

    /// <summary>Reservations not yet closed; zero when nothing is being served.</summary>
    public long OpenReservations => Interlocked.Read(ref _openReservations);

    /// <summary>Sum of what they hold of budgets, micro-cents; zero when nothing is being served.</summary>
    public long HeldMicroCents => Interlocked.Read(ref _heldMicroCents);

    /// <summary>
    /// Loads keys and current windows from <paramref name="store"/>, which it owns from now on. Throws <see cref="StoreException"/> when they cannot be read: to
    /// start with empty counters would give every budget away once more.
    /// </summary>
    public static Governor Open(GovernanceConfig config, IGovernanceStore store, TimeProvider time, ILogger log)
    {
        StoredGovernance stored = store.Load(time.GetUtcNow().ToUnixTimeSeconds());
        Dictionary<string, WindowUsage> windows = stored.Windows.ToDictionary(window => window.KeyId, StringComparer.Ordinal);
        HashSet<string> unreadable = [.. stored.UnreadableWindows];
        var keys = new KeyDirectory();
        foreach (VirtualKey key in stored.Keys)
        {
            VirtualKey admitted = key;
            if (unreadable.Contains(key.Id))
            {
                UnreadableWindow(log, key.Id, config.OnStoreError == StoreErrorMode.Open ? "it starts at zero" : "the key is disabled until this is repaired");
                admitted = config.OnStoreError == StoreErrorMode.Open ? key : key with { Enabled = false };
            }

            if (!keys.TryAdd(new KeyEntry(admitted, new KeyAccount(windows.GetValueOrDefault(key.Id)))))
            {
                throw new StoreException($"the keys in the database contradict each other: '{key.Id}' shares its id, its secret or its access key with another one; restore the file from a backup");
            }
        }

        return new Governor(keys, new Ledger(store, time, log), store, time);
    }

    /// <summary>
    /// Reserves for a request of <paramref name="entry"/> what it may come to cost at any of the models that may serve it. Where it may go on,
    /// <paramref name="reservation"/> is open.
    /// </summary>
    public Refusal TryReserve(KeyEntry entry, PriceList prices, ReadOnlySpan<string> candidates, in Estimate estimate, Reservation reservation)
    {
        VirtualKey key = entry.Key;
        long now = Now;
        Prices ceiling = key.MaxBudgetCents is null ? default : prices.CeilingOf(key, candidates);
        Refusal refusal = entry.Account.TryReserve(key, now, ceiling, estimate, out Hold hold);
        if (refusal == Refusal.None)
        {
            Interlocked.Increment(ref _openReservations);
            Interlocked.Add(ref _heldMicroCents, hold.Cost);
            reservation.Open(this, entry, prices, hold, now);
        }

        return refusal;
    }

    /// <summary>Seconds until a limit of <paramref name="key"/> that refused with <paramref name="refusal"/> may let it pass, at least 1; 0 when waiting cannot help.</summary>
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

    /// <summary>Flushes the ledger and closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        await Ledger.DisposeAsync().ConfigureAwait(false);
        Store.Dispose();
    }

    internal void Close(KeyEntry entry, in Hold hold, in Settlement settlement)
    {
        entry.Account.Settle(Now, hold, settlement.SpendMicroCents, Math.Min(settlement.Usage.Total, Prices.MostTokens), settlement.IsSuccess);
        Ledger.Post(settlement);
        Free(hold);
    }

    internal void Close(KeyEntry entry, in Hold hold)
    {
        entry.Account.Settle(Now, hold, 0, 0, succeeded: false);
        Free(hold);
    }

    private long Now => _time.GetUtcNow().ToUnixTimeSeconds();

    private void Free(in Hold hold)
    {
        Interlocked.Add(ref _heldMicroCents, -hold.Cost);
        Interlocked.Decrement(ref _openReservations);
    }

    [LoggerMessage(40, LogLevel.Warning, "the budget window of key {Key} cannot be read: {Consequence}")]
    private static partial void UnreadableWindow(ILogger logger, string key, string consequence);
}
