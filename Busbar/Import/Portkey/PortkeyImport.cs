using Busbar.Configuration.Yaml;
using Busbar.Import.Draft;

namespace Busbar.Import.Portkey;

/// <summary>
/// Reads a config of Portkey: a tree of strategies over targets becomes a pool, or a row of pools of which each falls back to the next. Its virtual
/// keys are names of secrets in Portkey's vault: the variables that are to hold them are named after them.
/// </summary>
internal static class PortkeyImport
{
    private const int Deepest = 8;

    /// <summary>
    /// Reads <paramref name="root"/> into <paramref name="plan"/>; clients ask for <paramref name="name"/> unless the file says another.
    /// </summary>
    public static void Read(YamlMap root, string name, ImportPlan plan)
    {
        var file = new ForeignMap(root, "", plan);

        // An answer of Portkey's API has the config inside.
        while (!file.Has("targets") && !file.Has("strategy") && (file.Has("data") || file.Has("config")))
        {
            name = file.Text("slug") ?? file.Text("name") ?? name;
            if (file.Map(file.Has("data") ? "data" : "config") is not { } inner)
            {
                return;
            }

            file = inner;
        }

        int? cap = Common(file, plan);
        List<DraftPool> row = [];
        foreach ((string? strategy, List<DraftMember> members) in Stages(file, plan, "", 0))
        {
            row.Add(new DraftPool { Name = row.Count == 0 ? name : $"{name}/fallback-{row.Count}", Members = members, Strategy = strategy, Cap =
                cap });
        }

        if (row.Count == 0)
        {
            plan.Report.Error("targets", root.Location, "no target of it can be served, so there is nothing to import",
                "see the notes; a target needs override_params.model");
        }

        for (int index = 0; index < row.Count; index++)
        {
            plan.Config.Pools.Add(row[index] with { Fallback = index + 1 < row.Count ? row[index + 1].Name : null });
        }

        file.Rest();
        plan.Note(Verdict.ByHand, "", root.Location,
            $"clients ask for '{name}' as their model, at this gateway's address, and leave Portkey's headers out");
        plan.Note(Verdict.ByHand, "", root.Location, "auth.mode is none: choose who may call before others can reach the port");
    }

    private static List<(string? Strategy, List<DraftMember> Members)> Stages(ForeignMap config, ImportPlan plan, string model, int depth)
    {
        ForeignMap? strategy = config.Map("strategy");
        string mode = strategy?.Text("mode") ?? (config.Has("targets") ? "single" : "");
        string inherited = Model(config, plan) ?? model;
        strategy?.Note("on_status_codes", Verdict.Approximate, "what fails over follows from whose fault it is, and error_map changes that");
        if (depth > Deepest)
        {
            plan.Report.Error(config.Path, config.Location, $"nested deeper than {Deepest} levels");
            return [];
        }

        List<(string?, List<DraftMember>)> stages = [];
        if (!config.Has("targets"))
        {
            if (Leaf(config, plan, inherited) is { } only)
            {
                stages.Add((null, [only]));
            }

            return stages;
        }

        strategy?.Note("mode", mode is "fallback" or "loadbalance" or "single" ? Verdict.Exact : Verdict.ByHand, mode switch
        {
            "fallback" => "strategy: priority, and on_exhausted",
            "loadbalance" => "strategy: weighted",
            "single" => "the first target",
            _ => $"'{mode}' is not known: its targets are tried one after the other",
        });
        strategy?.Rest();
        foreach (ForeignMap target in config.Maps("targets"))
        {
            decimal? weight = target.Number("weight");
            target.Note("weight", mode == "loadbalance" ? Verdict.Exact : Verdict.Unsupported, mode == "loadbalance" ? "weight of the pool's member"
                : "only a load balance has weights");
            if (target.Has("targets") || target.Has("strategy"))
            {
                List<(string?, List<DraftMember>)> inner = Stages(target, plan, inherited, depth + 1);
                Common(target, plan);
                if (mode == "loadbalance" && inner.Count > 0)
                {
                    plan.Note(Verdict.Approximate, target.Path, target.Location,
                        "the targets in it are members of the outer pool, and share its weight");
                    Add(stages, null, inner.SelectMany(stage => stage.Item2), weight ?? 1);
                }
                else
                {
                    stages.AddRange(inner);
                }
            }
            else if (!(mode == "loadbalance" && weight == 0) && !(mode == "single" && stages.Count > 0)
                && Leaf(target, plan, inherited) is { } member)
            {
                Common(target, plan);
                Add(stages, mode == "loadbalance" ? null : "priority", [member], weight ?? 1);
            }

            target.Rest();
        }

        return [.. stages.Select(stage => (stage.Item1, Weighted(stage.Item2)))];
    }

