using Busbar.Commands;
using Busbar.Tests.Configuration;

namespace Busbar.Tests.Commands;

/// <summary>Dollars where cents belong are noticed.</summary>
public sealed class PriceAdviceTests
{
    [Theory]
    [InlineData("{input: 3, output: 15}", true)]
    [InlineData("{input: 2.7, output: 13.5}", true)]
    [InlineData("{input: 300, output: 1500}", false)]
    [InlineData("{input: 0, output: 0}", false)]
    [InlineData("{input: 3, output: 1500}", false)]
    public void A_rate_card_that_reads_like_dollars_is_told_with_what_the_vendor_lists(string card, bool isNoticed)
    {
        var config = ConfigText.Valid(ConfigText.WithModel($"upstream_model: claude-sonnet-4-5, rate_card: {card}"));

        var problems = PriceAdvice.Problems(config).ToList();

        Assert.Equal(isNoticed ? 1 : 0, problems.Count);
        Assert.All(problems, problem => Assert.Equal("models.small.rate_card", problem.Path));
        Assert.All(problems, problem => Assert.Contains("300 and 1500", problem.Message));
    }
}
