using Busbar.Configuration.Model;
using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Ir;

namespace Busbar.Tests.Governance.Budgets;

public sealed class PricesTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(499, 0)]
    [InlineData(500, 1)]
    [InlineData(1499, 1)]
    [InlineData(1500, 2)]
    public void Costs_are_rounded_to_the_nearest_micro_cent(long nanoCents, long microCents) =>
        Assert.Equal(microCents, new Prices(0, nanoCents, 0, 0, 0, 0).CostOfTokens(new Usage { Input = 1 }));

    [Fact]
    public void A_rate_card_prices_every_kind_of_token_by_itself()
    {
        Prices prices = TestKeys.Prices.Of(TestKeys.Make(), "thinker");
        var usage = new Usage { Input = 1_000_000, CacheRead = 2_000_000, CacheWrite = 4_000_000, Output = 8_000_000, Reasoning = 3_000_000 };

        // Cents: 1 of input, 0.2 read, 5 written, 5 M at 2.5, 3 M of reasoning at 7.5.
        Assert.Equal(41_200_000, prices.CostOfTokens(usage));
        Assert.Equal(42_200_000, prices.CostOf(usage));
    }

    [Fact]
    public void Reasoning_costs_what_output_costs_where_the_card_does_not_say_otherwise()
    {
        Prices prices = TestKeys.Prices.Of(TestKeys.Make(), "card");

        Assert.Equal(prices.CostOf(new Usage { Output = 1000 }), prices.CostOf(new Usage { Output = 1000, Reasoning = 900 }));
    }

    [Fact]
    public void A_thousand_tokens_at_a_price_for_all_cost_that_price_and_one_costs_a_thousandth_of_it()
    {
        PriceList list = TestKeys.PricesWith(new GovernanceConfig { PricePerRequestCents = 0, PricePer1KTokensCents = 3 });
        Prices prices = list.Of(TestKeys.Make(), "flat");

        Assert.Equal(3 * TestKeys.Cent, prices.CostOf(new Usage { Input = 400, Output = 500, CacheRead = 60, CacheWrite = 40 }));
        Assert.Equal(3_000, prices.CostOf(new Usage { Output = 1 }));
    }

    [Fact]
    public void A_keys_own_prices_win_over_the_global_ones_and_a_rate_card_over_both()
    {
        PriceList list = TestKeys.PricesWith(new GovernanceConfig { PricePerRequestCents = 5, PricePer1KTokensCents = 5 });
        VirtualKey own = TestKeys.Make() with { PricePerRequestCents = 0, PricePer1KTokensCents = 7 };

        Assert.Equal(new Prices(0, 7_000_000, 7_000_000, 7_000_000, 7_000_000, 7_000_000), list.Of(own, "flat"));
        Assert.Equal(new Prices(0, 1000, 100, 1250, 2500, 2500), list.Of(own, "card"));
        Assert.Equal(5 * TestKeys.Cent, list.Of(TestKeys.Make(), "card").FeeMicroCents);
    }

    [Fact]
    public void The_ceiling_over_several_models_is_the_highest_price_of_each_kind()
    {
        PriceList list = TestKeys.PricesWith(new GovernanceConfig { PricePerRequestCents = 1, PricePer1KTokensCents = 0 });

        Assert.Equal(new Prices(TestKeys.Cent, 1000, 100, 1250, 2500, 7500), list.CeilingOf(TestKeys.Make(), ["flat", "card", "thinker"]));
    }

    [Theory, Trait("gotcha", "C232")]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    public void A_negative_price_is_none_so_spending_never_falls(long price)
    {
        PriceList list = TestKeys.PricesWith(new GovernanceConfig { PricePerRequestCents = price, PricePer1KTokensCents = price });

        Assert.Equal(default, list.Of(TestKeys.Make(), "flat"));
        Assert.Equal(default, list.Of(TestKeys.Make() with { PricePerRequestCents = price, PricePer1KTokensCents = price }, "flat"));
    }

    [Fact, Trait("gotcha", "C233")]
    public void Hostile_counts_and_prices_saturate()
    {
        var huge = new Usage { Input = long.MaxValue, CacheRead = long.MaxValue, CacheWrite = long.MaxValue, Output = long.MaxValue, Reasoning = long.MaxValue };
        var dear = new Prices(long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue);

        Assert.Equal(long.MaxValue, dear.CostOf(huge));
        Assert.Equal(long.MaxValue, dear.CeilingOf(long.MaxValue, long.MaxValue));
        Assert.Equal(long.MaxValue - (long.MaxValue % TestKeys.Cent), TestKeys.Prices.Of(TestKeys.Make() with { PricePerRequestCents = long.MaxValue }, "flat").FeeMicroCents);
        Assert.Equal(0, dear.CostOfTokens(new Usage { Input = -5, Output = long.MinValue, Reasoning = -1 }));
    }

    [Fact, Trait("gotcha", "C233")]
    public void Counts_beyond_belief_are_cut_and_said_to_be()
    {
        Usage cut = Prices.Bounded(new Usage { Input = long.MaxValue, Output = 5, Reasoning = 9, CacheRead = -1 }, out bool isClamped);

        Assert.True(isClamped);
        Assert.Equal((Prices.MostTokens, 5, 5, 0), (cut.Input, cut.Output, cut.Reasoning, cut.CacheRead));
        Prices.Bounded(new Usage { Input = Prices.MostTokens, Output = Prices.MostTokens }, out isClamped);
        Assert.False(isClamped);
    }

    [Fact]
    public void A_ceiling_is_rounded_up() => Assert.Equal(1, new Prices(0, 1, 0, 0, 0, 0).CeilingOf(1, 0));

    [Fact]
    public void Whatever_stays_within_an_estimate_costs_at_most_its_ceiling()
    {
        var random = new Random(7);
        for (int round = 0; round < 20_000; round++)
        {
            var prices = new Prices(random.Next(3), random.Next(9_000), random.Next(9_000), random.Next(9_000), random.Next(9_000), random.Next(9_000));
            long input = random.Next(2_000);
            long output = random.Next(2_000);
            long read = random.NextInt64(input + 1);
            long write = random.NextInt64(input - read + 1);
            long used = random.NextInt64(output + 1);
            var usage = new Usage { Input = random.NextInt64(input - read - write + 1), CacheRead = read, CacheWrite = write, Output = used, Reasoning = random.NextInt64(used + 1) };

            Assert.InRange(prices.CostOf(usage), 0, prices.CeilingOf(input, output));
        }
    }
}
