using Busbar.Gateway;
using Busbar.Gateway.Memory;
using Busbar.Observability.Metrics;

namespace Busbar.Tests.Gateway.Memory;

/// <summary>What requests hold together stays below the limit, and is given back once.</summary>
public sealed class MemoryBudgetTests
{
    private const long Limit = 100;

    private readonly MemoryGauge _gauge = new();

    [Fact]
    public void What_is_beyond_the_limit_is_not_taken()
    {
        MemoryHold first = Hold();
        MemoryHold second = Hold();

        Assert.True(first.TryTake(60));
        Assert.False(second.TryTake(60));
        Assert.True(second.TryTake(40));
        Assert.Equal(100, _gauge.Held);
    }

    [Fact]
    public void Who_is_alone_gets_more_than_the_limit()
    {
        MemoryHold only = Hold();

        Assert.True(only.TryTake(90));
        Assert.True(only.TryTake(90));
        Assert.False(Hold().TryTake(1));
    }

    [Fact]
    public async Task Who_waits_is_served_when_another_gives_back()
    {
        var budget = new MemoryBudget(_gauge, TimeProvider.System);
        Assert.True(budget.TryTake(80, 0, Limit));
        Task<bool> waiting = budget.TakeAsync(80, 0, Limit, CancellationToken.None).AsTask();
        budget.Release(80);

        Assert.True(await waiting);
        Assert.Equal(80, _gauge.Held);
    }

    [Fact]
    public async Task Who_waits_in_vain_holds_nothing_of_what_he_asked_for()
    {
        MemoryHold first = Hold();
        MemoryHold second = Hold();
        Assert.True(first.TryTake(80));
        Assert.True(second.TryTake(10));

        await Assert.ThrowsAsync<OverloadException>(() => second.TakeAsync(80, CancellationToken.None).AsTask());
        Assert.Equal((10, 90), (second.Bytes, _gauge.Held));
    }

    [Fact]
    public async Task Waiting_ends_when_the_client_leaves()
    {
        MemoryHold first = Hold();
        MemoryHold second = Hold();
        Assert.True(first.TryTake(80));
        using var gone = new CancellationTokenSource();
        Task waiting = second.TakeAsync(80, gone.Token).AsTask();
        gone.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal((0, 80), (second.Bytes, _gauge.Held));
    }

    [Fact]
    public async Task Any_order_of_taking_and_giving_back_ends_at_zero()
    {
        var budget = new MemoryBudget(_gauge, TimeProvider.System);
        await Parallel.ForAsync(0, 64, async (seed, _) =>
        {
            var random = new Random(seed);
            var hold = new MemoryHold();
            hold.Begin(budget, Limit);
            for (int step = 0; step < 50; step++)
            {
                switch (random.Next(4))
                {
                    case 0:
                        hold.TryTake(random.Next(40));
                        break;
                    case 1:
                        using (var gone = new CancellationTokenSource())
                        {
                            Task taking = hold.TakeAsync(random.Next(40), gone.Token).AsTask();
                            gone.Cancel();
                            await taking.ContinueWith(static _ => { }, TaskScheduler.Default);
                        }

                        break;
                    case 2:
                        hold.Release(random.Next(60));
                        break;
                    default:
                        hold.ReleaseAll();
                        hold.ReleaseAll();
                        hold.Begin(budget, Limit);
                        break;
                }
            }

            hold.ReleaseAll();
            Assert.Equal(0, hold.Bytes);
        });

        Assert.Equal(0, _gauge.Held);
    }

    private MemoryHold Hold()
    {
        var hold = new MemoryHold();
        hold.Begin(new MemoryBudget(_gauge, TimeProvider.System), Limit);
        return hold;
    }
}
