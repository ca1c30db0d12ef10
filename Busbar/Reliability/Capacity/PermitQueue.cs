using System.Runtime.InteropServices;

namespace Busbar.Reliability.Capacity;

/// <summary>
/// Requests that wait for a permit. Callers take turns, and each caller's requests are served in the order of their arrival: however many one caller
/// has waiting, another's next request moves back by at most one place for each caller. Not thread safe.
/// </summary>
internal sealed class PermitQueue
{
    /// <summary>Most requests that wait at one model. Beyond it the caller with most of them loses its latest.</summary>
    public const int MaxWaiting = 4096;

    private readonly Dictionary<ulong, LinkedList<PermitWaiter>> _byCaller = [];
    private readonly LinkedList<ulong> _turns = new();

    /// <summary>Requests that wait.</summary>
    public int Count { get; private set; }

    /// <summary>Who is next; null when nobody waits.</summary>
    public PermitWaiter? Next => _turns.First is { } turn ? _byCaller[turn.Value].First!.Value : null;

    /// <summary>
    /// Appends a request to those of its caller. False when there is no room for it; <paramref name="displaced"/> is who had to make room, if
    /// anybody.
    /// </summary>
    public bool TryAdd(PermitWaiter waiter, out LinkedListNode<PermitWaiter>? place, out PermitWaiter? displaced)
    {
        (place, displaced) = (null, null);
        if (Count >= MaxWaiting && !TryMakeRoom(waiter.Caller, out displaced))
        {
            return false;
        }

        ref LinkedList<PermitWaiter>? own = ref CollectionsMarshal.GetValueRefOrAddDefault(_byCaller, waiter.Caller, out bool isWaiting);
        if (!isWaiting)
        {
            own = new LinkedList<PermitWaiter>();
            _turns.AddLast(waiter.Caller);
        }

        place = own!.AddLast(waiter);
        Count++;
        return true;
    }

    /// <summary>Takes out who is next; null when nobody waits.</summary>
    public PermitWaiter? TakeNext()
    {
        if (_turns.First is not { } turn)
        {
            return null;
        }

        LinkedList<PermitWaiter> own = _byCaller[turn.Value];
        PermitWaiter next = own.First!.Value;
        own.RemoveFirst();
        Count--;
        _turns.Remove(turn);
        if (own.Count > 0)
        {
            _turns.AddLast(turn);
        }
        else
        {
            _byCaller.Remove(turn.Value);
        }

        return next;
    }

    /// <summary>Takes a request out, if it is still there.</summary>
    public bool TryRemove(LinkedListNode<PermitWaiter> place)
    {
        if (place.List is not { } own)
        {
            return false;
        }

        own.Remove(place);
        Count--;
        if (own.Count == 0)
        {
            _byCaller.Remove(place.Value.Caller);
            _turns.Remove(place.Value.Caller);
        }

        return true;
    }

    private bool TryMakeRoom(ulong newcomer, out PermitWaiter? displaced)
    {
        displaced = null;
        LinkedList<PermitWaiter>? longest = null;
        foreach (LinkedList<PermitWaiter> candidate in _byCaller.Values)
        {
            longest = longest is null || candidate.Count > longest.Count ? candidate : longest;
        }

        int own = _byCaller.TryGetValue(newcomer, out LinkedList<PermitWaiter>? waiting) ? waiting.Count : 0;
        if (longest!.Count <= own + 1)
        {
            return false;
        }

        displaced = longest.Last!.Value;
        return TryRemove(longest.Last);
    }
}
