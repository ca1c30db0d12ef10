using Busbar.Configuration.Yaml;
using Busbar.Import.Draft;

namespace Busbar.Import.LiteLlm;

/// <summary>Reads <c>model_list</c>.</summary>
internal static class DeploymentReader
{
    private const decimal CentsPerDollarAndMillion = 100_000_000m;

    private static readonly (string Key, string Kind)[] Prices =
    [
        ("input_cost_per_token", "input"), ("output_cost_per_token", "output"), ("cache_read_input_token_cost", "cache_read"),
        ("cache_creation_input_token_cost", "cache_write"), ("output_cost_per_reasoning_token", "reasoning"),
    ];

    /// <summary>The entries that can be served; of the others there is a note.</summary>
    /// <param name="root">The whole file.</param>
    /// <param name="plan">Takes notes and providers.</param>
    /// <param name="accessGroups">Takes the names of access groups with the names of models in them.</param>
    public static List<Deployment> Read(ForeignMap root, ImportPlan plan, Dictionary<string, HashSet<string>> accessGroups)
    {
        List<Deployment> deployments = [];
        Dictionary<string, YamlMap> credentials = Credentials(root);
        foreach (ForeignMap entry in root.Maps("model_list"))
        {
            deployments.AddRange(ReadEntry(entry, plan, accessGroups, credentials));

            entry.Rest();
        }

        return deployments;
    }

    private static Dictionary<string, YamlMap> Credentials(ForeignMap root)
    {
        Dictionary<string, YamlMap> credentials = [];
        foreach (ForeignMap credential in root.Maps("credential_list"))
        {
            if (credential.Text("credential_name") is { } name && credential.Take("credential_values") is YamlMap values)
            {
                credentials[name] = values;
                credential.Note("credential_name", Verdict.Exact, "put into the deployments that name it");
                credential.Note("credential_values", Verdict.Exact, "put into the deployments that name them");
            }

            credential.Note("credential_info", Verdict.Unsupported, "a description has no place in the configuration");
            credential.Rest();
        }

        return credentials;
    }

    private static IEnumerable<Deployment> ReadEntry(
        ForeignMap entry, ImportPlan plan, Dictionary<string, HashSet<string>> accessGroups, Dictionary<string, YamlMap> credentials)
    {
        string? group = entry.Required("model_name");
        ForeignMap? parameters = entry.Map("litellm_params");
        if (parameters is null && !entry.Has("litellm_params"))
        {
            plan.Report.Error(entry.At("litellm_params"), entry.Location, "'litellm_params' is required");
        }

        if (group is null || parameters is null)
        {
            return [];
        }

        if (parameters.Text("litellm_credential_name") is { } credential)
        {
            bool isKnown = credentials.TryGetValue(credential, out YamlMap? values);
            plan.Note(isKnown ? Verdict.Exact : Verdict.ByHand, parameters.At("litellm_credential_name"), parameters.Where("litellm_credential_name"),
                isKnown ? "its values, as if they stood here" : "it is not in credential_list: give the provider its key and address");
            parameters = isKnown ? parameters.Over(values!) : parameters;
            parameters.Take("litellm_credential_name");
        }

        ForeignMap? info = entry.Map("model_info");
        string? mode = info?.Text("mode");
        if (mode is not (null or "chat" or "embedding" or "completion" or "responses"))
        {
            plan.Note(Verdict.Unsupported, info!.At("mode"), info.Where("mode"), $"there is no endpoint for '{mode}': the deployment is left out");
            entry.Note("model_name", Verdict.Unsupported, "left out with its deployment");
            parameters.Rest("left out with its deployment");
            info.Rest("left out with its deployment");
            return [];
        }

        if (info is not null && mode is not null)
        {
            info.Note("mode", Verdict.Exact, mode == "embedding" ? "embeddings go to lanes of the client's own protocol" : "the default");
        }

        if (new ProviderReader(parameters, plan).Read() is not var (provider, upstream, listed))
        {
            entry.Note("model_name", Verdict.Unsupported, "left out with its deployment");
            parameters.Rest("left out with its deployment");
            info?.Rest("left out with its deployment");
            return [];
        }

        plan.Note(Verdict.Exact, entry.At("model_name"), entry.Where("model_name"), $"clients ask for '{group}' as before");
        foreach (string access in info?.Texts("access_groups") ?? [])
        {
            accessGroups.TryAdd(access, []);
            accessGroups[access].Add(group);
        }

        info?.Note("access_groups", Verdict.Exact, "keys that name an access group get the names in it");
        Deployment deployment = Settings(parameters, entry, info, plan, new Deployment
        {
            Path = entry.Path,
            Location = entry.Location,
            Group = group,
            Model = new DraftModel { Name = group, Provider = provider, Upstream = upstream, RateCard = RateCard(parameters, info, plan) },
        });
        info?.Note("team_id", Verdict.ByHand, "one team alone could use it: name the models that keys of others may use in their allowed_pools");
        parameters.Note("tags", Verdict.ByHand, "requests are not sent by tags: make a pool for each, and name it in allowed_pools of keys");
        parameters.Rest();
        info?.Rest("told to nobody: Busbar knows models by their names, and capabilities of a model where that is wrong");
        return upstream.Contains('*') ? Named(deployment, upstream, plan.Listed(listed)) : [deployment];
    }

