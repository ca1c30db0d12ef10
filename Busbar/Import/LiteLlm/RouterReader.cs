using Busbar.Configuration.Yaml;
using Busbar.Import.Draft;

namespace Busbar.Import.LiteLlm;

/// <summary>
/// Turns deployments into models and pools by <c>router_settings</c>, and by those settings that may stand in <c>litellm_settings</c> as well. A
/// group of one deployment that nothing else is said of becomes a model; every other one a pool.
/// </summary>
internal sealed class RouterReader(ForeignMap? router, ForeignMap? library, IReadOnlyList<Deployment> deployments, ImportPlan plan)
{
    private static readonly (string Name, string Strategy, Verdict Verdict, string Says)[] Strategies =
    [
        ("simple-shuffle", "weighted", Verdict.Exact, "strategy: weighted"),
        ("least-busy", "least_busy", Verdict.Approximate, "strategy: least_busy, by the share of max_concurrent in flight"),
        ("latency-based-routing", "least_latency", Verdict.Approximate,
            "strategy: least_latency, by the time to the first content of the better of two"),
        ("usage-based-routing", "least_busy", Verdict.Approximate, "strategy: least_busy; tokens a minute are not counted for each deployment"),
        ("usage-based-routing-v2", "least_busy", Verdict.Approximate, "strategy: least_busy; tokens a minute are not counted for each deployment"),
        ("cost-based-routing", "least_cost", Verdict.Approximate,
            "strategy: least_cost where every deployment has prices in this file, else weighted"),
    ];

    private readonly Dictionary<string, IReadOnlyList<DraftMember>> _members = [];
    private readonly Dictionary<string, IReadOnlyList<string>> _fallbacks = [];

    /// <summary>Adds models and pools to the draft.</summary>
    public void Apply()
    {
        string strategy = Strategy();
        int? cap = Whole("num_retries", Verdict.Approximate, "failover.cap: other members are tried rather than the same one");
        int? fails = Whole("allowed_fails", Verdict.Approximate, "breaker.trip.n: failures in a row rather than in a minute");
        int? cooldown = Whole("cooldown_time", Verdict.Exact, "breaker: base_cooldown_secs and max_cooldown_secs");
        Dictionary<string, string> aliases = Aliases();
        (string Group, IReadOnlyList<string> Targets)[] fallbacks = [.. Fallbacks(aliases)];

        ILookup<string, Deployment> groups = deployments.ToLookup(deployment => deployment.Group);
        HashSet<string> pools =
        [
            .. fallbacks.SelectMany(fallback => fallback.Targets.Append(fallback.Group)), .. aliases.Values,
            .. groups.Where(group => group.Count() > 1 || fails is not null || cooldown is not null).Select(group => group.Key),
        ];
        foreach (IGrouping<string, Deployment> group in groups)
        {
            if (pools.Contains(group.Key))
            {
                AddPool(group, strategy, cap, fails, cooldown);
            }
            else
            {
                plan.Config.Models.Add(group.Single().Model);
            }
        }

        foreach ((string group, IReadOnlyList<string> targets) in fallbacks)
        {
            _fallbacks[group] = targets;
        }

        foreach ((string group, IReadOnlyList<string> targets) in fallbacks)
        {
            Chain(group, targets);
        }

        foreach ((string alias, string target) in aliases)
        {
            int at = plan.Config.Pools.FindIndex(pool => pool.Name == target);
            if (at >= 0 && !plan.Config.Pools.Exists(pool => pool.Name == alias) && !plan.Config.Models.Exists(model => model.Name == alias))
            {
                plan.Config.Pools.Add(plan.Config.Pools[at] with { Name = alias });
            }
        }
    }

    private string Strategy()
    {
        if (router?.Text("routing_strategy") is not { } name)
        {
            return "weighted";
        }

        var known = Array.Find(Strategies, strategy => strategy.Name == name);
        plan.Note(
            known.Name is null ? Verdict.Unsupported : known.Verdict, router.At("routing_strategy"), router.Where("routing_strategy"), known.Says
                ?? $"'{name}' is not known: strategy: weighted");
        return known.Strategy ?? "weighted";
    }

