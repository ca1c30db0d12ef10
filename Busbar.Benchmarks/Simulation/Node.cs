using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Governance.Leases;
using Busbar.Tests.Governance.Leases;
using Microsoft.Extensions.Logging.Abstractions;

namespace Busbar.Benchmarks.Simulation;

/// <summary>A node of the simulated fleet: the counters of the keys that it has served, and of the groups above.</summary>
internal sealed class Node
{
    /// <summary>The group far from its cap.</summary>
    public const string Org = "grp_org";

    /// <summary>The group near its cap.</summary>
    public const string Team = "grp_team";

    private readonly Dictionary<int, LimitCounter> _keys = [];
    private readonly LimitCounter[] _org;
    private readonly LimitCounter[] _team;
    private readonly StoreClock _clock;
    private readonly Reservation _reservation = new();

    /// <summary>One that has served nobody yet.</summary>
    public Node(MemoryLeaseStore store, TimeProvider time, Limit far, Limit near)
    {
        _clock = new StoreClock(time);
        Desk = new LeaseDesk(store, _clock, admitsAway: false, NullLogger.Instance);
        _org = [new LimitCounter(Org, far)];
        _team = [new LimitCounter(Team, near)];
    }

    /// <summary>What it borrows.</summary>
    public LeaseDesk Desk { get; }

    /// <summary>A request of <paramref name="key"/> that takes no time.</summary>
    public Refusal Take(int key, Limit limit)
    {
        if (!_keys.TryGetValue(key, out LimitCounter? counter))
        {
            _keys[key] = counter = new LimitCounter($"vk_{key}", limit);
        }

        return Take([counter], _org);
    }

    /// <summary>As many requests as pass of <paramref name="count"/>, under the limit that is nearly used up; whether the next one waits.</summary>
    public int TakeNear(int count, out bool waits)
    {
        for (int i = 0; i < count; i++)
        {
            Refusal refusal = Take([], _team);
            waits = refusal == Refusal.Lease;
            if (refusal != Refusal.None)
            {
                return i;
            }
        }

        waits = false;
        return count;
    }

    /// <summary>Says and asks once what there is.</summary>
    public void Round() => Desk.RoundAsync().GetAwaiter().GetResult();

    private Refusal Take(LimitCounter[] own, LimitCounter[] groups)
    {
        long now = _clock.GetUtcNow().ToUnixTimeSeconds();
        var path = new LimitPath(own, groups, "", [], Desk.View(now));
        Refusal refusal = path.TryReserve(now, new Estimate(1, 1, false, 1_000_000, 1_000_000), _reservation);
        if (refusal == Refusal.Lease)
        {
            foreach (ref readonly ReservedLimit want in _reservation.Wants)
            {
                want.Counter.Want(want.Bound, want.Amount);
            }
        }

        if (refusal == Refusal.None)
        {
            foreach (ref readonly ReservedLimit reserved in _reservation.Limits)
            {
                reserved.Counter.Settle(now, reserved, 500_000, 1, "", "");
            }
        }

        return refusal;
    }
}
