using Busbar.Reliability.Capacity;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Reliability.Capacity;

public sealed class PermitGateTests
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    [Fact]
    public async Task Waiters_are_served_in_order_and_nobody_overtakes()
    {
        var gate = new PermitGate(1);
        Assert.True(gate.TryTake());
        var waits = Enumerable.Range(0, 5).Select(_ => Wait(gate)).ToArray();
        for (var i = 0; i < waits.Length; i++)
        {
            Assert.All(waits[i..], wait => Assert.False(wait.IsCompleted));
            gate.Release();
            Assert.Same(gate, await waits[i]);
            Assert.False(gate.TryTake());
        }

        gate.Release();
        Assert.Equal((1, 0), (gate.Free, gate.InFlight));
        Assert.True(gate.TryTake());
    }

    [Fact]
    public async Task A_permit_freed_just_before_the_waiter_enrolled_is_not_missed()
    {
        var gate = new PermitGate(1);
        Assert.Same(gate, await Wait(gate));
        Assert.Equal(0, gate.Free);
    }

    [Fact]
    public async Task A_waiter_at_two_gates_takes_one_permit_and_leaves_the_other_gate()
    {
        var (a, b) = (new PermitGate(1), new PermitGate(1));
        Assert.True(a.TryTake() && b.TryTake());
        var both = new PermitWaiter().WaitAsync([a, b], Long, TimeProvider.System, default).AsTask();
        b.Release();
        Assert.Same(b, await both);
        a.Release();
        Assert.True(a.TryTake());
        Assert.False(b.TryTake());
    }

    [Fact]
    public async Task Expiry_and_cancellation_leave_no_trace_in_the_queue()
    {
        var time = new FakeTimeProvider();
        using var cancel = new CancellationTokenSource();
        var gate = new PermitGate(1);
        Assert.True(gate.TryTake());
        var expiring = new PermitWaiter().WaitAsync([gate], TimeSpan.FromSeconds(1), time, default).AsTask();
        var cancelled = new PermitWaiter().WaitAsync([gate], Long, time, cancel.Token).AsTask();
        var patient = new PermitWaiter().WaitAsync([gate], Long, time, default).AsTask();
        time.Advance(TimeSpan.FromSeconds(1));
        await cancel.CancelAsync();
        Assert.Null(await expiring);
        Assert.Null(await cancelled);
        gate.Release();
        Assert.Same(gate, await patient);
        gate.Release();
        Assert.True(gate.HasFree);
    }

    [Fact]
    public async Task More_permits_wake_waiters_and_fewer_hold_newcomers_back()
    {
        var gate = new PermitGate(1);
        Assert.True(gate.TryTake());
        var wait = Wait(gate);
        gate.Resize(2);
        Assert.Same(gate, await wait);
        gate.Resize(1);
        Assert.Equal((2, 0), (gate.InFlight, gate.Free));
        gate.Release();
        Assert.False(gate.TryTake());
        gate.Release();
        Assert.True(gate.TryTake());
    }

    [Fact]
    public async Task Under_contention_permits_never_exceed_the_limit_and_no_wake_up_is_lost()
    {
        var gates = new[] { new PermitGate(2), new PermitGate(1) };
        var inside = new int[2];
        await Task.WhenAll(Enumerable.Range(0, 12).Select(caller => Task.Run(async () =>
        {
            using var cancel = new CancellationTokenSource();
            for (var i = 0; i < 300; i++)
            {
                var first = (caller + i) % 2;
                PermitGate? held = gates[first].TryTake() ? gates[first]
                    : await new PermitWaiter().WaitAsync(gates, Long, TimeProvider.System, cancel.Token);
                var index = Array.IndexOf(gates, held);
                Assert.InRange(Interlocked.Increment(ref inside[index]), 1, held!.Max);
                if (i % 3 == 0)
                {
                    await Task.Yield();
                }

                Interlocked.Decrement(ref inside[index]);
                held.Release();
            }
        })));
        Assert.All(gates, gate => Assert.Equal((0, gate.Max, true), (gate.InFlight, gate.Free, gate.HasFree)));
    }

    private static Task<PermitGate?> Wait(PermitGate gate) => new PermitWaiter().WaitAsync([gate], Long, TimeProvider.System, default).AsTask();
}