    private int? Whole(string key, Verdict verdict, string says)
    {
        int? found = null;
        foreach (ForeignMap? place in (ReadOnlySpan<ForeignMap?>)[router, library])
        {
            if (place is not null && place.Has(key))
            {
                int? number = place.Whole(key);
                plan.Note(found is null ? verdict : Verdict.Unsupported, place.At(key), place.Where(key), found is null ? says
                    : "the same setting of router_settings holds");
                found ??= number;
            }
        }

        return found;
    }

    private IEnumerable<(string, IReadOnlyList<string>)> Fallbacks(Dictionary<string, string> aliases)
    {
        foreach (ForeignMap? place in (ReadOnlySpan<ForeignMap?>)[router, library])
        {
            place?.Note("context_window_fallbacks", Verdict.ByHand,
                "put the larger model into the pool with its context_max: requests that do not fit the others go there");
            place?.Note("content_policy_fallbacks", Verdict.Unsupported, "what a vendor refuses for its content is relayed to the client");
        }

        List<(string, IReadOnlyList<string>)> found = [];
        string[] general = [];
        HashSet<string> names = [.. deployments.Select(deployment => deployment.Group)];
        foreach (ForeignMap? place in new[] { router, library })
        {
            foreach (ForeignMap entry in place?.Maps("fallbacks") ?? [])
            {
                foreach (string group in entry.Names.ToArray())
                {
                    string[] targets = [.. Targets(entry, group).Select(target => aliases.GetValueOrDefault(target, target))
                        .Where(target => Known(target, names, entry, group))];
                    if (group == "*")
                    {
                        general = targets;
                        entry.Note(group, Verdict.Exact, "on_exhausted of every pool without fallbacks of its own");
                        continue;
                    }

                    if (targets.Length > 0 && Known(group, names, entry, group))
                    {
                        found.Add((group, targets));
                        entry.Note(group, Verdict.Exact, $"on_exhausted: fallback_pool, {string.Join(" then ", targets)}");
                    }
                }
            }

            if (place?.Has("default_fallbacks") == true)
            {
                general = [.. place.Texts("default_fallbacks").Where(target => Known(target, names, place, "default_fallbacks"))];
                place.Note("default_fallbacks", Verdict.Exact, "on_exhausted of every pool without fallbacks of its own");
            }
        }

        foreach (string group in names.Where(name => general.Length > 0 && !general.Contains(name) && !found.Exists(known => known.Item1 == name)))
        {
            found.Add((group, general));
        }

        return found.DistinctBy(fallback => fallback.Item1);
    }

    // A fallback may change the request: {model: name, messages: [...]}.
    private IEnumerable<string> Targets(ForeignMap entry, string group)
    {
        if (entry.Take(group) is not YamlList list || !list.Items.Exists(item => item is YamlMap))
        {
            return entry.Texts(group);
        }

        ForeignMap[] changed = [.. list.Items.OfType<YamlMap>().Select(item => new ForeignMap(item, entry.At(group), plan))];
        string[] targets = [.. list.Items.OfType<YamlText>().Select(text => text.Value), .. changed.Select(target => target.Text("model") ?? "")];
        Array.ForEach(changed, target => target.Rest("a fallback gets the request as the client wrote it"));
        return targets;
    }

    private bool Known(string name, HashSet<string> names, ForeignMap entry, string key)
    {
        if (!names.Contains(name))
        {
            plan.Note(Verdict.ByHand, entry.At(key), entry.Where(key), $"there is no model '{name}' in the configuration: it is left out");
        }

        return names.Contains(name);
    }

    private Dictionary<string, string> Aliases()
    {
        Dictionary<string, string> aliases = [];
        foreach (ForeignMap? place in (ReadOnlySpan<ForeignMap?>)[router, library])
        {
            if (place?.Map("model_group_alias") is not { } map)
            {
                continue;
            }

            foreach (string alias in map.Names.ToArray())
            {
                ForeignMap? inner = map.Take(alias) is YamlMap ? map.Map(alias) : null;
                string? target = inner is null ? map.Text(alias) : inner.Text("model");
                bool isKnown = target is not null && deployments.Any(deployment => deployment.Group == target);
                if (isKnown)
                {
                    aliases[alias] = target!;
                }

                Verdict verdict = !isKnown ? Verdict.ByHand : inner?.Switch("hidden") == true ? Verdict.Approximate : Verdict.Exact;
                plan.Note(
                    verdict, map.At(alias), map.Where(alias), !isKnown ? "it stands for no model of this configuration"
                        : verdict == Verdict.Approximate ? "a pool with the same members, which lists of models show"
                        : "a pool with the same members");
            }
        }

        return aliases;
    }