    // Members of one strategy stand in one pool; the weights are made whole later.
    private static void Add(List<(string? Strategy, List<DraftMember> Members)> stages, string? strategy, IEnumerable<DraftMember> members,
        decimal weight)
    {
        if (stages.Count == 0 || stages[^1].Strategy != strategy)
        {
            stages.Add((strategy, []));
        }

        foreach (DraftMember member in members.Where(member => !stages[^1].Members.Exists(other => other.Target == member.Target)))
        {
            stages[^1].Members.Add(member with { Weight = (int)Math.Clamp(Math.Round(weight * 1000), 1, 1_000_000_000) });
        }
    }

    private static List<DraftMember> Weighted(List<DraftMember> members) =>
        [.. members.Zip(WholeWeights.Of([.. members.Select(member => (decimal)member.Weight)]), (member, weight) => member with { Weight = weight })];

    // What may stand at every level; the number of attempts is the pool's.
    private static int? Common(ForeignMap config, ImportPlan plan)
    {
        config.Note("cache", Verdict.Unsupported, "no answer is served twice");
        foreach (string key in (ReadOnlySpan<string>)["input_guardrails", "output_guardrails", "before_request_hooks", "after_request_hooks",
            "default_input_guardrails", "default_output_guardrails"])
        {
            config.Note(key, Verdict.Unsupported, "there are no guardrails");
        }

        ForeignMap? retry = config.Map("retry");
        int? attempts = retry?.Whole("attempts");
        if (retry is not null)
        {
            retry.Note("attempts", Verdict.Approximate, "failover.cap: other members are tried rather than the same one");
            retry.Note("on_status_codes", Verdict.Approximate, "what is tried again follows from whose fault it is, and error_map changes that");
            retry.Note("use_retry_after_headers", Verdict.Exact, "waits that providers ask for are kept");
            retry.Rest();
        }

        return attempts;
    }

    private static string? Model(ForeignMap config, ImportPlan plan)
    {
        if (config.Map("override_params") is not { } parameters)
        {
            return null;
        }

        string? model = parameters.Text("model");
        parameters.Note("model", Verdict.Exact, "upstream_model");
        parameters.Rest("parameters of requests are the client's");
        return model;
    }

    private static DraftMember? Leaf(ForeignMap target, ImportPlan plan, string inherited)
    {
        string? model = Model(target, plan) ?? (inherited.Length > 0 ? inherited : null);
        string? slug = target.Text("virtual_key");
        string? word = target.Text("provider");
        if (word?.StartsWith('@') == true)
        {
            (slug, word) = (word[1..], null);
        }

        if (model?.StartsWith('@') == true && model.IndexOf('/') is > 0 and var slash)
        {
            (slug, model) = (model[1..slash], model[(slash + 1)..]);
        }

        word ??= slug is null ? null : GuessVendor(slug);
        string key = target.Has("provider") ? "provider" : "virtual_key";
        if (word is null || Vendor.Of(word) is not { } vendor)
        {
            plan.Note(Verdict.Unsupported, target.At(key), target.Where(key), word is null
                ? $"whose virtual key '{slug}' is cannot be told: say the provider beside it"
                : $"no provider is known as '{word}'; if it speaks a known protocol, add it under providers with protocol and base_url");
            return null;
        }

        if (model is null)
        {
            plan.Note(Verdict.ByHand, target.At("override_params.model"), target.Location,
                "it takes the model that the client names: say override_params.model and import again, or add models");
            return null;
        }

        DraftProvider provider = Provider(target, plan, vendor, ref model);
        string name = plan.Config.Add(WithKey(target, plan, provider, vendor, slug));
        plan.Note(Verdict.Exact, target.At(key), target.Where(key), $"the model '{model}' of the provider '{name}'");
        int? timeout = target.Whole("request_timeout", 1);
        target.Note("request_timeout", Verdict.Approximate, "attempt_timeout_ms: to the headers of one attempt, not to the end of its answer");
        string id = $"{model}@{name}";
        if (!plan.Config.Models.Exists(known => known.Name == id))
        {
            plan.Config.Models.Add(new DraftModel { Name = id, Provider = name, Upstream = model, AttemptTimeoutMs = timeout });
        }

        return new DraftMember(id);
    }

