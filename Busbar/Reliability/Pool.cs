using Busbar.Configuration.Model.Pools;
using Busbar.Reliability.Breaker;
using Busbar.Reliability.Capacity;
using Busbar.Reliability.Faults;
using Busbar.Reliability.Selection;

namespace Busbar.Reliability;

/// <summary>
/// A set of lanes that can stand in for each other, as one configuration snapshot has it: a configured pool, or the direct route of a model. A
/// request keeps the snapshot it began with; cells and rotation are those of <see cref="PoolState"/> and shared by all snapshots.
/// </summary>
internal sealed class Pool
{
    private readonly PoolState _state;
    private readonly MonotonicClock _clock;
    private readonly LaneSelection _selection;

    internal Pool(PoolConfig config, bool isDirect, PoolMember[] members, PoolState state, ReliabilityContext reliability)
    {
        Config = config;
        IsDirect = isDirect;
        Members = members;
        _state = state;
        _clock = reliability.Clock;
        _selection = new LaneSelection(members, state, config.Strategy, reliability);
        foreach (var member in members)
        {
            LimitsTokens |= member.Lane.Model.Tpm is not null;
            if (member.ContextMax is { } context)
            {
                SmallestContext = Math.Min(SmallestContext ?? context, context);
                LargestContext = Math.Max(LargestContext ?? context, context);
            }
        }
    }

    /// <summary>What the operator wrote; defaults for a direct route.</summary>
    public PoolConfig Config { get; }

    /// <summary>Name of the pool, or of the model on a direct route.</summary>
    public string Name => Config.Name;

    /// <summary>True for the direct route of a model.</summary>
    public bool IsDirect { get; }

    /// <summary>Lanes that take traffic: excluded members and those without weight are left out.</summary>
    public IReadOnlyList<PoolMember> Members { get; }

    /// <summary>The smallest context of those lanes that is known, tokens; null when none is.</summary>
    public long? SmallestContext { get; }

    /// <summary>The largest context of those lanes that is known, tokens; null when none is.</summary>
    public long? LargestContext { get; }

    /// <summary>Whether some lane's provider limits the tokens of a minute, so that <see cref="PickRequest.Tokens"/> is of use.</summary>
    public bool LimitsTokens { get; }

    /// <summary>Second calls beside slow ones.</summary>
    public HedgeBudget Hedges => _state.Hedges;

    /// <summary>Requests waiting for a permit.</summary>
    public int Queued => _state.Queued;

    /// <summary>
    /// Picks the next lane for a request. <see cref="PickResult.Saturated"/> calls for <see cref="WaitAsync"/> or another pool,
    /// <see cref="PickResult.None"/> for what the pool does on exhaustion. Never waits.
    /// </summary>
    public PickResult TryPick(in PickRequest request, out LaneLease? lease) => TryPick(request, null, -1, out lease);

    /// <summary>The lane that <see cref="TryPick"/> would likely take, or that is worth waiting for; null for none. Changes nothing.</summary>
    public Lane? Likely(in PickRequest request) => _selection.Likely(request)?.Lane;

