using Busbar.Configuration.Binding;
using Busbar.Configuration.Binding.Sections;
using Busbar.Configuration.Guards;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Pools;
using Busbar.Configuration.Model.Prices;
using Busbar.Configuration.Model.Providers;
using Busbar.Configuration.Model.Store;
using Busbar.Ir;
using Busbar.Ir.Request;

namespace Busbar.Configuration;

/// <summary>
/// A configuration as a list of paths and values, defaults included. A value is null for none, text, a whole or decimal number, a switch, a list of
/// texts, or <see cref="SecretPresence"/> in place of a secret.
/// </summary>
internal static class EffectiveConfig
{
    /// <summary>Every value of <paramref name="config"/>.</summary>
    public static IEnumerable<(string Path, object? Value)> Values(GatewayConfig config) =>
    [
        ("listen", config.Listeners.Count == 1 ? config.Listen : config.Listeners),
        ("reuse_port", config.ReusePort),
        ("tls.cert_file", config.Tls?.CertFile),
        ("tls.key_file", config.Tls?.KeyFile),
        ("cors.allowed_origins", config.Cors.AllowedOrigins),
        ("auth.mode", config.Auth.Mode switch { AuthMode.Token => "token", AuthMode.Passthrough => "passthrough", _ => "none" }),
        ("auth.client_tokens", Presence(config.Auth.ClientTokens)),
        .. config.Auth.Jwt.SelectMany(Jwt),
        .. config.Providers.Values.SelectMany(Provider),
        .. config.Models.Values.SelectMany(Model),
        .. config.Pools.Values.SelectMany(Pool),
        .. Limits(config.Limits),
        .. Governance(config.Governance),
        ("attribution.labels_header", config.Attribution.LabelsHeader),
        ("attribution.user", config.Attribution.User),
        ("attribution.session_header", config.Attribution.SessionHeader),
        ("attribution.max_values", config.Attribution.MaxValues),
        ("observability.request_log_file", config.Observability.RequestLogFile),
        ("observability.otlp_endpoint", Server(config.Observability.OtlpEndpoint)),
        ("observability.otlp.allow_private_network", config.Observability.Otlp.AllowPrivateNetwork),
        .. Headers("observability.otlp.headers", config.Observability.Otlp),
        ("observability.otlp.proxy", config.Observability.Otlp.Proxy?.Address),
        .. Tls("observability.otlp.tls", config.Observability.Otlp.Tls),
        ("observability.otlp.metrics_interval_secs", config.Observability.OtlpMetricsIntervalSecs),
        ("observability.request_log_webhook.allow_private_network", config.Observability.RequestLogWebhook.AllowPrivateNetwork),
        .. Headers("observability.request_log_webhook.headers", config.Observability.RequestLogWebhook),
        ("observability.request_log_webhook.proxy", config.Observability.RequestLogWebhook.Proxy?.Address),
        .. Tls("observability.request_log_webhook.tls", config.Observability.RequestLogWebhook.Tls),
        ("observability.alert_webhook.allow_private_network", config.Observability.AlertWebhook.AllowPrivateNetwork),
        .. Headers("observability.alert_webhook.headers", config.Observability.AlertWebhook),
        ("observability.alert_webhook.proxy", config.Observability.AlertWebhook.Proxy?.Address),
        .. Tls("observability.alert_webhook.tls", config.Observability.AlertWebhook.Tls),
        ("observability.alert_webhook_url", Server(config.Observability.AlertWebhookUrl)),
        ("observability.otlp_sample_ratio", config.Observability.OtlpSampleRatio),
        ("observability.request_log_webhook_url", Server(config.Observability.RequestLogWebhookUrl)),
        ("observability.log_format", config.Observability.LogFormat == LogFormat.Json ? "json" : "text"),
        ("response_headers", config.ResponseHeaders == ResponseHeaderMode.Debug ? "debug" : "none"),
        ("user_agent", config.UserAgent),
        ("control_socket", config.ControlSocket),
        ("trusted_proxies", config.TrustedProxies.Select(network => network.ToString()).ToArray()),
    ];

