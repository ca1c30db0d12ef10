namespace Busbar.Reliability.Capacity;

/// <summary>
/// The calls one model may have in flight. Taking and releasing is one interlocked step while nobody waits; while somebody waits nobody overtakes, and
/// waiting callers take turns (see <see cref="PermitQueue"/>).
/// </summary>
/// <param name="max">Permits, at least 1.</param>
internal sealed class PermitGate(int max)
{
    // A release raises _free, then reads _waiting; an enrolment raises _waiting, then reads _free (in Serve). Both steps are full fences, so at
    // least one of the two sees the other: a permit and a waiter never miss each other.
    private readonly Lock _lock = new();
    private readonly PermitQueue _queue = new();
    private int _free = max;
    private int _waiting;
    private int _max = max;

    /// <summary>Permits in all.</summary>
    public int Max => Volatile.Read(ref _max);

    /// <summary>Permits nobody holds, never negative.</summary>
    public int Free => Math.Max(0, Volatile.Read(ref _free));

    /// <summary>Permits held. More than <see cref="Max"/> only after a reload lowered it.</summary>
    public int InFlight => Max - Volatile.Read(ref _free);

    /// <summary>True when <see cref="TryTake"/> would likely succeed.</summary>
    public bool HasFree => Volatile.Read(ref _free) > 0 && Volatile.Read(ref _waiting) == 0;

    /// <summary>Takes a permit, unless none is free or somebody is waiting for one.</summary>
    public bool TryTake() => Volatile.Read(ref _waiting) == 0 && TryTakeFree();

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
    }

    private void Serve()
    {
        lock (_lock)
        {
            while (_queue.Count > 0 && TryTakeFree())
            {
                PermitWaiter next = _queue.TakeNext()!;
                Interlocked.Decrement(ref _waiting);
                if (!next.TryGrant(this))
                {
                    Interlocked.Increment(ref _free);
                }
            }
        }
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
