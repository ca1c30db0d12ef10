using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Prices;
using Busbar.Configuration.Model.Providers;
using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Ir;

namespace Busbar.Tests.Governance;

/// <summary>Keys, prices and numbers that the tests of governance share.</summary>
internal static class TestKeys
{
    /// <summary>Nano-dollars in a cent.</summary>
    public const long Cent = 10_000_000;

    /// <summary>
    /// Fee of a cent a request, nothing for tokens; the model "card" costs 1 cent a million input tokens and 2.5 cents a million output tokens.
    /// </summary>
    public static PriceList Prices { get; } = PricesWith(new GovernanceConfig { PricePerRequestCents = 1 });

    /// <summary>The price list of <paramref name="config"/> with the model "card".</summary>
    public static PriceList PricesWith(GovernanceConfig config) => new(config, new Dictionary<string, ModelConfig>
    {
        ["flat"] = Model("flat", null),
        ["card"] = Model("card", Card(1, 2.5, 0.1, 1.25, 2.5)),
        ["thinker"] = Model("thinker", Card(1, 2.5, 0.1, 1.25, 7.5)),
    });

    /// <summary>A key whose secret, and so whose id, follows from <paramref name="number"/>.</summary>
    public static VirtualKey Make(int number = 1)
    {
        KeyDigest digest = KeyDigest.Of($"sk-bb-{number:x32}");
        return new VirtualKey { Id = digest.ToKeyId(), Digest = digest, Name = $"key {number}", CreatedAt = number };
    }

    /// <summary>A successful answer with <paramref name="input"/> and <paramref name="output"/> tokens.</summary>
    public static Charge Success(string model = "flat", long input = 0, long output = 0) =>
        new(model, Fee: true, new Usage { Input = input, Output = output, IsReported = true }, IsEstimated: false);

    /// <summary>A card with prices in cents for a million tokens.</summary>
    public static RateCardConfig Card(double input, double output, double read, double write, double reasoning)
    {
        const double Cent = 10_000;
        return RateCardConfig.Of(new Rates(
            (long)(input * Cent), (long)(output * Cent), (long)(read * Cent), (long)(write * Cent), (long)(write * Cent), (long)(reasoning * Cent),
            (long)(input * Cent), (long)(output * Cent), (long)(output * Cent)));
    }

    /// <summary>Prices in pico-dollars a token of input and of output, beside a fee in nano-dollars.</summary>
    public static Prices PricesOf(long fee, long input, long output)
        => new(fee, RateCardConfig.Of(new Rates(input, output, 0, 0, 0, output, input, output, output)));

    /// <summary>This estimate at <paramref name="prices"/>.</summary>
    public static Estimate At(this Estimate estimate, Prices prices) => estimate with
    {
        Ceiling = prices.CeilingOf(estimate.InputTokens, estimate.OutputTokens),
        Floor = prices.CeilingOf(estimate.InputTokens, 0),
    };

    /// <summary>Fee and tokens together, nano-dollars.</summary>
    public static long Bill(this Prices prices, in Usage usage) => prices.FeeNanos + prices.CostOfTokens(usage, out _);

    private static ModelConfig Model(string name, RateCardConfig? card)
        => new() { Name = name, Provider = "p", MaxConcurrent = 1, UpstreamModel = name, RateCard = card };
}