    private static IEnumerable<(string, object?)> Jwt(JwtIssuerConfig issuer, int index)
    {
        string at = $"auth.jwt[{index}].";
        return
        [
            (at + "issuer", issuer.Issuer),
            (at + "jwks_url", issuer.JwksUrl),
            (at + "audience", issuer.Audiences),
            (at + "clock_skew_secs", issuer.ClockSkewSecs),
            (at + "algorithms", issuer.Algorithms),
            (at + "subject_claim", issuer.SubjectClaim),
            .. issuer.RequiredClaims.Select(claim => ($"{at}required_claims.{claim.Key}", (object?)claim.Value)),
            (at + "group_claim", issuer.GroupClaim),
            .. issuer.Groups.Select(group => ($"{at}groups.{group.Key}", (object?)group.Value)),
            (at + "default_group", issuer.DefaultGroup),
            (at + "pools_claim", issuer.PoolsClaim),
            .. issuer.Pools.Select(pools => ($"{at}pools.{pools.Key}", (object?)pools.Value)),
            (at + "max_budget_cents", issuer.MaxBudgetCents),
            (at + "budget_period", issuer.BudgetPeriod),
            (at + "rpm_limit", issuer.RpmLimit),
            (at + "tpm_limit", issuer.TpmLimit),
            (at + "max_concurrent", issuer.MaxConcurrent),
            (at + "allow_private_network", issuer.AllowPrivateNetwork),
            (at + "proxy", issuer.Proxy?.Address),
        ];
    }

    private static IEnumerable<(string, object?)> Provider(ProviderConfig provider)
    {
        string at = $"providers.{provider.Name}.";
        return
        [
            (at + "protocol", provider.Protocol.Name()),
            (at + "platform", PlatformBinder.WordOf(provider.Platform)),
            (at + "project", provider.Project),
            (at + "location", provider.Location),
            (at + "api_version", provider.ApiVersion),
            .. provider.Deployments.Select(entry => ($"{at}deployments.{entry.Key}", (object?)entry.Value)),
            (at + "base_url", SinkGuard.Mask(provider.BaseUrl)),
            (at + "path", provider.Path?.Split('?')[0]),
            (at + "auth", provider.Auth switch { ProviderAuth.Bearer => "bearer", ProviderAuth.ApiKey => "api-key", _ => "native" }),
            (at + "api_key_env", provider.ApiKeyEnv),
            (at + "api_key_file", provider.ApiKeyFile),
            (at + "api_key", Presence(provider.ApiKeys)),
            .. provider.Identity is { } identity ? Identity(at + "identity.", identity) : [],
            .. provider.ErrorMap.Select(entry => ($"{at}error_map.{entry.Key}",
                (object?)FaultClassNames.All.First(name => name.Value == entry.Value).Key)),
            (at + "health.mode", provider.Health.Mode switch { HealthMode.Active => "active", HealthMode.Dead => "dead", _ => "none" }),
            (at + "health.interval_secs", provider.Health.IntervalSecs),
            (at + "health.timeout_secs", provider.Health.TimeoutSecs),
            (at + "allow_private_network", provider.AllowPrivateNetwork),
            (at + "http_version", provider.Http switch { UpstreamHttp.Http11 => "1.1", UpstreamHttp.Http2 => "2", _ => "auto" }),
            (at + "anthropic_version", provider.AnthropicVersion),
            (at + "region", provider.Region),
            (at + "proxy", provider.Proxy?.Address),
            .. Tls(at + "tls", provider.Tls),
            .. provider.Headers.Select(header => ($"{at}headers.{header.Key}", (object?)Presence(header.Value))),
            (at + "deny_betas", provider.DenyBetas),
            (at + "routing_fields", provider.RoutingFields),
        ];
    }

    private static IEnumerable<(string, object?)> Identity(string at, IdentityConfig identity) =>
    [
        (at + "type", identity.Word),
        (at + "role_arn", identity.RoleArn),
        (at + "external_id", identity.ExternalId),
        (at + "session_name", identity.SessionName),
        .. identity.Tags.Select(tag => ($"{at}tags.{tag.Key}", (object?)tag.Value)),
        (at + "duration_secs", identity.DurationSecs),
        (at + "region", identity.Region),
        (at + "profile", identity.Profile),
        (at + "token_file", identity.TokenFile),
        (at + "credentials_file", identity.CredentialsFile),
        (at + "impersonate", identity.Impersonate),
        (at + "scopes", identity.Kind == IdentityKind.Google ? identity.Scopes : null),
        (at + "tenant_id", identity.TenantId),
        (at + "client_id", identity.ClientId),
        (at + "client_secret_env", identity.ClientSecretEnv),
        (at + "certificate_file", identity.CertificateFile),
        (at + "scope", identity.Kind == IdentityKind.Azure ? identity.Scopes[0] : null),
    ];

