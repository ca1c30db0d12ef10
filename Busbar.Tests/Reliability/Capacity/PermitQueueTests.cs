using Busbar.Reliability.Capacity;

namespace Busbar.Tests.Reliability.Capacity;

public sealed class PermitQueueTests
{
    [Fact]
    public void Callers_take_turns_and_each_is_served_in_order()
    {
        var queue = new PermitQueue();
        PermitWaiter[] crowd = [.. Enumerable.Range(0, 160).Select(_ => new PermitWaiter(1))];
        PermitWaiter[] other = [new(2), new(2), new(2)];
        Array.ForEach(crowd, waiter => Add(queue, waiter));
        Array.ForEach(other, waiter => Add(queue, waiter));

        Assert.Equal([crowd[0], other[0], crowd[1], other[1], crowd[2], other[2], crowd[3]], Enumerable.Range(0, 7).Select(_ => queue.TakeNext()!));
        Assert.Equal(156, queue.Count);
    }

    [Fact]
    public void Who_leaves_loses_no_turn_of_its_caller_and_leaves_nothing_behind()
    {
        var queue = new PermitQueue();
        PermitWaiter[] waiters = [new(1), new(1), new(2)];
        LinkedListNode<PermitWaiter>[] places = [.. waiters.Select(waiter => Add(queue, waiter))];

        Assert.True(queue.TryRemove(places[0]));
        Assert.False(queue.TryRemove(places[0]));
        Assert.Same(waiters[1], queue.TakeNext());
        Assert.True(queue.TryRemove(places[2]));
        Assert.Null(queue.TakeNext());
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void A_full_queue_takes_the_latest_of_the_caller_with_most_for_one_with_fewer_and_no_more_of_that_caller()
    {
        var queue = new PermitQueue();
        PermitWaiter[] crowd = [.. Enumerable.Range(0, PermitQueue.MaxWaiting).Select(_ => new PermitWaiter(1))];
        Array.ForEach(crowd, waiter => Add(queue, waiter));

        Assert.False(queue.TryAdd(new PermitWaiter(1), out _, out PermitWaiter? displaced));
        Assert.Null(displaced);
        Assert.True(queue.TryAdd(new PermitWaiter(2), out _, out displaced));
        Assert.Same(crowd[^1], displaced);
        Assert.Equal(PermitQueue.MaxWaiting, queue.Count);
    }

    [Fact]
    public async Task Who_is_turned_away_is_told_at_once()
    {
        var gate = new PermitGate(1);
        Assert.True(gate.TryTake());
        PermitWaiter[] crowd = [.. Enumerable.Range(0, PermitQueue.MaxWaiting + 1).Select(_ => new PermitWaiter(1))];
        Task<PermitGate?>[] waits = [.. crowd.Select(waiter => waiter.WaitAsync([gate], TimeSpan.FromHours(1), TimeProvider.System, default)
            .AsTask())];

        Assert.Null(await waits[^1]);
        Assert.True(crowd[^1].IsTurnedAway);
        var other = new PermitWaiter(2).WaitAsync([gate], TimeSpan.FromHours(1), TimeProvider.System, default).AsTask();
        Assert.Null(await waits[^2]);
        gate.Release();
        Assert.Same(gate, await waits[0]);
        gate.Release();
        Assert.Same(gate, await other);
    }

    private static LinkedListNode<PermitWaiter> Add(PermitQueue queue, PermitWaiter waiter)
    {
        Assert.True(queue.TryAdd(waiter, out LinkedListNode<PermitWaiter>? place, out PermitWaiter? displaced));
        Assert.Null(displaced);
        return place!;
    }
}
