using Busbar.Gateway.Admission;
using Busbar.Gateway.Routing;
using Busbar.Observability.Metrics;
using Busbar.Protocols;
using Busbar.Reliability;
using Busbar.Reliability.Selection;

namespace Busbar.Gateway.Attempts;

/// <summary>
/// Where one request is on its way through the lanes of its pool and of the fallbacks, and what came of the calls so far. Kept with its exchange, for
/// one request after the other.
/// </summary>
internal sealed class LaneSearch
{
    // A call that is declined without a word about the account may be declined everywhere: it is tried once more, not through all lanes.
    private const int MaxDeclines = 2;

    // Lanes that a request is prepared for, one after the other, before it takes the one it gets.
    private const int MaxPrepared = 3;

    /// <summary>What it asks of selection.</summary>
    public PickRequest Pick;

    private Exchange _exchange = null!;
    private FallbackChain? _chain;
    private Pool? _fallback;
    private PoolMetrics _leaving = null!;
    private TimeSpan _deadline;
    private TimeSpan _retryAfter;
    private int _hop;
    private int _declines;
    private int _prepared;

    /// <summary>The pool that it is in.</summary>
    public Pool Pool { get; private set; } = null!;

    /// <summary>Counters of that pool.</summary>
    public PoolMetrics Counters { get; private set; } = null!;

    /// <summary>What came of the last call that counts; null before the first.</summary>
    public AttemptResult? Last { get; private set; }

    /// <summary>Whether any pool so far has a lane that can do what is asked.</summary>
    public bool CanServe { get; private set; }

    /// <summary>Whether any pool so far has a lane that the request may fit.</summary>
    public bool HasRoom { get; private set; }

    /// <summary>Whether the lane that it has is one that the breakers would keep from it: the last to be called.</summary>
    public bool IsLastResort { get; private set; }

    /// <summary>What is left of its deadline.</summary>
    public TimeSpan Left => HasUsedUpTime ? TimeSpan.Zero : _deadline - _exchange.Elapsed;

    /// <summary>Whether neither this pool nor another may be tried any more.</summary>
    public bool IsOver => Left <= TimeSpan.Zero || _exchange.ClientGone.IsCancellationRequested;

    /// <summary>Whether the pool has a call left to give.</summary>
    public bool MayCall => _hop <= Pool.Config.Failover.Cap;

    /// <summary>Whether there is a pool to go to when this one is busy or exhausted.</summary>
    public bool HasFallback => _fallback is not null;

    /// <summary>Whether another lane could be called beside the one that is about to be.</summary>
    public bool HasOther => !IsLastResort && _hop < Pool.Config.Failover.Cap && (Pool.HasReady(Pick) || _fallback?.HasReady(Pick) == true);

    // A call that ended with the request's own time has used it up, even if the clocks differ by a millisecond.
    private bool HasUsedUpTime => Last is { End: AttemptEnd.NextLane, Reason: FailoverReason.Timeout } && _exchange.Timer.HasFired;

    private bool IsChat => _exchange.Route.Operation == Operation.Chat;

    /// <summary>Begins in <paramref name="pool"/>.</summary>
    public void Begin(Exchange exchange, Pool pool, Metrics metrics)
    {
        _exchange = exchange;
        _deadline = TimeSpan.FromSeconds(pool.Config.Failover.DeadlineSecs);
        _chain = pool.Config.OnExhausted.FallbackPool is null ? null : KeyGate.ChainOf(exchange);
        _retryAfter = TimeSpan.MaxValue;
        _declines = _prepared = 0;
        (CanServe, HasRoom, IsLastResort, Last) = (false, false, false, null);
        Pick = new PickRequest
        {
            AffinityKey = pool.Config.Affinity is { } affinity ? SessionKey.Of(exchange, affinity) : null,
            Caller = exchange.CallerHash,
            IsBeside = !IsChat,
        };
        StoredResponseRouting.Direct(exchange, metrics, ref Pick);
        Enter(pool);
        _leaving = Counters;
    }

    /// <summary>Forgets the request.</summary>
    public void Reset()
    {
        (Pool, Counters, _exchange, _leaving, _chain, _fallback) = (null!, null!, null!, null!, null, null);
        (Pick, Last) = (default, null);
    }