    /// <summary>True when another lane could take the request at once, its breaker and its permits included. Changes nothing.</summary>
    public bool HasReady(in PickRequest request)
    {
        var now = _clock.NowMs;
        foreach (var member in Members)
        {
            if (member.Lane.Permits.HasRoom(request.Tokens) && LaneSelection.IsCandidate(member, request)
                && member.Slot.CellOf(request.IsBeside).Word.IsReady(now))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Waits for a permit at every lane of the request at once, in turn with the other callers, and picks with the first one freed. Null when
    /// <paramref name="max"/> is over, no lane is left meanwhile, or too many wait already.
    /// </summary>
    /// <exception cref="OperationCanceledException">The request was cancelled.</exception>
    public async ValueTask<LaneLease?> WaitAsync(PickRequest request, TimeSpan max, CancellationToken cancellation)
    {
        var end = _clock.NowMs + (long)Math.Ceiling(Math.Clamp(max.TotalMilliseconds, 0, int.MaxValue));
        _state.CountQueued(1);
        try
        {
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                var result = TryPick(request, out var lease);
                var now = _clock.NowMs;
                if (result != PickResult.Saturated || now >= end)
                {
                    return lease;
                }

                // The last ready lane went down in this instant: nobody would ever wake us.
                var gates = GatesFor(request);
                if (gates.Count == 0)
                {
                    continue;
                }

                if (request.Tokens >= 0 && gates.TrueForAll(gate => gate.Pace?.WaitMs(0) > end - now))
                {
                    return null;
                }

                // A lane whose cooldown ends meanwhile may be free, so waiting is never longer than that.
                var wait = TimeSpan.FromMilliseconds(Math.Min(end, NextCooldownEnd(request, now)) - now);
                var waiter = new PermitWaiter(request.Turn, request.Tokens);
                var granted = await waiter.WaitAsync(gates, wait, _clock.Time, cancellation).ConfigureAwait(false);
                if (granted is null)
                {
                    if (waiter.IsTurnedAway)
                    {
                        return null;
                    }

                    continue;
                }

                if (TryPick(request, granted, waiter.Began, out lease) == PickResult.Picked)
                {
                    return lease;
                }

                granted.GiveBack(waiter.Began, request.Tokens);
            }
        }
        finally
        {
            _state.CountQueued(-1);
        }
    }

    /// <summary>
    /// One attempt at the lane whose cooldown ends soonest, even though its breaker is open; lanes this request has not called come first, lanes
    /// without budget, permit or room for the request never. False when there is none.
    /// </summary>
    public bool PickLeastBad(in PickRequest request, out LaneLease? lease)
    {
        lease = _selection.PickLeastBad(request, out var probe, out var began) is { } member
            ? Lease(member, probe, PickReason.LastResort, request, began) : null;
        return lease is not null;
    }

    /// <summary>
    /// What to tell a client that found no lane: the soonest end of a genuine cooldown or of a minute that is used up, at least one second. A lane
    /// that is merely busy counts as two seconds, one out of budget or service not at all; with nothing to go by it is two seconds.
    /// </summary>
    public TimeSpan RetryAfter(bool isBeside = false)
    {
        const long Busy = 2000;
        var soonest = long.MaxValue;
        foreach (var member in Members)
        {
            if (member.Lane.IsOut)
            {
                continue;
            }

            var remaining = member.Slot.CellOf(isBeside).CooldownRemainingMs;
            if (remaining > 0)
            {
                soonest = Math.Min(soonest, remaining);
            }
            else if (member.Lane.Permits.Pace?.WaitMs(0) is > 0 and var minute)
            {
                soonest = Math.Min(soonest, minute);
            }
            else if (!member.Lane.Permits.HasFree)
            {
                soonest = Math.Min(soonest, Busy);
            }
        }

        return TimeSpan.FromMilliseconds(soonest == long.MaxValue ? Busy : Math.Max(1000, soonest));
    }

    /// <summary>True unless every lane's context is known and too small for <paramref name="request"/>.</summary>
    public bool HasRoom(in PickRequest request)
    {
        if (request.ContextFloor == 0)
        {
            return true;
        }

        foreach (var member in Members)
        {
            if (!LaneSelection.IsTooSmall(member, request))
            {
                return true;
            }
        }

        return false;
    }

    private PickResult TryPick(in PickRequest request, PermitGate? held, long began, out LaneLease? lease)
    {
        var result = _selection.Pick(request, held, ref began, out var member, out var probe, out var reason);
        lease = member is null ? null : Lease(member, probe, reason, request, began);
        return result;
    }

    private LaneLease Lease(PoolMember member, int probe, PickReason reason, in PickRequest request, long began)
    {
        if (probe != 0)
        {
            member.Slot.Settle(BreakerChange.ProbeBegan, request.IsBeside);
        }

        return new LaneLease(this, member, probe, reason, request, _clock.NowMs, began);
    }

    private long NextCooldownEnd(in PickRequest request, long now)
    {
        var next = long.MaxValue;
        foreach (var member in Members)
        {
            var deadline = member.Slot.CellOf(request.IsBeside).Word.Deadline;
            if (deadline > now && LaneSelection.IsCandidate(member, request))
            {
                next = Math.Min(next, deadline);
            }
        }

        return next;
    }

    /// <summary>The gates of all lanes <see cref="TryPick(in PickRequest, out LaneLease?)"/> would choose from if they had permits.</summary>
    private List<PermitGate> GatesFor(in PickRequest request)
    {
        var now = _clock.NowMs;
        var gates = new List<PermitGate>();
        Collect(request, gates, now, soft: false);
        if (gates.Count == 0)
        {
            Collect(request, gates, now, soft: true);
        }

        return gates;
    }

    private void Collect(in PickRequest request, List<PermitGate> gates, long now, bool soft)
    {
        foreach (var member in Members)
        {
            var word = member.Slot.CellOf(request.IsBeside).Word;
            if ((soft ? word.IsSoft(now) : word.IsReady(now)) && LaneSelection.IsCandidate(member, request) && !gates.Contains(member.Lane.Permits))
            {
                gates.Add(member.Lane.Permits);
            }
        }
    }
}
