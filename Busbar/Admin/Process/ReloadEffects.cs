using Busbar.Admin.Keys;
using Busbar.Configuration.Model;
using Busbar.Governance.Keys;
using Busbar.Reliability;

namespace Busbar.Admin.Process;

/// <summary>Whom and what putting another configuration in force would hit, in sentences for people.</summary>
internal static class ReloadEffects
{
    private const int MaxKeys = 50;

    /// <summary>The effects, the gravest first; empty where nobody would notice.</summary>
    public static IReadOnlyList<string> Of(GatewayConfig inForce, GatewayConfig next, Fleet fleet, IEnumerable<KeyEntry> keys, TimeProvider time)
    {
        KeyEntry[] entries = [.. keys];
        HashSet<string> was = Names(inForce);
        HashSet<string> will = Names(next);
        List<string> effects = [];
        if (inForce.Governance.AdminToken?.Reveal() != next.Governance.AdminToken?.Reveal())
        {
            effects.Add("the admin token changes: the present one opens nothing any more");
        }

        if (inForce.Governance.AdminReadToken?.Reveal() != next.Governance.AdminReadToken?.Reveal())
        {
            effects.Add("the token for reading changes: the present one opens nothing any more");
        }

        int lost = inForce.Auth.ClientTokens.Select(token => token.Reveal()).Except(next.Auth.ClientTokens.Select(token => token.Reveal())).Count();
        if (lost > 0)
        {
            effects.Add($"{lost} of auth.client_tokens {(lost == 1 ? "opens" : "open")} nothing any more");
        }

        effects.AddRange(Keys(entries, was, will));
        effects.AddRange(Gone(inForce.Pools.Keys, will, "pool", entries));
        effects.AddRange(Gone(inForce.Models.Keys, will, "model", entries));
        effects.AddRange(next.Pools.Keys.Except(inForce.Pools.Keys).Select(pool => $"the pool '{pool}' is new"));
        effects.AddRange(next.Models.Keys.Except(inForce.Models.Keys).Select(model => $"the model '{model}' is new"));

        // What is hardly meant about keys, as far as it is not so already.
        IEnumerable<string> advice = KeyAdvice.OfAll(entries, next, Fleet.Create(next, time));
        effects.AddRange(advice.Except(KeyAdvice.OfAll(entries, inForce, fleet)));
        return effects;
    }

    private static IEnumerable<string> Keys(KeyEntry[] entries, HashSet<string> was, HashSet<string> will)
    {
        int told = 0;
        int more = 0;
        foreach (VirtualKey key in entries.Select(entry => entry.Key).Where(key => key.AllowedPools.Count > 0))
        {
            string[] losing = [.. key.AllowedPools.Where(name => was.Contains(name) && !will.Contains(name))];
            if (losing.Length == 0)
            {
                continue;
            }

            if (told++ >= MaxKeys)
            {
                more++;
                continue;
            }

            string names = string.Join(", ", losing.Select(name => $"'{name}'"));
            yield return key.AllowedPools.Any(will.Contains)
                ? $"key '{key.Name}' ({key.Id}) loses {names}"
                : $"this locks out key '{key.Name}' ({key.Id}): nothing of what it may use is left ({names})";
        }

        if (more > 0)
        {
            yield return $"and {more} more keys lose something";
        }
    }

    private static IEnumerable<string> Gone(IEnumerable<string> names, HashSet<string> will, string kind, KeyEntry[] entries)
    {
        int unlimited = entries.Count(entry => entry.Key.AllowedPools.Count == 0);
        return names.Where(name => !will.Contains(name)).Select(name =>
            $"the {kind} '{name}' is gone: clients that ask for it get " +
                $"404{(unlimited > 0 ? $", among them those of {unlimited} keys that may use everything" : "")}");
    }

    private static HashSet<string> Names(GatewayConfig config) => [.. config.Pools.Keys, .. config.Models.Keys];
}
