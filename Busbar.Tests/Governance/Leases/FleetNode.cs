using Busbar.Configuration.Model;
using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Governance.Leases;
using Microsoft.Extensions.Logging.Abstractions;

namespace Busbar.Tests.Governance.Leases;

/// <summary>One of several nodes in one process: a governor of its own, with a clock of its own, and the limits in common.</summary>
internal sealed class FleetNode : IAsyncDisposable
{
    private static readonly string[] s_flat = ["flat"];
    private readonly StoreClock _clock;

    /// <summary>Starts it with <paramref name="groups"/> and <paramref name="keys"/>; its clock goes wrong by <paramref name="skew"/>.</summary>
    public FleetNode(ILeaseStore limits, TimeProvider time, IEnumerable<Group> groups, IEnumerable<VirtualKey> keys, TimeSpan skew = default,
        bool admitsAway = false)
    {
        _clock = new StoreClock(new SkewedClock(time, skew));
        Desk = new LeaseDesk(limits, _clock, admitsAway, NullLogger.Instance);
        var store = new MemoryStore(keys);
        foreach (Group group in groups)
        {
            store.InsertGroup(group);
        }

        Governor = Governor.Open(new GovernanceConfig(), store, _clock, NullLogger.Instance, Desk);
    }

    /// <summary>Its limits.</summary>
    public Governor Governor { get; }

    /// <summary>What it borrows.</summary>
    public LeaseDesk Desk { get; }

    /// <summary>What it takes the time to be.</summary>
    public long Now => _clock.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Serves one request as the gateway does; its reservation, or why it was refused.</summary>
    public async Task<(Reservation? Held, Refusal Refusal)> TakeAsync(string key, Estimate estimate = default, string pool = "", int tries = 5)
    {
        var reservation = new Reservation();
        KeyEntry entry = Governor.Keys.Find(key)!;
        Refusal refusal = Governor.TryReserve(entry, TestKeys.Prices, s_flat, estimate, reservation, pool);
        for (; refusal == Refusal.Lease && tries > 0; tries--)
        {
            Task borrowed = Governor.BorrowAsync(reservation, CancellationToken.None).AsTask();
            await Desk.RoundAsync();
            await borrowed;
            refusal = Governor.TryReserve(entry, TestKeys.Prices, s_flat, estimate, reservation, pool);
        }

        return refusal == Refusal.None ? (reservation, refusal) : (null, refusal == Refusal.Lease ? Governor.OutrunBy(reservation) : refusal);
    }

    /// <summary>Serves one request that needs no call; whether it passed.</summary>
    public Refusal TryTake(string key, out Reservation held, Estimate estimate = default)
    {
        held = new Reservation();
        return Governor.TryReserve(Governor.Keys.Find(key)!, TestKeys.Prices, s_flat, estimate, held);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Governor.DisposeAsync();

    private sealed class SkewedClock(TimeProvider time, TimeSpan skew) : TimeProvider
    {
        public override long TimestampFrequency => time.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + skew;

        public override long GetTimestamp() => time.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
            => time.CreateTimer(callback, state, dueTime, period);
    }
}