    /// <summary>Goes on in the next pool of the chain that the caller may use. False when there is none.</summary>
    public bool TryFallback()
    {
        if (_fallback is not { } next)
        {
            return false;
        }

        TimeSpan here = Pool.RetryAfter(Pick.IsBeside);
        _retryAfter = here < _retryAfter ? here : _retryAfter;

        // A session belongs to the pool that was asked for.
        Pick.AffinityKey = null;
        Enter(next);
        return true;
    }

    /// <summary>The lane that is least bad, where the pool would rather call that than none.</summary>
    public LaneLease? TakeLeastBad()
    {
        IsLastResort = Pool.PickLeastBad(Pick, out LaneLease? lease);
        return lease;
    }

    /// <summary>
    /// Whether the body may be prepared for <paramref name="lane"/> before that is taken once more: one that is always another than was prepared for
    /// is taken in the end.
    /// </summary>
    public bool MayPrepareFor(Lane lane)
    {
        if (IsLastResort || _prepared == MaxPrepared)
        {
            return false;
        }

        Pick.PreparedLane = lane.Index;
        _prepared++;
        return true;
    }

    /// <summary>The lane of <paramref name="lease"/> is about to be called.</summary>
    public void Calls(LaneLease lease)
    {
        if (Last is { End: AttemptEnd.NextLane } last)
        {
            _leaving.Failover(last.Reason);
        }

        Pick.Tried.Add(lease.Lane.Index);
        Pick.PreparedLane = null;
        _prepared = 0;
    }

    /// <summary>Takes in what came of the call of <paramref name="judged"/>. False when no other lane is to be tried.</summary>
    public bool GoesOn(AttemptResult result, LaneLease judged)
    {
        Pick.Tried.Add(judged.Lane.Index);
        if (result.Reason == FailoverReason.ContextLength)
        {
            Pick.Outgrew(judged.Member);
        }

        if (result.End == AttemptEnd.NextLane)
        {
            _hop++;
            _leaving = Counters;
        }

        // What a lane said that cannot take the request at all counts only if no lane was called.
        Last = result.End == AttemptEnd.Skipped && Last is { End: AttemptEnd.NextLane } ? Last : result;
        _declines += result.Reason == FailoverReason.Declined ? 1 : 0;
        return !IsLastResort && result.End != AttemptEnd.Refused && _declines < MaxDeclines;
    }

    /// <summary>
    /// Whole seconds after which to come back, at least 1. The client comes back to the pool it asked for, so the lane that is ready first, in any of
    /// the pools, is the one to wait for.
    /// </summary>
    public int RetryAfterSeconds()
    {
        TimeSpan here = Pool.RetryAfter(Pick.IsBeside);
        return Math.Max(1, (int)Math.Ceiling((here < _retryAfter ? here : _retryAfter).TotalSeconds));
    }

    private void Enter(Pool pool)
    {
        Pool = pool;
        Counters = _exchange.Snapshot.MetricsOf(pool);
        _fallback = _chain?.After(pool);
        _hop = 0;
        CanServe |= IsChat || PassOverForeign();
        HasRoom |= !IsChat || PassOverSmall();
        Pick.Tokens = Math.Max(Pick.Tokens, LikelyTokens());
    }

    // Only chat is translated: for anything else the lanes of other protocols count as tried. False when no lane is left.
    private bool PassOverForeign()
    {
        bool any = false;
        foreach (PoolMember member in Pool.Members)
        {
            if (_exchange.Snapshot.EndpointOf(member.Lane).Protocol.Id == _exchange.Ingress.Id)
            {
                any = true;
            }
            else
            {
                Pick.Tried.Add(member.Lane.Index);
            }
        }

        return any;
    }

    // Lanes that the request surely does not fit are not called with it. False when the pool has no other.
    private bool PassOverSmall()
    {
        Pick.ContextFloor = Math.Max(Pick.ContextFloor, MinimumInputTokens.Outgrown(Pool, _exchange.Body!.Span));
        return Pool.HasRoom(Pick);
    }

    // What it writes is counted when it is known. Vendors limit the counting of tokens apart from all else.
    private long LikelyTokens() =>
        _exchange.Route.Operation == Operation.CountTokens ? -1 : Pool.LimitsTokens ? InputEstimate.Likely(_exchange.Body!.Span) : 0;
}
