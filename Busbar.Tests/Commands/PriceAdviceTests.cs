using Busbar.Commands;
using Busbar.Tests.Configuration;

namespace Busbar.Tests.Commands;

/// <summary>Dollars where cents belong are noticed.</summary>
public sealed class PriceAdviceTests
{
    [Theory]
    [InlineData("{input: 2.5, output: 10}", true)]
    [InlineData("{input: 2.25, output: 9}", true)]
    [InlineData("{input: 250, output: 1000}", false)]
    [InlineData("{input: 0, output: 0}", false)]
    [InlineData("{input: 2.5, output: 1000}", false)]
    public void A_rate_card_that_reads_like_dollars_is_told_with_what_the_vendor_lists(string card, bool isNoticed)
    {
        var config = ConfigText.Valid(ConfigText.WithModel($"upstream_model: gpt-4o, rate_card: {card}"));

        var problems = PriceAdvice.Problems(config).ToList();

        Assert.Equal(isNoticed ? 1 : 0, problems.Count);
        Assert.All(problems, problem => Assert.Equal("models.small.rate_card", problem.Path));
        Assert.All(problems, problem => Assert.Contains("250 and 1000", problem.Message));
    }

    [Theory]
    [InlineData("enabled: true", "", true)]
    [InlineData("enabled: true, price_per_1k_tokens_cents: 1", "", false)]
    [InlineData("enabled: false", "", false)]
    [InlineData("enabled: true", ", rate_card: {input: 0, output: 0}", false)]
    public void A_model_that_keys_would_use_for_nothing_is_told(string governance, string card, bool isNoticed)
    {
        var config = ConfigText.Valid(ConfigText.With(
            models: $"{{small: {{provider: openai, max_concurrent: 4, upstream_model: unheard-of{card}}}}}",
            more: $"governance: {{{governance}, admin_token: canary-admin-token}}"));

        Assert.Equal(isNoticed ? ["models.small"] : [], PriceAdvice.Problems(config).Select(problem => problem.Path));
    }
}
