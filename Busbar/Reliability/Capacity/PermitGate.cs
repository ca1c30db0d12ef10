namespace Busbar.Reliability.Capacity;

/// <summary>
/// The calls one model may have in flight, and where its provider's limits are known, begin in a minute. Taking and releasing is one interlocked step
/// while nobody waits; while somebody waits nobody overtakes, and waiting callers take turns (see <see cref="PermitQueue"/>).
/// </summary>
/// <param name="max">Permits, at least 1.</param>
/// <param name="clock">The clock of <see cref="Pace"/>; null where there are no limits for a minute.</param>
internal sealed class PermitGate(int max, MonotonicClock? clock = null)
{
    // A release raises _free, then reads _waiting; an enrolment raises _waiting, then reads _free (in Serve). Both steps are full fences, so at
    // least one of the two sees the other: a permit and a waiter never miss each other.
    private readonly Lock _lock = new();
    private readonly PermitQueue _queue = new();
    private int _free = max;
    private int _waiting;
    private int _max = max;
    private Pace? _pace;
    private ITimer? _wake;

    /// <summary>Permits in all.</summary>
    public int Max => Volatile.Read(ref _max);

    /// <summary>Permits nobody holds, never negative.</summary>
    public int Free => Math.Max(0, Volatile.Read(ref _free));

    /// <summary>Permits held. More than <see cref="Max"/> only after a reload lowered it.</summary>
    public int InFlight => Max - Volatile.Read(ref _free);

    /// <summary>True when <see cref="TryTake()"/> would likely succeed.</summary>
    public bool HasFree => HasRoom(0);

    /// <summary>Calls and tokens of a minute; null while they have no limit.</summary>
    public Pace? Pace => Volatile.Read(ref _pace);

    /// <summary>True when <see cref="TryTake(long, out long)"/> would likely succeed.</summary>
    public bool HasRoom(long tokens) => Volatile.Read(ref _free) > 0 && Volatile.Read(ref _waiting) == 0
        && (tokens < 0 || Pace?.HasRoom(tokens) != false);

    /// <summary>Takes a permit, unless none is free or somebody is waiting for one.</summary>
    public bool TryTake() => TryTake(0, out _);

    /// <summary>
    /// Takes a permit for a call of <paramref name="tokens"/>, unless none is free, somebody is waiting for one, or the minute is used up.
    /// </summary>
    /// <param name="tokens">What the call likely costs; -1 where it has no part in the minute.</param>
    /// <param name="began">For <see cref="GiveBack"/> and <see cref="Pace.Correct"/>; -1 where nothing is counted.</param>
    public bool TryTake(long tokens, out long began)
    {
        began = -1;
        if (Volatile.Read(ref _waiting) != 0 || !TryTakeFree())
        {
            return false;
        }

        if (IsInPace(tokens, out began))
        {
            return true;
        }

        Release();
        return false;
    }

    /// <summary>Returns a permit whose call was never made: it does not count in its minute either.</summary>
    public void GiveBack(long began, long tokens)
    {
        if (began >= 0)
        {
            Pace?.Correct(began, -1, -tokens);
        }

        Release();
    }

    /// <summary>Puts limits for a minute in force; null for none.</summary>
    public void Limit(long? calls, long? tokens)
    {
        if (_pace is null && (calls ?? tokens) is null)
        {
            return;
        }

        if (_pace is null)
        {
            var pace = new Pace(clock!);
            pace.Limit(calls, tokens);
            Volatile.Write(ref _pace, pace);
        }
        else
        {
            _pace.Limit(calls, tokens);
        }

        Serve();
    }

    /// <summary>Returns a permit, to the next waiter if there is one.</summary>
    public void Release()
    {
        Interlocked.Increment(ref _free);
        if (Volatile.Read(ref _waiting) != 0)
        {
            Serve();
        }
    }

    /// <summary>Changes the number of permits. Calls in flight above a lowered limit run to their end.</summary>
    public void Resize(int max)
    {
        Interlocked.Add(ref _free, max - Interlocked.Exchange(ref _max, max));
        Serve();
    }

    /// <summary>Queues a waiter; it may be granted before this returns. Null when it was turned away because too many are waiting.</summary>
    public LinkedListNode<PermitWaiter>? Enrol(PermitWaiter waiter)
    {
        bool isQueued;
        LinkedListNode<PermitWaiter>? place;
        PermitWaiter? displaced;
        lock (_lock)
        {
            isQueued = _queue.TryAdd(waiter, out place, out displaced);
            Interlocked.Exchange(ref _waiting, _queue.Count);
        }

        (isQueued ? displaced : waiter)?.TurnAway();
        Serve();
        return place;
    }

    /// <summary>Takes a waiter out of the queue if it is still there.</summary>
    public void Leave(LinkedListNode<PermitWaiter> place)
    {
        lock (_lock)
        {
            if (_queue.TryRemove(place))
            {
                Interlocked.Decrement(ref _waiting);
            }
        }

        if (Pace is not null)
        {
            // Who is next now may need less.
            Serve();
        }
    }

    private void Serve()
    {
        lock (_lock)
        {
            while (_queue.Next is { } next && TryTakeFree())
            {
                if (!IsInPace(next.Tokens, out long began))
                {
                    Interlocked.Increment(ref _free);
                    WakeIn(Pace!.WaitMs(next.Tokens));
                    return;
                }

                _queue.TakeNext();
                Interlocked.Decrement(ref _waiting);
                if (!next.TryGrant(this, began))
                {
                    Interlocked.Increment(ref _free);
                    if (began >= 0)
                    {
                        Pace!.Correct(began, -1, -next.Tokens);
                    }
                }
            }
        }
    }

    private bool IsInPace(long tokens, out long began)
    {
        began = -1;
        return tokens < 0 || Pace is not { } pace || (began = pace.TryTake(tokens)) >= 0;
    }

    // Nothing else tells that a minute is over.
    private void WakeIn(long milliseconds)
    {
        _wake ??= clock!.Time.CreateTimer(static gate => ((PermitGate)gate!).Serve(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _wake.Change(TimeSpan.FromMilliseconds(Math.Max(1, milliseconds)), Timeout.InfiniteTimeSpan);
    }

    private bool TryTakeFree()
    {
        var seen = Volatile.Read(ref _free);
        while (seen > 0)
        {
            var met = Interlocked.CompareExchange(ref _free, seen - 1, seen);
            if (met == seen)
            {
                return true;
            }

            seen = met;
        }

        return false;
    }
}
