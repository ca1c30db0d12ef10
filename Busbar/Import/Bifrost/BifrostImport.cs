using Busbar.Configuration.Yaml;
using Busbar.Import.Draft;

namespace Busbar.Import.Bifrost;

/// <summary>Reads <c>config.json</c> of Bifrost: clients go on to ask for <c>provider/model</c>.</summary>
internal static class BifrostImport
{
    private const string VariablePrefix = "env.";

    /// <summary>Reads <paramref name="root"/> into <paramref name="plan"/>.</summary>
    public static void Read(YamlMap root, ImportPlan plan, TimeProvider time)
    {
        var file = new ForeignMap(root, "", plan);
        Dictionary<string, List<string>> models = [];
        if (file.Map("providers") is { } providers)
        {
            foreach (string name in providers.Names.ToArray())
            {
                if (providers.Map(name) is { } provider)
                {
                    models[name] = ReadProvider(name, provider, plan);
                    provider.Rest();
                }
            }
        }

        ReadClient(file.Map("client"), plan);
        if (file.Map("governance") is { } governance)
        {
            new BifrostKeys(governance, models, plan, time.GetUtcNow()).Read();
            governance.Rest();
        }

        file.Note("config_store", Verdict.Unsupported, "the configuration is one file; keys and groups have a database of their own");
        file.Note("logs_store", Verdict.ByHand, "request logs: set observability.request_log_webhook_url");
        file.Note("vector_store", Verdict.Unsupported, "no answer is served twice");
        file.Note("encryption_key", Verdict.Unsupported, "secrets of providers are in variables and files; keys are stored as hashes");
        file.Note("plugins", Verdict.ByHand, "traces: set observability.otlp_endpoint; figures are at /metrics; there is no semantic cache");
        file.Note("$schema", Verdict.Exact, "busbar --schema prints the one of Busbar");
        file.Rest();
        if (plan.Config.Models.Count == 0)
        {
            plan.Report.Error("providers", root.Location, "no model of it can be served, so there is nothing to import",
                "see the notes; name models in the keys of providers");
        }

        plan.Note(Verdict.ByHand, "", root.Location,
            "paths such as /openai/v1 or /anthropic/v1 of Bifrost's integrations are /v1 here, for all protocols");
    }

    /// <summary>What a value is, or the variable that it names holds; null when that is not set.</summary>
    public static string? Resolve(string value, ImportPlan plan) => value.StartsWith(VariablePrefix, StringComparison.Ordinal)
        ? plan.Variable(value[VariablePrefix.Length..]) : value;

    // The models that clients may ask for.
    private static List<string> ReadProvider(string name, ForeignMap provider, ImportPlan plan)
    {
        ForeignMap? custom = provider.Map("custom_provider_config");
        string word = custom?.Text("base_provider_type") ?? name;
        if (Vendor.Of(word) is not { } vendor)
        {
            plan.Note(Verdict.Unsupported, provider.Path, provider.Location,
                $"no provider is known as '{word}'; if it speaks a known protocol, add it under providers with protocol and base_url");
            provider.Rest("left out with its provider");
            return [];
        }

        custom?.Rest();
        ForeignMap? network = provider.Map("network_config");
        string? address = network?.Text("base_url") is { } url ? Resolve(url, plan)?.TrimEnd('/') : null;
        network?.Note("base_url", address is null ? Verdict.ByHand : Verdict.Exact, address is null
            ? "its variable is not set here: give the provider a base_url" : "base_url");
        if (address is not null && VendorShape.Refusal(address) is { } reason)
        {
            plan.Note(Verdict.ByHand, network!.At("base_url"), network.Where("base_url"), $"not an address that Busbar calls: {reason}");
            address = "https://address-refused.invalid";
        }

        int? timeout = network?.Whole("default_request_timeout_in_seconds", 1);
        network?.Note("default_request_timeout_in_seconds", Verdict.Approximate,
            "attempt_timeout_ms: to the headers of one attempt, not to the end of its answer");
        int? retries = network?.Whole("max_retries");
        network?.Note(
            "max_retries", Verdict.Approximate, "failover.cap where several keys make a pool: other keys are tried rather than the same one");
        network?.Rest();
        ForeignMap? buffer = provider.Map("concurrency_and_buffer_size");
        int calls = buffer?.Whole("concurrency", 1) ?? DraftModel.ManyCalls;
        buffer?.Note("concurrency", Verdict.Approximate, "max_concurrent of each model, not of all together");
        buffer?.Note("buffer_size", Verdict.Approximate, "requests wait for a free place until their deadline");
        buffer?.Rest();

        Dictionary<string, List<(string Model, decimal Weight)>> found = [];
        foreach (ForeignMap key in provider.Maps("keys"))
        {
            decimal weight = key.Number("weight") ?? 1;
            key.Note("weight", Verdict.Exact, "weight of the pool's member, where several keys serve a model");
            foreach (string model in Models(key, plan, vendor))
            {
                (DraftProvider draft, string upstream) = Upstream(key, plan, vendor, address, model);
                string providerName = plan.Config.Add(draft with { Name = name });
                string id = plan.Config.FreeName($"{name}/{model}@{key.Text("name") ?? providerName}");
                found.TryAdd(model, []);
                found[model].Add((id, weight));
                plan.Config.Models.Add(new DraftModel
                {
                    Name = id,
                    Provider = providerName,
                    Upstream = upstream,
                    MaxConcurrent = calls,
                    AttemptTimeoutMs = timeout is { } seconds ? (int)Math.Min(seconds * 1000L, 2_000_000_000) : null,
                });
            }

            key.Note("id", Verdict.Unsupported, "keys of providers have no names");
            key.Note("name", Verdict.Exact, "a part of the model's name");
            key.Rest();
        }

        foreach ((string model, List<(string Id, decimal Weight)> members) in found)
        {
            string asked = $"{name}/{model}";
            if (members.Count == 1)
            {
                int at = plan.Config.Models.FindIndex(draft => draft.Name == members[0].Id);
                plan.Config.Models[at] = plan.Config.Models[at] with { Name = asked };
                continue;
            }

            int[] weights = WholeWeights.Of([.. members.Select(member => member.Weight)]);
            plan.Config.Pools.Add(new DraftPool { Name = asked, Members =
                [.. members.Zip(weights, (member, weight) => new DraftMember(member.Id, weight))], Cap = retries });
        }

        return [.. found.Keys];
    }

