using Busbar.Configuration.Model;
using Busbar.Governance.Keys;
using Busbar.Reliability;

namespace Busbar.Admin.Keys;

/// <summary>What about a key works but is hardly meant, judged by the configuration in force.</summary>
internal static class KeyAdvice
{
    // At a reload there may be a hundred thousand keys with one mistake.
    private const int MaxLines = 20;

    /// <summary>Each as the end of a sentence about <paramref name="key"/>.</summary>
    public static IReadOnlyList<string> Of(VirtualKey key, GatewayConfig config, Fleet fleet)
    {
        List<string> advice = [];
        foreach (string name in key.AllowedPools)
        {
            if (fleet.Resolve(name) is not { } pool)
            {
                advice.Add($"may use '{name}', which is no pool and no model of the configuration in force");
            }
            else if (pool.Config.OnExhausted.FallbackPool is { } fallback && !key.Allows(fallback))
            {
                advice.Add($"may use '{name}' but not its fallback '{fallback}', which is skipped for it; add it to allowed_pools if that is " +
                    "not meant");
            }
        }

        if (key.MaxBudgetCents > 0 && (key.PricePer1KTokensCents ?? config.Governance.PricePer1KTokensCents) == 0)
        {
            string[] free = [.. ModelsOf(key, fleet).Where(model => config.Models[model] is { RateCard: null, Listed: null })];
            if (free.Length > 0)
            {
                advice.Add($"has a budget, but {Named(free)} no price, so that their tokens cost it nothing; give each a rate_card, or set " +
                    "governance.price_per_1k_tokens_cents");
            }
        }

        return advice;
    }

    /// <summary>A sentence for each mistake in <paramref name="keys"/>, with the number of keys that share it; at most some.</summary>
    public static IEnumerable<string> OfAll(IEnumerable<KeyEntry> keys, GatewayConfig config, Fleet fleet)
    {
        var shared = new Dictionary<string, (string First, int Count)>(StringComparer.Ordinal);
        IReadOnlyList<string>? ofUnlisted = null;
        foreach (KeyEntry entry in keys)
        {
            // What can be said of a key without a list is the same for all that have a budget and no price.
            VirtualKey key = entry.Key;
            bool isPriceless = key.MaxBudgetCents > 0 && (key.PricePer1KTokensCents ?? config.Governance.PricePer1KTokensCents) == 0;
            foreach (string advice in key.AllowedPools.Count > 0 ? Of(key, config, fleet) : isPriceless ? ofUnlisted ??= Of(key, config, fleet) : [])
            {
                shared[advice] = shared.TryGetValue(advice, out (string First, int Count) known) ? known with { Count = known.Count + 1 }
                    : (entry.Key.Id, 1);
            }
        }

        return shared.Take(MaxLines).Select(each => each.Value.Count == 1 ? $"key {each.Value.First} {each.Key}"
            : $"key {each.Value.First}, like {each.Value.Count - 1} more, {each.Key}");
    }

    private static IEnumerable<string> ModelsOf(VirtualKey key, Fleet fleet) => fleet.Pools.Concat(fleet.Direct)
        .Where(pool => key.Allows(pool.Name))
        .SelectMany(pool => pool.Members)
        .Select(member => member.Lane.Name)
        .Distinct(StringComparer.Ordinal);

    private static string Named(string[] models) => models.Length == 1 ? $"the model '{models[0]}' has"
        : models.Length <= 3 ? $"the models {string.Join(", ", models.Select(model => $"'{model}'"))} have"
        : $"{models.Length} models, such as '{models[0]}', have";
}