    private static IEnumerable<(string, object?)> Model(ModelConfig model)
    {
        string at = $"models.{model.Name}.";
        return
        [
            (at + "provider", model.Provider),
            (at + "max_concurrent", model.MaxConcurrent),
            (at + "max_requests", model.MaxRequests),
            (at + "rpm", model.Rpm),
            (at + "tpm", model.Tpm),
            (at + "default_max_tokens", model.DefaultMaxTokens),
            (at + "upstream_model", model.UpstreamModel),
            (at + "attempt_timeout_ms", model.AttemptTimeoutMs),
            (at + "first_content_timeout_ms", model.FirstContentTimeoutMs),
            .. model.Capabilities.Select(flag => ($"{at}capabilities.{flag.Key}", (object?)flag.Value)),
            (at + "listed_as", model.Listed is { } listed ? $"{listed.Provider}: {listed.Name}, {listed.Date}" : null),
            .. (IEnumerable<(string, object?)>)[(at + "rate_card.above", null), (at + "rate_card.batch", null), (at + "rate_card.flex", null),
                (at + "rate_card.priority", null)],
            .. RateCard(at + "rate_card", (model.RateCard ?? model.Listed?.Card)?.Steps ?? []),
        ];
    }

    private static IEnumerable<(string, object?)> Pool(PoolConfig pool)
    {
        string at = $"pools.{pool.Name}.";
        return
        [
            .. pool.Members.SelectMany((member, index) => Member($"{at}members[{index}].", member)),
            (at + "strategy", pool.Strategy switch
            {
                PoolStrategy.Priority => "priority",
                PoolStrategy.LeastLatency => "least_latency",
                PoolStrategy.LeastBusy => "least_busy",
                PoolStrategy.LeastCost => "least_cost",
                _ => "weighted",
            }),
            (at + "breaker.base_cooldown_secs", pool.Breaker.BaseCooldownSecs),
            (at + "breaker.max_cooldown_secs", pool.Breaker.MaxCooldownSecs),
            (at + "breaker.trip.mode", pool.Breaker.Mode == TripMode.Consecutive ? "consecutive" : "error_rate"),
            (at + "breaker.trip.window_s", pool.Breaker.WindowSecs),
            (at + "breaker.trip.threshold", pool.Breaker.Threshold),
            (at + "breaker.trip.min_requests", pool.Breaker.MinRequests),
            (at + "breaker.trip.n", pool.Breaker.ConsecutiveN),
            (at + "failover.deadline_secs", pool.Failover.DeadlineSecs),
            (at + "failover.cap", pool.Failover.Cap),
            (at + "failover.exclusions", pool.Failover.Exclusions),
            (at + "on_exhausted.action", pool.OnExhausted.Action switch
            {
                ExhaustionAction.LeastBad => "least_bad",
                ExhaustionAction.FallbackPool => $"fallback_pool:{pool.OnExhausted.FallbackPool}",
                _ => "reject",
            }),
            (at + "affinity.mode", pool.Affinity is null ? null : "session"),
            (at + "affinity.header_name", pool.Affinity?.HeaderName),
            (at + "affinity.fallback", pool.Affinity?.Fallback switch { null => null, AffinityFallback.System => "system",
                AffinityFallback.Prefix => "prefix", _ => "none" }),
            (at + "hedge.after", pool.Hedge is not { } hedge ? null : hedge.AfterMs is { } milliseconds ? (object)milliseconds
                : $"p{Math.Round(hedge.Percentile * 100)}"),
            (at + "hedge.at_most", pool.Hedge?.AtMost),
            (at + "first_content_timeout_ms", pool.FirstContentTimeoutMs),
            (at + "commit", pool.Commit == CommitMode.FirstByte ? "first_byte" : "first_content"),
            (at + "on_client_disconnect", pool.OnClientDisconnect == DisconnectMode.Drain ? "drain" : "cancel"),
            (at + "queue.max_ms", pool.QueueMaxMs),
        ];
    }

    private static IEnumerable<(string, object?)> Member(string at, PoolMemberConfig member) =>
    [
        (at + "target", member.Target),
        (at + "weight", member.Weight),
        (at + "context_max", member.ContextMax),
        (at + "attempt_timeout_ms", member.AttemptTimeoutMs),
        (at + "first_content_timeout_ms", member.FirstContentTimeoutMs),
    ];