    private static DraftProvider Provider(ForeignMap target, ImportPlan plan, Vendor vendor, ref string model)
    {
        string? host = target.Text("custom_host");
        if (host is not null && VendorShape.Refusal(host.TrimEnd('/')) is { } reason)
        {
            plan.Note(Verdict.ByHand, target.At("custom_host"), target.Where("custom_host"), $"not an address that Busbar calls: {reason}");
            host = "https://address-refused.invalid";
        }

        target.Note("custom_host", Verdict.Exact, "base_url");
        switch (vendor.Provider)
        {
            case "azure":
                string resource = target.Text("azure_resource_name") ?? target.Text("resource_name") ?? "RESOURCE";
                string deployment = target.Text("azure_deployment_id") ?? target.Text("deployment_id") ?? model;
                string version = target.Text("azure_api_version") ?? target.Text("api_version") ?? "";
                model = deployment;
                return VendorShape.Azure(host ?? $"https://{VendorShape.Word(resource)}.openai.azure.com", version, "openai");
            case "bedrock":
                string? region = target.Text("aws_region");
                foreach (string key in (ReadOnlySpan<string>)["aws_access_key_id", "aws_secret_access_key", "aws_session_token"])
                {
                    target.Note(key, Verdict.ByHand, "set the variable AWS_BEARER_TOKEN_BEDROCK to ID:SECRET, or to an API key of Bedrock");
                }

                return VendorShape.Bedrock(region, host);
            case "vertex":
                (DraftProvider provider, string upstream) = VendorShape.Vertex(
                    target.Text("vertex_project_id") ?? VendorShape.NoProject, target.Text("vertex_region") ?? "us-central1", model);
                model = upstream;
                return provider;
            default:
                if (host is null && vendor.BaseUrl == "")
                {
                    plan.Note(Verdict.ByHand, target.At("custom_host"), target.Location,
                        $"the address of '{vendor.Provider}' is missing: give it a base_url");
                    host = $"https://{vendor.Provider}.invalid";
                }

                return VendorShape.Plain(vendor, host);
        }
    }

    private static DraftProvider WithKey(ForeignMap target, ImportPlan plan, DraftProvider provider, Vendor vendor, string? slug)
    {
        if (target.Text("api_key") is { Length: > 0 } key)
        {
            plan.Note(Verdict.Exact, target.At("api_key"), target.Where("api_key"), "kept in a file that only its owner reads");
            return provider with { KeyFile = plan.KeepSecret(provider.Name, key) };
        }

        if (slug is null)
        {
            return provider.IsPrivate ? provider : provider with { KeyVariable = vendor.Variable };
        }

        string variable = $"PORTKEY_{VendorShape.Word(slug).Replace('-', '_').Replace('.', '_').ToUpperInvariant()}";
        plan.Note(Verdict.ByHand, target.At("virtual_key"), target.Where("virtual_key"),
            $"its secret is in Portkey's vault: set the variable {variable} to the provider's key");
        return provider with { KeyVariable = variable };
    }

    // Slugs mostly begin with the vendor's name.
    private static string? GuessVendor(string slug)
    {
        string[] parts = slug.Split('-');
        return Enumerable.Range(1, Math.Min(2, parts.Length)).Reverse().Select(count => string.Join('-', parts.Take(count)))
            .FirstOrDefault(word => Vendor.Of(word) is not null);
    }
}
