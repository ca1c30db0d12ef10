using Busbar.Configuration.Model;
using Busbar.Governance.Keys;

namespace Busbar.Governance.Budgets;

/// <summary>Prices of one configuration. A model's rate card takes precedence over a price for all tokens, a key's own prices over the global ones.</summary>
internal sealed class PriceList(GovernanceConfig config, IReadOnlyDictionary<string, ModelConfig> models)
{
    private const long MicroCentsPerCent = 1_000_000;

    // Cents per thousand tokens to nano-cents per token.
    private const long NanoCentsPerTokenOf1K = 1_000_000;

    /// <summary>What <paramref name="key"/> pays for <paramref name="model"/>.</summary>
    public Prices Of(VirtualKey key, string model)
    {
        long fee = Multiply(key.PricePerRequestCents ?? config.PricePerRequestCents, MicroCentsPerCent);
        if (models.TryGetValue(model, out ModelConfig? settings) && settings.RateCard is { } card)
        {
            return new Prices(fee, card.Input, card.CacheRead, card.CacheWrite, card.Output, card.Reasoning ?? card.Output);
        }

        long token = Multiply(key.PricePer1KTokensCents ?? config.PricePer1KTokensCents, NanoCentsPerTokenOf1K);
        return new Prices(fee, token, token, token, token, token);
    }

    /// <summary>The highest price, kind by kind, of any of <paramref name="candidates"/>: what a request may cost before it is known who serves it.</summary>
    public Prices CeilingOf(VirtualKey key, ReadOnlySpan<string> candidates)
    {
        Prices ceiling = default;
        foreach (string model in candidates)
        {
            ceiling = Prices.Max(ceiling, Of(key, model));
        }

        return ceiling;
    }

    private static long Multiply(long cents, long factor) => Math.Clamp(cents, 0, long.MaxValue / factor) * factor;
}
