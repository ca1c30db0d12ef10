using Busbar.Configuration.Model.Pools;
using Busbar.Configuration.Model.Providers;
using Busbar.Ir;


namespace Busbar.Configuration.Binding;

/// <summary>Checks what pools refer to, once all names are known.</summary>
internal sealed class PoolRules(
    IReadOnlyDictionary<string, PoolConfig> pools,
    IReadOnlyDictionary<string, ModelConfig> models,
    IReadOnlyDictionary<string, ProviderConfig> providers,
    ConfigReport report)
{
    /// <summary>Checks everything.</summary>
    public void Check()
    {
        foreach (PoolConfig pool in pools.Values)
        {
            CheckMembers(pool);
            CheckExclusions(pool);
            CheckFallback(pool);
            CheckProtocols(pool);
        }

        CheckRings();
        CheckContextSizes();
    }

    private void CheckMembers(PoolConfig pool)
    {
        if (pool.Members.Count == 0)
        {
            report.Error($"pools.{pool.Name}.members", "a pool needs at least one member");
        }

        HashSet<string> seen = [];
        for (int index = 0; index < pool.Members.Count; index++)
        {
            string path = $"pools.{pool.Name}.members[{index}].target";
            string target = pool.Members[index].Target;
            if (target.Length == 0)
            {
                continue;
            }

            if (!seen.Add(target))
            {
                report.Error(path, $"the model '{target}' is a member of this pool already");
            }
            else if (!models.TryGetValue(target, out ModelConfig? model))
            {
                report.Error(path, $"there is no model '{target}'", Nearest.Remedy(target, [.. models.Keys]));
            }
            else if (!providers.ContainsKey(model.Provider))
            {
                report.Error(path, $"the model '{target}' exists, but its provider '{model.Provider}' could not be resolved",
                    "see the problem with that provider or model");
            }
            else if (pool.Strategy == PoolStrategy.LeastCost && model is { RateCard: null, Listed: null })
            {
                report.Error($"pools.{pool.Name}.strategy", $"least_cost needs the price of '{target}'",
                    $"give models.{target} a rate_card, or choose another strategy");
            }
        }
    }

    private void CheckExclusions(PoolConfig pool)
    {
        string path = $"pools.{pool.Name}.failover.exclusions";
        List<string> targets = [.. pool.Members.Select(member => member.Target)];
        for (int index = 0; index < pool.Failover.Exclusions.Count; index++)
        {
            string excluded = pool.Failover.Exclusions[index];
            if (!targets.Contains(excluded))
            {
                report.Error($"{path}[{index}]", $"'{excluded}' is not a member of this pool", Nearest.Remedy(excluded, targets));
            }
        }

        if (targets.Count > 0 && targets.TrueForAll(pool.Failover.Exclusions.Contains))
        {
            report.Error(path, "every member is excluded, so nothing is left to call");
        }
    }

    private void CheckFallback(PoolConfig pool)
    {
        if (pool.OnExhausted.FallbackPool is not { } target)
        {
            return;
        }

        string path = $"pools.{pool.Name}.on_exhausted.action";
        if (target == pool.Name)
        {
            report.Error(path, "a pool cannot fall back to itself");
        }
        else if (!pools.ContainsKey(target))
        {
            report.Error(path, $"there is no pool '{target}' to fall back to",
                Nearest.Remedy(target, [.. pools.Keys.Where(name => name != pool.Name)]));
        }
    }

    private void CheckProtocols(PoolConfig pool)
    {
        SortedSet<string> protocols = new(StringComparer.Ordinal);
        foreach (PoolMemberConfig member in pool.Members)
        {
            if (models.TryGetValue(member.Target, out ModelConfig? model) && providers.TryGetValue(model.Provider, out ProviderConfig? provider))
            {
                protocols.Add(provider.Protocol.Name());
            }
        }

        if (protocols.Count > 1)
        {
            report.Warn($"pools.{pool.Name}",
                $"its members speak different protocols ({string.Join(", ", protocols)}), so some requests are translated");
        }
    }

    // A pool falls back to one pool at most, so a walk from each reaches either an end, a walk made before, or a new ring.
    private void CheckRings()
    {
        Dictionary<string, string> walks = [];
        foreach (string start in pools.Keys)
        {
            List<string> way = [];
            string? at = start;
            while (at is not null && pools.TryGetValue(at, out PoolConfig? pool) && walks.TryAdd(at, start))
            {
                way.Add(at);
                at = pool.OnExhausted.FallbackPool;
            }

            int entry = at is null ? -1 : way.IndexOf(at);
            if (entry >= 0 && way.Count - entry > 1)
            {
                report.Error($"pools.{at}.on_exhausted.action", $"the fallbacks form a ring: {string.Join(" -> ", way[entry..])} -> {at}",
                    "let one of them end in reject or least_bad");
            }
        }
    }

    private void CheckContextSizes()
    {
        Dictionary<string, (string Pool, long Size)> sizes = [];
        foreach (PoolConfig pool in pools.Values)
        {
            for (int index = 0; index < pool.Members.Count; index++)
            {
                PoolMemberConfig member = pool.Members[index];
                if (member.ContextMax is not { } size || sizes.TryAdd(member.Target, (pool.Name, size)))
                {
                    continue;
                }

                (string other, long known) = sizes[member.Target];
                if (known != size)
                {
                    report.Error(
                        $"pools.{pool.Name}.members[{index}].context_max",
                        $"the model '{member.Target}' has context_max {size} here and {known} in the pool '{other}'",
                        "give one size in both, or leave one out");
                }
            }
        }
    }
}
