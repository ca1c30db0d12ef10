using Busbar.Gateway.Work;

namespace Busbar.Tests.Gateway.Work;

/// <summary>Large bodies are worked on few at a time, away from the sockets' threads, and callers take turns.</summary>
public sealed class WorkGateTests
{
    private readonly WorkGate _gate = new(TimeProvider.System, 1);

    [Fact]
    public async Task Work_goes_on_in_the_thread_pool()
    {
        bool isInPool = false;
        var thread = new Thread(() => EnterAsync().GetAwaiter().GetResult());
        thread.Start();
        await Task.Run(thread.Join);

        Assert.True(isInPool);

        async Task EnterAsync()
        {
            await _gate.EnterAsync(1, CancellationToken.None);
            isInPool = Thread.CurrentThread.IsThreadPoolThread;
        }
    }

    [Fact]
    public async Task Another_caller_waits_for_one_body_only()
    {
        await _gate.EnterAsync(1, CancellationToken.None);
        Task[] crowd = [.. Enumerable.Range(0, 20).Select(_ => _gate.EnterAsync(1, CancellationToken.None).AsTask())];
        Task other = _gate.EnterAsync(2, CancellationToken.None).AsTask();
        Assert.False(other.IsCompleted);

        _gate.Leave();
        await crowd[0];
        _gate.Leave();
        await other;

        Assert.All(crowd[1..], task => Assert.False(task.IsCompleted));
        Assert.Equal(1, _gate.Busy);
    }

    [Fact]
    public async Task Who_leaves_while_waiting_holds_nothing()
    {
        await _gate.EnterAsync(1, CancellationToken.None);
        using var gone = new CancellationTokenSource();
        Task waiting = _gate.EnterAsync(2, gone.Token).AsTask();
        gone.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        _gate.Leave();

        Assert.Equal(0, _gate.Busy);
    }
}
