using Busbar.Configuration.Model.Pools;
using Busbar.Reliability.Capacity;

namespace Busbar.Reliability.Selection;

/// <summary>
/// Picks a member and takes its permit and probe, under the rotation lock of the pool. Members that are ready and have a free permit take turns
/// by smooth weighted round robin, or are chosen as the pool's strategy says (by rendezvous, for a session); only when nobody is ready does the soft
/// cooldown that ends soonest serve.
/// </summary>
/// <param name="members">Members in configuration order.</param>
/// <param name="state">The pool's lasting state.</param>
/// <param name="strategy">How to choose among lanes that are ready.</param>
/// <param name="context">Clock of the cells, and chance.</param>
internal sealed class LaneSelection(PoolMember[] members, PoolState state, PoolStrategy strategy, ReliabilityContext context)
{
    /// <summary>Picks a member. On success the caller owns its permit and <paramref name="probe"/>.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="held">Gate of a permit the caller has already: only its lanes are considered, and no other permit is taken.</param>
    /// <param name="began">When the permit was taken, as the gate says; that of <paramref name="held"/> on entry.</param>
    /// <param name="member">The member picked.</param>
    /// <param name="probe">Epoch of the probe taken, 0 for none.</param>
    /// <param name="reason">Why it was this one.</param>
    public PickResult Pick(in PickRequest request, PermitGate? held, ref long began, out PoolMember? member, out int probe, out PickReason reason)
    {
        Span<bool> eligible = members.Length <= 256 ? stackalloc bool[members.Length] : new bool[members.Length];
        lock (state.Rotation)
        {
            // A turn that takes nothing lost its permit or its probe to another caller in that instant; the next turn sees the lane as it is now.
            while (true)
            {
                member = Best(request, held, eligible, out var isSoft, out var saturated);
                probe = 0;
                reason = default;
                if (member is null)
                {
                    return saturated ? PickResult.Saturated : PickResult.None;
                }

                if (held is null && !member.Lane.Permits.TryTake(request.Tokens, out began))
                {
                    continue;
                }

                if (isSoft || member.Slot.CellOf(request.IsBeside).TryEnter(out probe))
                {
                    if (!isSoft && request is { AffinityKey: null, AffinityLane: null })
                    {
                        TakeTurn(member, eligible);
                    }

                    reason = ReasonFor(member, request, isSoft);
                    return PickResult.Picked;
                }

                if (held is null)
                {
                    member.Lane.Permits.GiveBack(began, request.Tokens);
                }
            }
        }
    }

    /// <summary>The member that <see cref="Pick"/> would likely take, or wait for; null for none. Takes nothing.</summary>
    public PoolMember? Likely(in PickRequest request)
    {
        Span<bool> eligible = members.Length <= 256 ? stackalloc bool[members.Length] : new bool[members.Length];
        lock (state.Rotation)
        {
            if (Best(request, null, eligible, out _, out var saturated) is { } best)
            {
                return best;
            }

            if (saturated)
            {
                foreach (var member in members)
                {
                    if (IsCandidate(member, request))
                    {
                        return member;
                    }
                }
            }

            return null;
        }
    }

    /// <summary>
    /// The member with the least left of its cooldown, Open or not, untried ones first; null when none is in service with budget and a free permit.
    /// The caller owns its permit, and the probe if the cell happened to be due for one.
    /// </summary>
    public PoolMember? PickLeastBad(in PickRequest request, out int probe, out long began)
    {
        probe = 0;
        began = -1;
        while (true)
        {
            PoolMember? best = null;
            var key = (Tried: true, Remaining: long.MaxValue);
            foreach (var candidate in members)
            {
                if (candidate.Lane.IsOut || !candidate.Lane.Permits.HasRoom(request.Tokens) || IsTooSmall(candidate, request))
                {
                    continue;
                }

                var own = (Tried: request.Tried.Contains(candidate.Lane.Index),
                    Remaining: candidate.Slot.CellOf(request.IsBeside).CooldownRemainingMs);
                if (best is null || own.CompareTo(key) < 0)
                {
                    (best, key) = (candidate, own);
                }
            }

            if (best is null)
            {
                return null;
            }

            if (best.Lane.Permits.TryTake(request.Tokens, out began))
            {
                best.Slot.CellOf(request.IsBeside).TryEnter(out probe);
                return best;
            }
        }
    }

    /// <summary>True when the lane may still serve this request, leaving its breaker and permits aside.</summary>
    public static bool IsCandidate(PoolMember member, in PickRequest request) =>
        !request.Tried.Contains(member.Lane.Index) && !IsTooSmall(member, request) && !member.Lane.IsOut;

