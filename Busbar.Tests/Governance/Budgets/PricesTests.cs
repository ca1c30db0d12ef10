using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Prices;
using Busbar.Configuration.Model.Providers;
using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Ir;
using Busbar.Ir.Request;

namespace Busbar.Tests.Governance.Budgets;

public sealed class PricesTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(499, 0)]
    [InlineData(500, 1)]
    [InlineData(1499, 1)]
    [InlineData(1500, 2)]
    public void Costs_are_rounded_to_the_nearest_nano_dollar(long picos, long nanos) =>
        Assert.Equal(nanos, Flat(picos).CostOfTokens(new Usage { Input = 1 }, out _));

    [Fact]
    public void A_rate_card_prices_every_kind_of_token_by_itself()
    {
        Prices prices = TestKeys.Prices.Of(TestKeys.Make(), "thinker");
        var usage = new Usage { Input = 1_000_000, CacheRead = 2_000_000, CacheWrite = 4_000_000, Output = 8_000_000, Reasoning = 3_000_000 };

        // Cents: 1 of input, 0.2 read, 5 written, 5 M at 2.5, 3 M of reasoning at 7.5.
        Assert.Equal(412_000_000, prices.CostOfTokens(usage, out bool isPriced));
        Assert.True(isPriced);
        Assert.Equal(TestKeys.Cent, prices.FeeNanos);
    }

    [Fact]
    public void Every_part_of_a_count_is_priced_once_and_at_its_own_price()
    {
        var rates = new Rates(1_000, 10_000, 100, 2_000, 3_000, 20_000, 4_000, 40_000, 50_000);
        var usage = new Usage { Input = 100, AudioInput = 40, CacheRead = 10, CacheWrite = 20, CacheWriteLong = 5, Output = 100, Reasoning = 10,
            AudioOutput = 20, ImageOutput = 30 };

        // Nano-dollars: 60 + 40 x 4 + 1 + 15 x 2 + 5 x 3 + 40 x 10 + 10 x 20 + 20 x 40 + 30 x 50.
        Assert.Equal(3166, new Prices(0, RateCardConfig.Of(rates)).CostOfTokens(usage, out _));
    }

    [Fact]
    public void A_longer_input_prices_the_whole_request()
    {
        Prices prices = Stepped();

        Assert.Equal(100, prices.CostOfTokens(new Usage { Input = 100 }, out _));
        Assert.Equal(202, prices.CostOfTokens(new Usage { Input = 50, CacheRead = 51 }, out _));
        Assert.Equal(100 + 5, prices.CostOfTokens(new Usage { Input = 100, Output = 5 }, out _));
    }

    [Theory]
    [InlineData(nameof(ServedTier.Standard), 100, true)]
    [InlineData(nameof(ServedTier.Batch), 50, true)]
    [InlineData(nameof(ServedTier.Priority), 300, true)]
    [InlineData(nameof(ServedTier.Flex), 100, false)]
    [InlineData(nameof(ServedTier.Other), 100, false)]
    public void The_tier_that_served_decides_and_one_without_a_price_is_said_to_have_none(string tier, long nanos, bool isPriced)
    {
        Assert.Equal(nanos, Stepped().CostOfTokens(new Usage { Input = 100, Tier = Enum.Parse<ServedTier>(tier) }, out bool found));
        Assert.Equal(isPriced, found);
    }

    [Fact]
    public void Tokens_of_a_model_that_nobody_has_a_price_for_are_said_to_have_none()
    {
        Prices prices = TestKeys.Prices.Of(TestKeys.Make(), "flat");

        Assert.Equal(0, prices.CostOfTokens(new Usage { Input = 1 }, out bool isPriced));
        Assert.False(isPriced);
        prices.CostOfTokens(default, out isPriced);
        Assert.True(isPriced);
    }

    [Fact]
    public void A_ceiling_is_the_highest_price_of_any_length_and_tier_that_could_apply()
    {
        Prices prices = Stepped();

        Assert.Equal(100 * 3, prices.CeilingOf(100, 0));
        Assert.Equal(101 * 6, prices.CeilingOf(101, 0));
    }

    [Fact]
    public void A_thousand_tokens_at_a_price_for_all_cost_that_price_and_one_costs_a_thousandth_of_it()
    {
        PriceList list = TestKeys.PricesWith(new GovernanceConfig { PricePerRequestCents = 0, PricePer1KTokensCents = 3 });
        Prices prices = list.Of(TestKeys.Make(), "flat");

        Assert.Equal(3 * TestKeys.Cent, prices.CostOfTokens(new Usage { Input = 400, Output = 500, CacheRead = 60, CacheWrite = 40 }, out _));
        Assert.Equal(30_000, prices.CostOfTokens(new Usage { Output = 1 }, out _));
    }

    [Fact]
    public void A_keys_own_prices_win_over_the_global_ones_and_a_rate_card_over_both()
    {
        PriceList list = TestKeys.PricesWith(new GovernanceConfig { PricePerRequestCents = 5, PricePer1KTokensCents = 5 });
        VirtualKey own = TestKeys.Make() with { PricePerRequestCents = 0, PricePer1KTokensCents = 7 };

        Assert.Equal((0, Rates.Flat(70_000_000)), RatesOf(list.Of(own, "flat")));
        Assert.Equal((0, TestKeys.Card(1, 2.5, 0.1, 1.25, 2.5).Steps[0].Standard), RatesOf(list.Of(own, "card")));
        Assert.Equal(5 * TestKeys.Cent, list.Of(TestKeys.Make(), "card").FeeNanos);
    }

    [Fact]
    public void A_price_for_all_tokens_that_somebody_set_wins_over_the_price_list()
    {
        RateCardConfig listed = TestKeys.Card(1, 2, 3, 4, 5);
        var models = new Dictionary<string, ModelConfig>
        {
            ["m"] = new()
            {
                Name = "m", Provider = "p", MaxConcurrent = 1, UpstreamModel = "m",
                Listed = new ListedModel { Provider = "p", Name = "m", Card = listed, Source = "s", Date = "2026-01-01" },
            },
        };

        Assert.Same(listed, new PriceList(new GovernanceConfig(), models).Of(TestKeys.Make(), "m").Card);
        Assert.Equal(Rates.Flat(0), RatesOf(new PriceList(new GovernanceConfig(), models).Of(TestKeys.Make() with { PricePer1KTokensCents = 0 }, "m"))
            .Rates);
        Assert.Equal(Rates.Flat(10_000_000), RatesOf(new PriceList(new GovernanceConfig { PricePer1KTokensCents = 1 }, models)
            .Of(TestKeys.Make(), "m")).Rates);
    }

    [Fact]
    public void The_ceiling_over_several_models_is_that_of_the_dearest()
    {
        PriceList list = TestKeys.PricesWith(new GovernanceConfig { PricePerRequestCents = 1, PricePer1KTokensCents = 0 });

        // 1.25 cents a million of input, 7.5 a million of output.
        Assert.Equal(TestKeys.Cent + 12_500_000 + 75_000_000, list.CeilingOf(TestKeys.Make(), ["flat", "card", "thinker"], 1_000_000, 1_000_000));
    }

    [Theory, Trait("gotcha", "C232")]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    public void A_negative_price_is_none_so_spending_never_falls(long price)
    {
        PriceList list = TestKeys.PricesWith(new GovernanceConfig { PricePerRequestCents = price, PricePer1KTokensCents = price });

        Assert.Equal(default, list.Of(TestKeys.Make(), "flat"));
        Assert.Equal((0, Rates.Flat(0)), RatesOf(list.Of(TestKeys.Make() with { PricePerRequestCents = price, PricePer1KTokensCents = price },
            "flat")));
    }

    [Fact, Trait("gotcha", "C233")]
    public void Hostile_counts_and_prices_saturate()
    {
        var huge = new Usage { Input = long.MaxValue, CacheRead = long.MaxValue, CacheWrite = long.MaxValue, Output = long.MaxValue, Reasoning =
            long.MaxValue };
        Prices dear = Flat(long.MaxValue) with { FeeNanos = long.MaxValue };

        Assert.Equal(long.MaxValue, dear.CostOfTokens(huge, out _));
        Assert.Equal(long.MaxValue, dear.CeilingOf(long.MaxValue, long.MaxValue));
        Assert.Equal(long.MaxValue, TestKeys.Prices.Of(TestKeys.Make() with { PricePerRequestCents = long.MaxValue }, "flat").FeeNanos);
        Assert.Equal(0, dear.CostOfTokens(new Usage { Input = -5, Output = long.MinValue, Reasoning = -1 }, out _));
    }

    [Fact, Trait("gotcha", "C233")]
    public void Counts_beyond_belief_are_cut_and_said_to_be()
    {
        Usage cut = Prices.Bounded(new Usage { Input = long.MaxValue, Output = 5, Reasoning = 9, CacheRead = -1 }, out bool isClamped);

        Assert.True(isClamped);
        Assert.Equal((Prices.MaxTokens, 5, 5, 0), (cut.Input, cut.Output, cut.Reasoning, cut.CacheRead));
        Prices.Bounded(new Usage { Input = Prices.MaxTokens, Output = Prices.MaxTokens }, out isClamped);
        Assert.False(isClamped);
    }

    [Fact]
    public void A_ceiling_is_rounded_up() => Assert.Equal(1, Flat(1).CeilingOf(1, 0));

    [Fact]
    public void Whatever_stays_within_an_estimate_costs_at_most_its_ceiling()
    {
        var random = new Random(7);
        long Price() => random.Next(9_000);
        Rates Any() => new(Price(), Price(), Price(), Price(), Price(), Price(), Price(), Price(), Price());
        for (int round = 0; round < 20_000; round++)
        {
            var prices = new Prices(0, new RateCardConfig
            {
                Steps = [new RateStep(0, Any(), Any(), null, null), new RateStep(random.Next(1, 1000), Any(), null, Any(), Any())],
            });
            long input = random.Next(2_000);
            long output = random.Next(2_000);
            long read = random.NextInt64(input + 1);
            long write = random.NextInt64(input - read + 1);
            long used = random.NextInt64(output + 1);
            var usage = new Usage
            {
                Input = random.NextInt64(input - read - write + 1),
                AudioInput = random.NextInt64(2_000),
                CacheRead = read,
                CacheWrite = write,
                CacheWriteLong = random.NextInt64(2_000),
                Output = used,
                Reasoning = random.NextInt64(used + 1),
                ImageOutput = random.NextInt64(2_000),
                Tier = (ServedTier)random.Next(5),
            };

            Assert.InRange(prices.CostOfTokens(usage, out _), 0, prices.CeilingOf(input, output));
        }
    }

    private static Prices Flat(long picos) => new(0, RateCardConfig.Of(Rates.Flat(picos)));

    private static (long Fee, Rates Rates) RatesOf(Prices prices) => (prices.FeeNanos, Assert.Single(prices.Card!.Steps).Standard);

    // A nano-dollar a token up to 100 tokens, twice that beyond; half in a batch, three times with priority.
    private static Prices Stepped()
    {
        var first = Rates.Flat(1000);
        var second = Rates.Flat(2000);
        return new Prices(0, new RateCardConfig
        {
            Steps = [new RateStep(0, first, first.At(50), null, first.At(300)), new RateStep(100, second, second.At(50), null, second.At(300))],
        });
    }
}
