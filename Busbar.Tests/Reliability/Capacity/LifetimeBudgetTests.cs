using Busbar.Reliability.Capacity;

namespace Busbar.Tests.Reliability.Capacity;

public sealed class LifetimeBudgetTests
{
    [Fact, Trait("gotcha", "C139")]
    public async Task Of_ten_parallel_spenders_exactly_as_many_succeed_as_there_is_budget()
    {
        for (var round = 0; round < 100; round++)
        {
            var budget = new LifetimeBudget(2);
            var spent = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(budget.TrySpend)));
            Assert.Equal(2, spent.Count(success => success));
            Assert.Equal(0, budget.Remaining);
            Assert.True(budget.IsUsedUp);
        }
    }

    [Fact, Trait("gotcha", "C141")]
    public void Without_a_limit_nothing_is_ever_spent()
    {
        var budget = new LifetimeBudget(-1);
        Assert.False(budget.TrySpend());
        Assert.Equal((-1, false), (budget.Remaining, budget.IsUsedUp));
    }

    [Fact]
    public void What_was_spent_stays_spent_under_another_limit()
    {
        var budget = new LifetimeBudget(3);
        Assert.True(budget.TrySpend() && budget.TrySpend());
        budget.Resize(5);
        Assert.Equal(3, budget.Remaining);
        budget.Resize(1);
        Assert.Equal(0, budget.Remaining);
        budget.Refund();
        Assert.Equal(0, budget.Remaining);
        budget.Refund();
        Assert.Equal(1, budget.Remaining);
    }
}
