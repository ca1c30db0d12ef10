using Busbar.Configuration.Yaml;
using Busbar.Import.Sql;

namespace Busbar.Import.LiteLlm;

/// <summary>Reads the configuration of a LiteLLM proxy, and a dump of its database.</summary>
internal static class LiteLlmImport
{
    // Where its clients look for it.
    private const string Listen = "0.0.0.0:4000";

    // What restricted requests must not be gone without being seen.
    private const string Unguarded = "nothing looks into prompts and answers here: what a guardrail refused will pass";

    /// <summary>Reads both into <paramref name="plan"/>.</summary>
    /// <param name="root">The file.</param>
    /// <param name="database">Tables of the dump; null for none.</param>
    /// <param name="plan">Takes everything.</param>
    /// <param name="time">The clock.</param>
    public static void Read(YamlMap root, SqlDump? database, ImportPlan plan, TimeProvider time)
    {
        var file = new ForeignMap(root, "", plan);
        plan.Config.Listen = Listen;
        ReadVariables(file, plan);
        Dictionary<string, HashSet<string>> accessGroups = [];
        List<Deployment> deployments = DeploymentReader.Read(file, plan, accessGroups);
        ForeignMap? router = file.Map("router_settings");
        ForeignMap? library = file.Map("litellm_settings");
        ForeignMap? general = file.Map("general_settings");
        new RouterReader(router, library, deployments, plan).Apply();
        ReadRouter(router);
        ReadLibrary(library, plan);
        bool hasMaster = GeneralReader.Read(general, plan, database is not null);
        router?.Rest();
        library?.Rest();
        general?.Rest();
        if (file.Has("include"))
        {
            file.Note("include", Verdict.ByHand, "other files are not read: put everything into one and import that");
        }

        file.Note("guardrails", Verdict.Unsupported, Unguarded);
        file.Rest();
        if (deployments.Count == 0 && plan.Report.Problems.Count == 0)
        {
            plan.Report.Error("model_list", root.Location, "no model of it can be served, so there is nothing to import", "see the notes");
        }

        if (database is not null)
        {
            new KeyTables(database, accessGroups, plan, time.GetUtcNow()).Read();
        }

        GeneralReader.TakeMasterKey(general, plan, hasMaster || database is not null, time.GetUtcNow());
    }

    private static void ReadVariables(ForeignMap file, ImportPlan plan)
    {
        if (file.Map("environment_variables") is not { } variables)
        {
            return;
        }

        foreach (string name in variables.Names.ToArray())
        {
            if (variables.Text(name) is not { } value)
            {
                continue;
            }

            bool isName = name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');
            if (!isName || value.AsSpan().ContainsAny('\n', '\r', '\0'))
            {
                plan.Report.Error(variables.At(name), variables.Where(name), "not a variable that a file of variables can hold");
                continue;
            }

            if (SecretReference.Variable(value) is not { } other)
            {
                plan.Variables[name] = value;
                plan.Note(Verdict.Exact, variables.At(name), variables.Where(name),
                    $"in the file '{ImportFiles.Environment}', for --env-file or EnvironmentFile=");
            }
            else
            {
                plan.Note(other == name ? Verdict.Exact : Verdict.ByHand, variables.At(name), variables.Where(name), other == name
                    ? "it comes from the process's own environment" : $"set {name} to the value of {other}");
            }
        }
    }

