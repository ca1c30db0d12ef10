using System.Security.Cryptography;
using Busbar.Governance.Keys;
using Busbar.Import.Draft;

namespace Busbar.Import.LiteLlm;

/// <summary>Reads <c>general_settings</c>.</summary>
internal static class GeneralReader
{
    private const int MinTokenLength = 16;

    /// <summary>Reads everything but the master key; true when there is one.</summary>
    public static bool Read(ForeignMap? general, ImportPlan plan, bool hasDatabase)
    {
        if (general is null)
        {
            return false;
        }

        Limit(general, plan, "global_max_parallel_requests", "max_inbound_concurrent", 1);
        Limit(general, plan, "max_request_size_mb", "request_body_max_bytes", 1024 * 1024);
        general.Note("database_url", hasDatabase ? Verdict.Exact : Verdict.ByHand, hasDatabase
            ? "groups and keys come from the dump; the database itself is not used"
            : "to take over groups and keys, write a dump with pg_dump --format=plain and import with --database");
        foreach (string key in (ReadOnlySpan<string>)["database_connection_pool_limit", "database_connection_timeout", "proxy_batch_write_at",
            "allow_requests_on_db_unavailable", "disable_spend_logs"])
        {
            general.Note(key, Verdict.Unsupported, "that database is not used");
        }

        general.Note(
            "store_model_in_db", Verdict.ByHand,
        "models that were added in the page of LiteLLM are encrypted in its database: add them to the configuration");
        if (general.Switch("background_health_checks") == true)
        {
            plan.Config.HealthInterval = general.Whole("health_check_interval", 1) ?? 300;
            plan.Note(Verdict.Approximate, general.At("background_health_checks"), general.Where("background_health_checks"),
                "health of providers: mode active");
            general.Note("health_check_interval", Verdict.Exact, "health.interval_secs");
        }

        foreach (string key in (ReadOnlySpan<string>)["alerting", "alerting_threshold", "alerting_args", "alert_types"])
        {
            general.Note(
                key, Verdict.ByHand, "alerts about limits go to observability.alert_webhook_url; for others see deploy/prometheus/alerts.yaml");
        }

        general.Note("enforce_user_param", Verdict.Unsupported, "users are told apart by keys");
        foreach (string key in (ReadOnlySpan<string>)["custom_auth", "enable_jwt_auth", "litellm_jwtauth", "allowed_ips", "allowed_routes",
            "public_routes", "role_permissions"])
        {
            general.Note(key, Verdict.ByHand, "it restricts who may call, and is not taken over: see docs/keys.md for what there is instead");
        }

        general.Note("completion_model", Verdict.Unsupported, "the client names the model, or the path does");
        return general.Take("master_key") is not null;
    }

    /// <summary>
    /// Sets who may administer, once all keys are known. The master key goes on to open requests of clients as well: it becomes a key by its hash.
    /// </summary>
    public static void TakeMasterKey(ForeignMap? general, ImportPlan plan, bool isGoverned, DateTimeOffset now)
    {
        if (!isGoverned)
        {
            return;
        }

        string? text = general?.Text("master_key");
        string? known = text is null ? null : SecretReference.Resolve(text, plan);
        string? variable = text is null ? null : SecretReference.Variable(text);
        plan.Config.AdminToken = known?.Trim().Length >= MinTokenLength && !known.Contains("${", StringComparison.Ordinal)
            ? variable is null || plan.Variables.ContainsKey(variable) ? known : $"${{{variable}}}"
            : Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        if (general is null || text is null)
        {
            plan.Note(Verdict.ByHand, "general_settings.master_key", null,
                "there is none: a new admin token was drawn, which stands in governance.admin_token");
            return;
        }

        string setting = general.At("master_key");
        if (string.IsNullOrEmpty(known))
        {
            plan.Note(
                Verdict.ByHand, setting, general.Where("master_key"),
                $"the variable {variable} is not set here: a new admin token was drawn, which stands in governance.admin_token. Import again where " +
                    "it is set, so that clients that use it go on to be admitted");
            return;
        }

        var digest = KeyDigest.Of(known);
        if (plan.Keys.All(key => key.Key.Digest != digest))
        {
            plan.Keys.Add(new DraftKey(new VirtualKey { Id = digest.ToKeyId(), Digest = digest, Name = "LiteLLM master key", CreatedAt =
                now.ToUnixTimeSeconds() }, 0));
        }

        bool isLong = known.Trim().Length >= MinTokenLength;
        plan.Note(
            isLong ? Verdict.Exact : Verdict.Approximate,
            setting,
            general.Where("master_key"),
            isLong ? "governance.admin_token, and a key for clients by its hash"
                : $"a key for clients by its hash; for an admin token it is too short (fewer than {MinTokenLength} characters), so a new one was " +
                "drawn, which stands in governance.admin_token");
    }

    private static void Limit(ForeignMap general, ImportPlan plan, string key, string limit, long unit)
    {
        if (general.Whole(key, 1) is { } number)
        {
            plan.Config.Limits[limit] = Math.Min(number * unit, 1L << 30);
            plan.Note(Verdict.Exact, general.At(key), general.Where(key), $"limits.{limit}");
        }
    }
}
