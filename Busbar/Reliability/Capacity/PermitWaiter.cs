namespace Busbar.Reliability.Capacity;

/// <summary>One request waiting at several gates at once. Exactly one of grant and expiry wins.</summary>
internal sealed class PermitWaiter
{
    private readonly TaskCompletionSource<PermitGate?> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Hands over a permit of <paramref name="gate"/>; false when the waiter has one already or went away.</summary>
    public bool TryGrant(PermitGate gate) => _outcome.TrySetResult(gate);

    /// <summary>
    /// Waits at <paramref name="gates"/>, behind those who came before. The caller owns the permit of the gate returned.
    /// Null when <paramref name="max"/> is over or <paramref name="cancellation"/> asked first.
    /// </summary>
    public async ValueTask<PermitGate?> WaitAsync(IReadOnlyList<PermitGate> gates, TimeSpan max, TimeProvider time, CancellationToken cancellation)
    {
        var places = new LinkedListNode<PermitWaiter>[gates.Count];
        for (var i = 0; i < places.Length; i++)
        {
            places[i] = gates[i].Enrol(this);
        }

        using var timer = time.CreateTimer(static state => ((PermitWaiter)state!)._outcome.TrySetResult(null), this, max, Timeout.InfiniteTimeSpan);
        using var registration = cancellation.UnsafeRegister(static state => ((PermitWaiter)state!)._outcome.TrySetResult(null), this);
        var granted = await _outcome.Task.ConfigureAwait(false);
        for (var i = 0; i < places.Length; i++)
        {
            gates[i].Leave(places[i]);
        }

        return granted;
    }
}
