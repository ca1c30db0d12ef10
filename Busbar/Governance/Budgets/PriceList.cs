using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Prices;
using Busbar.Configuration.Model.Providers;
using Busbar.Governance.Keys;
using Busbar.Ir;

namespace Busbar.Governance.Budgets;

/// <summary>
/// Prices of one configuration. A model's rate card takes precedence over a price for all tokens, and that, where one is set, over the price list; a
/// key's own prices over the global ones.
/// </summary>
internal sealed class PriceList(GovernanceConfig config, IReadOnlyDictionary<string, ModelConfig> models)
{
    // Cents for a thousand tokens to pico-dollars for one.
    private const long PicosPerTokenOf1K = 10_000_000;

    private readonly RateCardConfig? _common = config.PricePer1KTokensCents > 0 ? Flat(config.PricePer1KTokensCents) : null;

    // Few prices of keys differ from each other.
    private readonly System.Collections.Concurrent.ConcurrentDictionary<long, RateCardConfig> _ofKeys = new();

    /// <summary>What <paramref name="key"/> pays for <paramref name="model"/>.</summary>
    public Prices Of(VirtualKey key, string model)
    {
        models.TryGetValue(model, out ModelConfig? settings);
        RateCardConfig? card = settings?.RateCard
            ?? (key.PricePer1KTokensCents is { } own ? _ofKeys.GetOrAdd(own, static cents => Flat(cents)) : _common ?? settings?.Listed?.Card);
        return new Prices(Money.OfCents(key.PricePerRequestCents ?? config.PricePerRequestCents), card);
    }

    /// <summary>
    /// The most, nano-dollars, that a request may cost before it is known which of <paramref name="candidates"/> serves it, and in which tier.
    /// </summary>
    public long CeilingOf(VirtualKey key, ReadOnlySpan<string> candidates, long input, long output)
    {
        long ceiling = 0;
        foreach (string model in candidates)
        {
            ceiling = Math.Max(ceiling, Of(key, model).CeilingOf(input, output));
        }

        return ceiling;
    }

    private static RateCardConfig Flat(long cents) => RateCardConfig.Of(
        Rates.Flat(Math.Clamp(cents, 0, long.MaxValue / PicosPerTokenOf1K) * PicosPerTokenOf1K));
}