    // One for each model that the pattern fits, under the name that the pattern of the group gives it.
    private static IEnumerable<Deployment> Named(Deployment pattern, string upstream, IEnumerable<string> models)
    {
        string[] parts = upstream.Split('*', 2);
        foreach (string model in models.Where(model => model.Length >= parts[0].Length + parts[1].Length
            && model.StartsWith(parts[0], StringComparison.Ordinal) && model.EndsWith(parts[1], StringComparison.Ordinal)))
        {
            string group = pattern.Group.Contains('*') ? pattern.Group.Replace(
                "*", model[parts[0].Length..^parts[1].Length], StringComparison.Ordinal) : pattern.Group;
            yield return pattern with { Group = group, Model = pattern.Model with { Name = group, Upstream = model } };
        }
    }

    private static Deployment Settings(ForeignMap parameters, ForeignMap entry, ForeignMap? info, ImportPlan plan, Deployment deployment)
    {
        DraftModel model = deployment.Model with
        {
            MaxConcurrent = parameters.Whole("max_parallel_requests", 1) ?? DraftModel.ManyCalls,
            Rpm = parameters.Whole("rpm", 1) ?? entry.Whole("rpm", 1),
            Tpm = parameters.Whole("tpm", 1) ?? entry.Whole("tpm", 1),
            AttemptTimeoutMs = Milliseconds(parameters, "timeout", plan) ?? Milliseconds(parameters, "request_timeout", plan),
            FirstContentTimeoutMs = Milliseconds(parameters, "stream_timeout", plan),
            DefaultMaxTokens = parameters.Whole("max_tokens", 1),
        };
        parameters.Note("max_parallel_requests", Verdict.Exact, "max_concurrent");
        parameters.Note("timeout", Verdict.Approximate, "attempt_timeout_ms: to the headers of one attempt, not to the end of its answer");
        parameters.Note("request_timeout", Verdict.Approximate, "attempt_timeout_ms: to the headers of one attempt, not to the end of its answer");
        parameters.Note("stream_timeout", Verdict.Approximate, "first_content_timeout_ms: to the first content of a stream");
        parameters.Note("max_tokens", Verdict.Approximate, "default_max_tokens: sent where the protocol demands a limit and the client gives none");
        foreach (ForeignMap place in (ReadOnlySpan<ForeignMap>)[parameters, entry])
        {
            place.Note("rpm", Verdict.Exact, "rpm of the model, and its share of the traffic where no weight is given");
            place.Note("tpm", Verdict.Exact, "tpm of the model, and its share of the traffic where neither weight nor rpm is given");
        }

        int? context = info?.Whole("max_input_tokens", 1);
        info?.Note("max_input_tokens", Verdict.Exact, "context_max of the pool's member, where there is a pool");
        info?.Note("base_model", Verdict.ByHand, "where the deployment's name says nothing of the model, give its rate_card and capabilities");
        parameters.Note("drop_params", Verdict.Exact, "what a provider's protocol has no place for is dropped, counted and logged");
        parameters.Note("weight", Verdict.Exact, "weight of the pool's member");
        parameters.Note("order", Verdict.Exact, "the order of the pool's members, with strategy: priority");
        return deployment with
        {
            Model = model,
            Weight = parameters.Number("weight"),
            Order = parameters.Number("order"),
            ContextMax = context,
        };
    }

    private static int? Milliseconds(ForeignMap map, string key, ImportPlan plan)
    {
        if (map.Number(key) is not { } seconds)
        {
            return null;
        }

        if (seconds is <= 0 or > 2_000_000)
        {
            plan.Report.Error(map.At(key), map.Where(key), "not a number of seconds above 0");
            return null;
        }

        return (int)Math.Ceiling(seconds * 1000);
    }

    // Dollars for a token become cents for a million.
    private static List<(string, decimal)> RateCard(ForeignMap parameters, ForeignMap? info, ImportPlan plan)
    {
        List<(string Kind, decimal Cents)> card = [];
        foreach ((string key, string kind) in Prices)
        {
            foreach (ForeignMap place in info is null ? [parameters] : new[] { info, parameters })
            {
                if (place.Number(key) is not { } dollars)
                {
                    continue;
                }

                decimal cents = dollars is >= 0 and <= 10 ? dollars * CentsPerDollarAndMillion : -1;
                if (cents < 0)
                {
                    plan.Report.Error(place.At(key), place.Where(key), "not a price in dollars for one token");
                }
                else if (!card.Exists(price => price.Kind == kind))
                {
                    card.Add((kind, Math.Round(cents, 4)));
                    plan.Note(cents == Math.Round(cents, 4) ? Verdict.Exact : Verdict.Approximate, place.At(key), place.Where(key),
                        $"rate_card: {kind}, cents for a million tokens");
                }
            }
        }

        // A card needs both.
        return card.Exists(price => price.Kind == "input") && card.Exists(price => price.Kind == "output") ? card : [];
    }
}
