using Busbar.Reliability.Capacity;

namespace Busbar.Tests.Reliability.Capacity;

/// <summary>How many requests may be sent twice.</summary>
public sealed class HedgeBudgetTests
{
    [Fact]
    public void Never_more_than_the_share_of_the_requests_so_far()
    {
        var budget = new HedgeBudget();
        int spent = 0;
        for (int requests = 1; requests <= 1000; requests++)
        {
            budget.Earn(0.1);
            while (budget.TrySpend())
            {
                spent++;
            }

            Assert.Equal(requests / 10, spent);
        }
    }

    [Fact]
    public void What_was_saved_in_good_times_is_bounded()
    {
        var budget = new HedgeBudget();
        for (int requests = 0; requests < 100_000; requests++)
        {
            budget.Earn(0.5);
        }

        Assert.Equal(10, Enumerable.Range(0, 100).Count(_ => budget.TrySpend()));
        budget.Refund();
        Assert.True(budget.TrySpend());
        Assert.False(budget.TrySpend());
    }
}
