namespace Busbar.Reliability.Capacity;

/// <summary>One request waiting at several gates at once. Exactly one of grant, expiry and being turned away wins.</summary>
/// <param name="caller">Whose request it is; callers take turns.</param>
/// <param name="tokens">What it likely costs.</param>
internal sealed class PermitWaiter(ulong caller = 0, long tokens = 0)
{
    private readonly TaskCompletionSource<PermitGate?> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _granted;

    /// <summary>Whose request it is.</summary>
    public ulong Caller => caller;

    /// <summary>What it likely costs, where the tokens of a minute are limited.</summary>
    public long Tokens => tokens;

    /// <summary>Of a permit that was granted: for <see cref="PermitGate.GiveBack"/>.</summary>
    public long Began { get; private set; } = -1;

    /// <summary>True when the wait ended because too many are waiting already.</summary>
    public bool IsTurnedAway { get; private set; }

    /// <summary>Hands over a permit of <paramref name="gate"/>; false when the waiter has one already or went away.</summary>
    /// <remarks>One grant at a time: another gate's may only come first, and then this one's is refused.</remarks>
    public bool TryGrant(PermitGate gate, long began = -1)
    {
        if (Interlocked.CompareExchange(ref _granted, 1, 0) != 0)
        {
            return false;
        }

        Began = began;
        return _outcome.TrySetResult(gate);
    }

    /// <summary>Ends the wait: there is no room in a queue.</summary>
    public void TurnAway()
    {
        IsTurnedAway = true;
        _outcome.TrySetResult(null);
    }

    /// <summary>
    /// Waits at <paramref name="gates"/>. The caller owns the permit of the gate returned. Null when <paramref name="max"/> is over,
    /// <paramref name="cancellation"/> asked first, or it was turned away.
    /// </summary>
    public async ValueTask<PermitGate?> WaitAsync(IReadOnlyList<PermitGate> gates, TimeSpan max, TimeProvider time, CancellationToken cancellation)
    {
        var places = new LinkedListNode<PermitWaiter>?[gates.Count];
        for (var i = 0; i < places.Length; i++)
        {
            places[i] = gates[i].Enrol(this);
        }

        using var timer = time.CreateTimer(static state => ((PermitWaiter)state!)._outcome.TrySetResult(null), this, max, Timeout.InfiniteTimeSpan);
        using var registration = cancellation.UnsafeRegister(static state => ((PermitWaiter)state!)._outcome.TrySetResult(null), this);
        var granted = await _outcome.Task.ConfigureAwait(false);
        for (var i = 0; i < places.Length; i++)
        {
            if (places[i] is { } place)
            {
                gates[i].Leave(place);
            }
        }

        return granted;
    }
}