    private static IReadOnlyList<string> Models(ForeignMap key, ImportPlan plan, Vendor vendor)
    {
        IReadOnlyList<string> named = key.Texts("models");
        if (named.Count > 0 && !named.Contains("*"))
        {
            key.Note("models", Verdict.Exact, "models, as provider/model");
            return [.. named.Distinct()];
        }

        string[] listed = [.. plan.Listed(vendor.Provider)];
        plan.Note(
            listed.Length > 0 ? Verdict.Approximate : Verdict.ByHand, key.At("models"), key.Where("models"), listed.Length > 0
                ? "any model: those that the price list knows are named; add others under models"
                : "any model: name those that clients may use, and import again");
        return listed;
    }

    private static (DraftProvider, string) Upstream(ForeignMap key, ImportPlan plan, Vendor vendor, string? address, string model)
    {
        string? Inner(ForeignMap? map, string name) => map?.Text(name) is { } text ? Resolve(text, plan) : null;
        switch (vendor.Provider)
        {
            case "azure":
                ForeignMap? azure = key.Map("azure_key_config");
                string deployment = azure?.Map("deployments")?.Text(model) ?? model;
                DraftProvider made = VendorShape.Azure(Inner(azure, "endpoint")?.TrimEnd('/') ?? "https://azure.invalid", Inner(azure, "api_version")
                    ?? "", "openai");
                return (WithKey(key, plan, made, vendor), deployment);
            case "bedrock":
                ForeignMap? bedrock = key.Map("bedrock_key_config");
                string? id = Inner(bedrock, "access_key");
                string? secret = Inner(bedrock, "secret_key");
                string? session = Inner(bedrock, "session_token");
                DraftProvider plain = VendorShape.Bedrock(Inner(bedrock, "region"), address);
                plain = string.IsNullOrEmpty(id) || string.IsNullOrEmpty(secret) ? WithKey(key, plan, plain, vendor)
                    : plain with { KeyFile = plan.KeepSecret(
                        "bedrock", string.IsNullOrEmpty(session) ? $"{id}:{secret}" : $"{id}:{secret}:{session}") };
                return (plain, bedrock?.Map("deployments")?.Text(model) ?? model);
            case "vertex":
                ForeignMap? vertex = key.Map("vertex_key_config");
                vertex?.Note("auth_credentials", Verdict.ByHand,
                    "credentials of a service account are not read: have an access token written to a file every half hour, and name that in " +
                    "api_key_file");
                (DraftProvider provider, string upstream) = VendorShape.Vertex(
                    Inner(vertex, "project_id") ?? VendorShape.NoProject, Inner(vertex, "region") ?? "us-central1", model);
                return (WithKey(key, plan, provider, vendor), upstream);
            default:
                if (address is null && vendor.BaseUrl == "")
                {
                    address = $"https://{vendor.Provider}.invalid";
                    plan.Note(Verdict.ByHand, key.Path, key.Location, $"the address of '{vendor.Provider}' is missing: give it a base_url");
                }

                return (WithKey(key, plan, VendorShape.Plain(vendor, address), vendor), model);
        }
    }

    private static DraftProvider WithKey(ForeignMap key, ImportPlan plan, DraftProvider provider, Vendor vendor)
    {
        string? value = key.Text("value");
        if (string.IsNullOrEmpty(value))
        {
            return provider.IsPrivate ? provider : provider with { KeyVariable = vendor.Variable };
        }

        return value.StartsWith(VariablePrefix, StringComparison.Ordinal)
            ? provider with { KeyVariable = value[VariablePrefix.Length..] }
            : provider with { KeyFile = plan.KeepSecret(provider.Name, value) };
    }

    private static void ReadClient(ForeignMap? client, ImportPlan plan)
    {
        if (client is null)
        {
            return;
        }

        if (client.Whole("max_request_body_size_mb", 1) is { } megabytes)
        {
            plan.Config.Limits["request_body_max_bytes"] = Math.Min(megabytes * 1024L * 1024, 1L << 30);
            plan.Note(Verdict.Exact, client.At("max_request_body_size_mb"), client.Where("max_request_body_size_mb"),
                "limits.request_body_max_bytes");
        }

        client.Note("drop_excess_requests", Verdict.ByHand,
            "pools.*.queue.max_ms: 0 turns requests away that find no place; limits.max_inbound_concurrent bounds all");
        client.Note("enable_logging", Verdict.ByHand, "request logs: set observability.request_log_webhook_url");
        client.Note("allowed_origins", Verdict.ByHand, "cors.allowed_origins");
        client.Note("allow_direct_keys", Verdict.ByHand, "auth.mode: passthrough sends the caller's own key to the provider");
        foreach (string key in (ReadOnlySpan<string>)["enforce_auth_on_inference", "enforce_governance_header"])
        {
            if (client.Switch(key) is { } isOn)
            {
                plan.Note(isOn ? Verdict.Exact : Verdict.Approximate, client.At(key), client.Where(key), isOn ? "callers need a key"
                    : "callers need a key as soon as there are any");
            }
        }

        client.Rest();
    }
}
