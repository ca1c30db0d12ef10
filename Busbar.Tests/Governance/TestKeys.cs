using Busbar.Configuration.Model;
using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Ir;

namespace Busbar.Tests.Governance;

/// <summary>Keys, prices and numbers that the tests of governance share.</summary>
internal static class TestKeys
{
    /// <summary>Micro-cents in a cent.</summary>
    public const long Cent = 1_000_000;

    /// <summary>Fee of a cent a request, nothing for tokens; the model "card" costs 1 cent a million input tokens and 2.5 cents a million output tokens.</summary>
    public static PriceList Prices { get; } = PricesWith(new GovernanceConfig { PricePerRequestCents = 1 });

    /// <summary>The price list of <paramref name="config"/> with the model "card".</summary>
    public static PriceList PricesWith(GovernanceConfig config) => new(config, new Dictionary<string, ModelConfig>
    {
        ["flat"] = Model("flat", null),
        ["card"] = Model("card", new RateCardConfig { Input = 1000, Output = 2500, CacheRead = 100, CacheWrite = 1250 }),
        ["thinker"] = Model("thinker", new RateCardConfig { Input = 1000, Output = 2500, CacheRead = 100, CacheWrite = 1250, Reasoning = 7500 }),
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

    private static ModelConfig Model(string name, RateCardConfig? card) => new() { Name = name, Provider = "p", MaxConcurrent = 1, UpstreamModel = name, RateCard = card };
}