    private static IEnumerable<(string, object?)> Limits(LimitsConfig limits) =>
    [
        ("limits.request_body_max_bytes", limits.RequestBodyMaxBytes),
        ("limits.memory_max_bytes", limits.MemoryMaxBytes),
        ("limits.request_body_read_timeout_secs", limits.RequestBodyReadTimeoutSecs),
        ("limits.client_stall_timeout_secs", limits.ClientStallTimeoutSecs),
        ("limits.header_read_timeout_secs", limits.HeaderReadTimeoutSecs),
        ("limits.upstream_request_timeout_secs", limits.UpstreamRequestTimeoutSecs),
        ("limits.upstream_idle_timeout_secs", limits.UpstreamIdleTimeoutSecs),
        ("limits.stream_keepalive_secs", limits.StreamKeepaliveSecs),
        ("limits.upstream_connect_timeout_secs", limits.UpstreamConnectTimeoutSecs),
        ("limits.upstream_error_body_max_bytes", limits.UpstreamErrorBodyMaxBytes),
        ("limits.pool_max_idle_per_host", limits.PoolMaxIdlePerHost),
        ("limits.hard_down_cooldown_secs", limits.HardDownCooldownSecs),
        ("limits.max_honored_retry_after_secs", limits.MaxHonoredRetryAfterSecs),
        ("limits.default_max_tokens", limits.DefaultMaxTokens),
        ("limits.max_inbound_concurrent", limits.MaxInboundConcurrent),
        ("limits.drain_secs", limits.DrainSecs),
        ("limits.shutdown_drain_secs", limits.ShutdownDrainSecs),
        ("limits.ready_delay_secs", limits.ReadyDelaySecs),
    ];

    private static IEnumerable<(string, object?)> Governance(GovernanceConfig governance) =>
    [
        ("governance.enabled", governance.Enabled),
        ("governance.store", governance.Store == StoreKind.Postgres ? "postgres" : "sqlite"),
        ("governance.db_path", governance.DbPath),
        ("governance.postgres.url_env", governance.Postgres?.UrlEnv),
        ("governance.price_per_request_cents", governance.PricePerRequestCents),
        ("governance.price_per_1k_tokens_cents", governance.PricePer1KTokensCents),
        ("governance.admin_token", Presence(governance.AdminToken)),
        ("governance.admin_read_token", Presence(governance.AdminReadToken)),
        ("governance.admin_listen", governance.AdminListen),
        ("governance.admin_ui", governance.AdminUi),
        ("governance.on_store_error", governance.OnStoreError == StoreErrorMode.Closed ? "closed" : "open"),
        ("governance.master_key_file", governance.MasterKeyFile),
        ("governance.master_key_env", governance.MasterKeyEnv),
    ];

    private static IEnumerable<(string, object?)> RateCard(string at, IReadOnlyList<RateStep> steps) => steps.SelectMany((step, index) =>
    {
        string place = index == 0 ? at : $"{at}.above[{index - 1}]";
        return (IEnumerable<(string, object?)>)
        [
            .. index == 0 ? [] : new (string, object?)[] { ($"{place}.tokens", step.Above) },
            .. Rates(place, step.Standard),
            .. Rates($"{place}.batch", step.Batch),
            .. Rates($"{place}.flex", step.Flex),
            .. Rates($"{place}.priority", step.Priority),
        ];
    });

    private static IEnumerable<(string, object?)> Rates(string at, Rates? rates) => rates is not { } known ? [] :
    [
        (at + ".input", Cents(known.Input)),
        (at + ".output", Cents(known.Output)),
        (at + ".cache_read", Cents(known.CacheRead)),
        (at + ".cache_write", Cents(known.CacheWrite)),
        (at + ".cache_write_1h", Cents(known.CacheWriteLong)),
        (at + ".reasoning", Cents(known.Reasoning)),
        (at + ".audio_input", Cents(known.AudioInput)),
        (at + ".audio_output", Cents(known.AudioOutput)),
        (at + ".image_output", Cents(known.ImageOutput)),
    ];

    private static double Cents(long picoDollars) => picoDollars / 10_000.0;

    // The path of a sink may be what opens it.
    private static string? Server(string? url) => Uri.TryCreate(url, UriKind.Absolute, out Uri? parsed) ? $"{parsed.Scheme}://{parsed.Authority}"
        : null;

    private static IEnumerable<(string, object?)> Headers(string at, SinkSettings sink) =>
        sink.Headers.Select(header => ($"{at}.{header.Key}", (object?)Presence(header.Value)));

    private static IEnumerable<(string, object?)> Tls(string at, ClientTls? tls) =>
    [
        (at + ".ca_file", tls?.CaFile),
        (at + ".cert_file", tls?.CertFile),
        (at + ".key_file", tls?.KeyFile),
        (at + ".server_name", tls?.ServerName),
    ];

    private static SecretPresence Presence(Secret? secret) => secret is { IsBlank: false } ? SecretPresence.Present : SecretPresence.Absent;

    private static SecretPresence Presence(IReadOnlyList<Secret> secrets) =>
        secrets.Any(secret => !secret.IsBlank) ? SecretPresence.Present : SecretPresence.Absent;
}
