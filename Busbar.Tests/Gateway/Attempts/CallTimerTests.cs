using Busbar.Gateway.Attempts;

namespace Busbar.Tests.Gateway.Attempts;

/// <summary>What ends an upstream call, and what may not put that end off.</summary>
public sealed class CallTimerTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    [Fact]
    public async Task A_client_that_leaves_does_not_lengthen_a_silence_that_was_nearly_over()
    {
        using var client = new CancellationTokenSource();
        var timer = new CallTimer();
        timer.Start(TimeSpan.FromMilliseconds(50), client.Token, grace: Long);
        await client.CancelAsync();

        await FiresAsync(timer);
    }

    [Fact]
    public async Task A_client_that_leaves_leaves_a_drained_call_no_more_than_its_grace()
    {
        using var client = new CancellationTokenSource();
        var timer = new CallTimer();
        timer.Start(Long, client.Token, grace: TimeSpan.FromMilliseconds(50));
        await client.CancelAsync();
        timer.Extend(Long);

        await FiresAsync(timer);
    }

    [Fact]
    public async Task A_call_that_is_not_drained_ends_with_its_client()
    {
        using var client = new CancellationTokenSource();
        var timer = new CallTimer();
        timer.Start(Long, client.Token);
        await client.CancelAsync();
        Assert.True(timer.HasFired);
    }

    [Fact]
    public async Task A_process_that_goes_down_ends_every_call_also_one_that_is_drained()
    {
        using var client = new CancellationTokenSource();
        using var cut = new CancellationTokenSource();
        var timer = new CallTimer();
        timer.Start(Long, client.Token, grace: Long, cut.Token);
        await client.CancelAsync();
        Assert.False(timer.IsCut);

        await cut.CancelAsync();

        Assert.True(timer.HasFired && timer.IsCut);
        timer.Reset();
        Assert.False(timer.HasFired || timer.IsCut);
    }

    private static async Task FiresAsync(CallTimer timer) =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(Bound, timer.Token));
}