    private void AddPool(IGrouping<string, Deployment> group, string strategy, int? cap, int? fails, int? cooldown)
    {
        Deployment[] all = [.. group.OrderBy(deployment => deployment.Order ?? decimal.MaxValue)];
        bool isOrdered = all[0].Order is not null;
        if (isOrdered && all.Select(deployment => deployment.Order).Distinct().Count() < all.Length)
        {
            plan.Note(Verdict.Approximate, all[0].Path, all[0].Location,
                $"'{group.Key}' has deployments of one order: they are tried one after the other");
        }

        string chosen = isOrdered ? "priority" : strategy == "least_cost" && all.Any(deployment => deployment.Model.RateCard.Count == 0) ? "weighted"
            : strategy;
        int[] weights = Weights(all);
        List<DraftMember> members = [];
        foreach ((Deployment deployment, int weight) in all.Zip(weights))
        {
            string name = plan.Config.FreeName($"{group.Key}@{deployment.Model.Provider}");
            plan.Config.Models.Add(deployment.Model with { Name = name });
            members.Add(new DraftMember(name, weight, deployment.ContextMax));
        }

        _members[group.Key] = members;
        plan.Config.Pools.Add(new DraftPool
        {
            Name = group.Key,
            Members = members,
            Strategy = chosen == "weighted" ? null : chosen,
            Cap = cap,
            FailuresInARow = fails + 1,
            CooldownSeconds = cooldown is null ? null : Math.Max(1, cooldown.Value),
        });
    }

    // The weights as whole numbers: those given, else in proportion to requests or tokens a minute where every deployment has them.
    private static int[] Weights(Deployment[] all)
    {
        decimal?[] given = [.. all.Select(deployment => deployment.Weight)];
        given = given.Any(weight => weight is not null) ? [.. given.Select(weight => weight ?? 1)]
            : all.All(deployment => deployment.Model.Rpm > 0) ? [.. all.Select(deployment => (decimal?)deployment.Model.Rpm)]
            : all.All(deployment => deployment.Model.Tpm > 0) ? [.. all.Select(deployment => (decimal?)deployment.Model.Tpm)]
            : [.. all.Select(_ => (decimal?)1)];
        return WholeWeights.Of([.. given.Select(weight => weight ?? 1)]);
    }

    // A fallback that would lead in a ring, or on through several, gets pools of its own with the same members.
    private void Chain(string group, IReadOnlyList<string> targets)
    {
        bool isPlain = targets.Count == 1 && !LeadsTo(targets[0], group);
        string next = targets[0];
        if (!isPlain)
        {
            string? after = null;
            for (int index = targets.Count - 1; index >= 0; index--)
            {
                DraftPool original = plan.Config.Pools.Find(pool => pool.Name == targets[index])!;
                after = Add(original with { Name = plan.Config.FreeName($"{group}/fallback-{index + 1}"), Members = _members[targets[index]],
                    Fallback = after });
            }

            next = after!;
        }

        int at = plan.Config.Pools.FindIndex(pool => pool.Name == group);
        plan.Config.Pools[at] = plan.Config.Pools[at] with { Fallback = next };
    }

    private string Add(DraftPool pool)
    {
        plan.Config.Pools.Add(pool);
        return pool.Name;
    }

    private bool LeadsTo(string from, string group)
    {
        HashSet<string> seen = [];
        for (string? at = from; at is not null && seen.Add(at); at = _fallbacks.GetValueOrDefault(at) is [var only] ? only : null)
        {
            if (at == group)
            {
                return true;
            }
        }

        // A ring that does not pass the group itself is one all the same.
        return seen.Count > 0 && _fallbacks.GetValueOrDefault(seen.Last()) is [var last] && seen.Contains(last);
    }
}