    /// <summary>True when the lane's context is known not to be large enough.</summary>
    public static bool IsTooSmall(PoolMember member, in PickRequest request) =>
        request.ContextFloor > 0 && member.ContextMax is { } context && context <= request.ContextFloor;

    private PoolMember? Best(in PickRequest request, PermitGate? held, Span<bool> eligible, out bool isSoft, out bool saturated)
    {
        var now = context.Clock.NowMs;
        PoolMember? ready = null, soft = null;
        double readyScore = 0;
        long softDeadline = 0;
        bool anyReady = false, anySoft = false;
        for (var i = 0; i < members.Length; i++)
        {
            var member = members[i];
            eligible[i] = false;
            if (!IsCandidate(member, request))
            {
                continue;
            }

            var word = member.Slot.CellOf(request.IsBeside).Word;
            var hasPermit = held is null ? member.Lane.Permits.HasRoom(request.Tokens) : ReferenceEquals(held, member.Lane.Permits);
            if (word.IsReady(now))
            {
                anyReady = true;
                if (!hasPermit)
                {
                    continue;
                }

                eligible[i] = true;
                var score = member.Lane.Index == request.AffinityLane ? double.PositiveInfinity
                    : member.Lane.Index == request.PreparedLane ? double.MaxValue
                    : request.AffinityKey is { } session
                    ? Rendezvous.Score(session, member.Hash, member.Weight)
                    : Standing(member, i);
                if (ready is null || score > readyScore || (score.Equals(readyScore) && Turn(member) > Turn(ready)))
                {
                    (ready, readyScore) = (member, score);
                }
            }
            else if (word.IsSoft(now))
            {
                anySoft = true;
                if (hasPermit && (soft is null || word.Deadline < softDeadline))
                {
                    (soft, softDeadline) = (member, word.Deadline);
                }
            }
        }

        if (strategy == PoolStrategy.LeastLatency && ready is not null && request.AffinityKey is null && readyScore == 0)
        {
            ready = Faster(Any(eligible), Any(eligible));
        }

        isSoft = !anyReady;
        saturated = anyReady || anySoft;
        return anyReady ? ready : soft;
    }

    // The highest is taken; the turn decides among equals. Lanes that are fast are found by chance.
    private double Standing(PoolMember member, int place) => strategy switch
    {
        PoolStrategy.Priority => -place,
        PoolStrategy.LeastBusy => -(double)member.Lane.Permits.InFlight / member.Lane.Permits.Max,
        PoolStrategy.LeastCost => -(double)member.Cost,
        PoolStrategy.LeastLatency => 0,
        _ => Turn(member),
    };

    private static long Turn(PoolMember member) => member.Slot.CurrentWeight + member.Weight;

    private PoolMember Any(ReadOnlySpan<bool> eligible)
    {
        int left = (int)(context.Random() * eligible.Count(true));
        int index = 0;
        while (!eligible[index] || left-- > 0)
        {
            index++;
        }

        return members[index];
    }

    // One that nobody knows yet is asked.
    private static PoolMember Faster(PoolMember one, PoolMember other) =>
        (one.Lane.State.Latency.Milliseconds ?? 0) <= (other.Lane.State.Latency.Milliseconds ?? 0) ? one : other;

    private PickReason ReasonFor(PoolMember member, in PickRequest request, bool isSoft) =>
        request.IsHedge ? PickReason.Hedge
        : isSoft ? PickReason.Cooling
        : member.Lane.Index == request.AffinityLane || member.Lane.Index == request.PreparedLane ? PickReason.Home
        : request.AffinityKey is not null ? PickReason.Affinity
        : strategy switch
        {
            PoolStrategy.Priority => PickReason.Priority,
            PoolStrategy.LeastLatency => PickReason.LeastLatency,
            PoolStrategy.LeastBusy => PickReason.LeastBusy,
            PoolStrategy.LeastCost => PickReason.LeastCost,
            _ => PickReason.Weighted,
        };

    /// <summary>
    /// Smooth weighted round robin: everyone in the running gains its weight, the one picked pays for all. Their sum stays the same.
    /// </summary>
    private void TakeTurn(PoolMember picked, ReadOnlySpan<bool> eligible)
    {
        long total = 0;
        for (var i = 0; i < members.Length; i++)
        {
            if (eligible[i])
            {
                members[i].Slot.CurrentWeight += members[i].Weight;
                total += members[i].Weight;
            }
        }

        picked.Slot.CurrentWeight -= total;
    }
}
