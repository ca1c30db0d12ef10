using Busbar.Governance.Budgets;
using Busbar.Governance.Leases;

namespace Busbar.Governance.Groups;

/// <summary>
/// All limits that a request has to pass beside those of its key's account: the key's own, then those of its group and of every group above.
/// </summary>
/// <param name="own">The key's.</param>
/// <param name="groups">Those of the groups.</param>
/// <param name="pool">The pool or model that was asked for.</param>
/// <param name="models">The models that may serve the request.</param>
/// <param name="leases">What this node may use of limits that it shares with others; default where it shares none.</param>
internal readonly ref struct LimitPath(LimitCounter[] own, LimitCounter[] groups, string pool, ReadOnlySpan<string> models, LeaseView leases =
    default)
{
    private readonly LimitCounter[] _own = own;
    private readonly LimitCounter[] _groups = groups;
    private readonly string _pool = pool;
    private readonly ReadOnlySpan<string> _models = models;
    private readonly LeaseView _leases = leases;

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => _own is not { Length: > 0 } && _groups is not { Length: > 0 };

    /// <summary>Whether other nodes take from the same limits.</summary>
    public bool IsShared => _leases.Desk is not null;

    /// <summary>
    /// Takes from every limit, or from none: then it says which one forbids it, in <see cref="Reservation.RefusedBy"/> too. A key's counters are its
    /// own and are locked first; all others are locked in the order of <see cref="LimitCounter.Ordinal"/>.
    /// </summary>
    public Refusal TryReserve(long now, in Estimate estimate, Reservation reservation)
    {
        int length = _own.Length + _groups.Length;
        int locked = 0;
        Span<ReservedLimit> taken = reservation.RoomFor(length);
        reservation.ClearWants();
        int count = 0;
        try
        {
            for (; locked < length; locked++)
            {
                LimitCounter counter = At(locked);
                Monitor.Enter(counter);
                if (!counter.Applies(_pool, _models))
                {
                    continue;
                }

                Refusal refusal = counter.Judge(now, estimate, _leases, out taken[count]);
                if (refusal == Refusal.Lease)
                {
                    // One trip for all that has to be borrowed, unless one of the others forbids it anyway.
                    reservation.Want(taken[count]);
                    continue;
                }

                if (refusal != Refusal.None)
                {
                    locked++;
                    reservation.RefusedBy = counter;
                    return refusal;
                }

                count++;
            }

            if (!reservation.Wants.IsEmpty)
            {
                return Refusal.Lease;
            }

            for (int i = 0; i < count; i++)
            {
                taken[i].Counter.Take(taken[i]);
            }

            reservation.Hold(count, _pool);
            return Refusal.None;
        }
        finally
        {
            for (int i = 0; i < locked; i++)
            {
                Monitor.Exit(At(i));
            }
        }
    }

    private LimitCounter At(int index) => index < _own.Length ? _own[index] : _groups[index - _own.Length];
}