    private static void ReadRouter(ForeignMap? router)
    {
        router?.Note("redis_host", Verdict.Unsupported, "nodes do not share their state through it");
        router?.Note("redis_port", Verdict.Unsupported, "nodes do not share their state through it");
        router?.Note("redis_password", Verdict.Unsupported, "nodes do not share their state through it");
        router?.Note("timeout", Verdict.ByHand, "set failover.deadline_secs of pools, or limits.upstream_request_timeout_secs");
        router?.Note("enable_pre_call_checks", Verdict.Exact, "requests that surely do not fit a member's context_max are not sent there");
        router?.Note("retry_after", Verdict.Exact, "waits that providers ask for are kept");
        router?.Note("retry_policy", Verdict.Approximate, "what fails over follows from whose fault it is, and error_map changes that");
        router?.Note("allowed_fails_policy", Verdict.Approximate,
            "what counts against a lane follows from whose fault it is, and error_map changes that");
        router?.Note("routing_strategy_args", Verdict.Unsupported, "strategies have no arguments");
        router?.Note("disable_cooldowns", Verdict.Unsupported, "breakers cannot be switched off; a large breaker.trip.n makes them patient");
    }

    private static void ReadLibrary(ForeignMap? library, ImportPlan plan)
    {
        if (library is null)
        {
            return;
        }

        library.Note("drop_params", Verdict.Exact, "what a provider's protocol has no place for is dropped, counted and logged");
        library.Note("modify_params", Verdict.Exact, "requests are shaped for the provider that gets them");
        library.Note("cache", Verdict.Unsupported, "no answer is served twice; caches of providers work as before");
        library.Note("cache_params", Verdict.Unsupported, "no answer is served twice");
        library.Note("turn_off_message_logging", Verdict.Exact, "prompts and answers are never logged");
        library.Note("redact_user_api_key_info", Verdict.Exact, "keys are never logged");
        if (library.Switch("json_logs") == true)
        {
            plan.Config.LogsJson = true;
            plan.Note(Verdict.Exact, library.At("json_logs"), library.Where("json_logs"), "observability.log_format: json");
        }

        library.Note("max_budget", Verdict.ByHand, "a budget of everything: put all keys below one group that has it (docs/groups.md)");
        library.Note("budget_duration", Verdict.ByHand, "the window of that group's limit");
        foreach (string key in (ReadOnlySpan<string>)["default_key_generate_params", "upperbound_key_generate_params", "default_team_settings",
            "default_team_params", "default_internal_user_params", "max_internal_user_budget", "internal_user_budget_duration"])
        {
            library.Note(key, Verdict.ByHand, "keys that will be made get what they are asked for: child_limits of a group are for all below it");
        }

        library.Note("guardrails", Verdict.Unsupported, Unguarded);
        library.Note("model_alias_map", Verdict.ByHand, "a pool for each alias, with the model as its member");
        library.Note("ssl_verify", Verdict.ByHand, "certificates are always checked: name an authority of your own in tls.ca_file of the provider");
        library.Note("set_verbose", Verdict.ByHand, "the variable BUSBAR_LOG=debug");
        library.Note("num_retries_per_request", Verdict.Unsupported, "failover.cap of a pool bounds attempts");
        if (library.Whole("request_timeout", 1) is { } seconds)
        {
            plan.Config.Limits["upstream_request_timeout_secs"] = Math.Min(seconds, 2_000_000);
            plan.Note(Verdict.Approximate, library.At("request_timeout"), library.Where("request_timeout"),
                "limits.upstream_request_timeout_secs: of one call that is no stream");
        }

        foreach (string key in (ReadOnlySpan<string>)["callbacks", "success_callback", "failure_callback", "service_callback", "service_callbacks"])
        {
            foreach (string callback in library.Texts(key))
            {
                (Verdict verdict, string says) = callback switch
                {
                    "prometheus" or "prometheus_system" => (Verdict.Exact, "/metrics is always there, under names of its own"),
                    "otel" or "arize" or "langtrace" => (Verdict.ByHand, "traces: set observability.otlp_endpoint"),
                    "slack" or "email" or "smtp_email" => (Verdict.ByHand, "alerts about limits: set observability.alert_webhook_url"),
                    _ => (Verdict.ByHand,
                        "request logs: set observability.request_log_webhook_url to a receiver of your own, or otlp_endpoint for traces"),
                };
                plan.Note(verdict, library.At(key), library.Where(key), $"'{callback}': {says}");
            }
        }
    }
}
