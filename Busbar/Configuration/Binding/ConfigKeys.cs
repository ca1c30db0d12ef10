namespace Busbar.Configuration.Binding;

/// <summary>Every key of both files. A key that is not here is an error wherever it stands.</summary>
internal static class ConfigKeys
{
    // One for each kind of token; before the sets that are made of them.
    private static readonly string[] TokenPrices =
        ["input", "output", "cache_read", "cache_write", "cache_write_1h", "reasoning", "audio_input", "audio_output", "image_output"];

    /// <summary>Top level of the deployment file.</summary>
    public static readonly KeySet Root = new(
        "", "listen", "reuse_port", "tls", "cors", "auth", "providers", "models", "pools", "limits", "governance", "observability", "response_headers", "user_agent",
        "trusted_proxies", "control_socket");

    /// <summary>The listener's certificate.</summary>
    public static readonly KeySet Tls = new("tls", "cert_file", "key_file");

    /// <summary>Pages that may call from a browser.</summary>
    public static readonly KeySet Cors = new("cors", "allowed_origins");

    /// <summary>Who may call.</summary>
    public static readonly KeySet Auth = new("auth", "mode", "client_tokens", "token");

    /// <summary>A client token that is more than its text.</summary>
    public static readonly KeySet ClientToken = new("auth.client_tokens[]", "token", "operator");

    /// <summary>A provider in the deployment file.</summary>
    public static readonly KeySet Provider = new(
        "providers.*",
        "protocol", "base_url", "path", "auth", "api_key_env", "api_key_file", "api_key", "error_map", "health", "allow_private_network", "anthropic_version",
        "region", "headers", "deny_betas", "routing_fields", "proxy");

    /// <summary>A provider in the catalog.</summary>
    public static readonly KeySet CatalogProvider = new(
        "providers.*", "protocol", "base_url", "path", "auth", "error_map", "health", "allow_private_network", "anthropic_version", "region",
        "deny_betas", "routing_fields");

    /// <summary>Active probing.</summary>
    public static readonly KeySet Health = new("providers.*.health", "mode", "interval_secs", "timeout_secs");

    /// <summary>A model.</summary>
    public static readonly KeySet Model = new(
        "models.*",
        "provider", "max_concurrent", "max_requests", "default_max_tokens", "upstream_model", "attempt_timeout_ms", "capabilities", "rate_card");

    /// <summary>What a model accepts: the flags of a capability record in snake_case.</summary>
    public static readonly KeySet Capabilities = new(
        "models.*.capabilities",
        "sampling", "temperature_with_top_p", "penalties", "reasoning", "thinking_budget", "thinking_adaptive", "thinking_off", "thinking_between_tools",
        "highest_efforts", "forced_tool_choice", "prefill", "mid_system", "max_completion_tokens", "developer_role", "tools_need_no_reasoning",
        "prompt_caching", "structured_output", "sampling_without_reasoning", "minimal_effort", "max_effort", "custom_tools", "thought_signatures",
        "bound_thinking", "cache_breakpoints", "function_call_ids", "json_schema_fields", "tool_result_parts", "web_search", "web_search_with_tools",
        "reasoning_content", "short_call_ids", "nested_tool_media", "user_ids");

    /// <summary>Prices of a model.</summary>
    public static readonly KeySet RateCard = new("models.*.rate_card", [.. TokenPrices, "above", "batch", "flex", "priority"]);

    /// <summary>Prices of a longer input.</summary>
    public static readonly KeySet RateStep = new("models.*.rate_card.above[]", ["tokens", .. TokenPrices]);

    /// <summary>Prices of a tier of service.</summary>
    public static readonly KeySet RateTier = new("models.*.rate_card.*", TokenPrices);

    /// <summary>A provider in the price list.</summary>
    public static readonly KeySet PriceBlock = new("prices.*", "source", "date", "models");

    /// <summary>A model in the price list.</summary>
    public static readonly KeySet PriceRow = new(
        "prices.*.models.*", ["context", "output_max", "source", "date", .. TokenPrices, "above", "batch", "flex", "priority"]);

    /// <summary>A pool.</summary>
    public static readonly KeySet Pool = new(
        "pools.*", "members", "breaker", "failover", "on_exhausted", "affinity", "commit", "on_client_disconnect", "queue");

    /// <summary>A member of a pool.</summary>
    public static readonly KeySet Member = new("pools.*.members[]", "target", "weight", "context_max", "attempt_timeout_ms");

    /// <summary>Cooldowns of a pool.</summary>
    public static readonly KeySet Breaker = new("pools.*.breaker", "base_cooldown_secs", "max_cooldown_secs", "trip");

    /// <summary>What trips a breaker.</summary>
    public static readonly KeySet Trip = new("pools.*.breaker.trip", "mode", "window_s", "threshold", "min_requests", "n")
    {
        Aliases = new Dictionary<string, string> { ["window_secs"] = "window_s", ["consecutive_n"] = "n" },
    };

    /// <summary>How far a request may wander.</summary>
    public static readonly KeySet Failover = new("pools.*.failover", "deadline_secs", "cap", "exclusions")
    {
        Aliases = new Dictionary<string, string> { ["timeout_secs"] = "deadline_secs", ["max_hops"] = "cap" },
    };

    /// <summary>What happens when no lane is left.</summary>
    public static readonly KeySet OnExhausted = new("pools.*.on_exhausted", "action");

    /// <summary>Session stickiness.</summary>
    public static readonly KeySet Affinity = new("pools.*.affinity", "mode", "header_name", "fallback");

    /// <summary>Waiting for a free permit.</summary>
    public static readonly KeySet Queue = new("pools.*.queue", "max_ms");

    /// <summary>Sizes and times.</summary>
    public static readonly KeySet Limits = new(
        "limits",
        "request_body_max_bytes", "memory_max_bytes", "request_body_read_timeout_secs", "client_stall_timeout_secs", "header_read_timeout_secs",
        "upstream_request_timeout_secs", "upstream_idle_timeout_secs",
        "stream_keepalive_secs", "upstream_connect_timeout_secs", "upstream_error_body_max_bytes", "pool_max_idle_per_host", "hard_down_cooldown_secs", "max_honored_retry_after_secs",
        "default_max_tokens", "max_inbound_concurrent", "drain_secs", "shutdown_drain_secs", "ready_delay_secs");

    /// <summary>Virtual keys and budgets.</summary>
    public static readonly KeySet Governance = new(
        "governance",
        "enabled", "db_path", "price_per_request_cents", "price_per_1k_tokens_cents", "admin_token", "admin_read_token", "admin_listen", "on_store_error",
        "master_key_file", "master_key_env");

    /// <summary>Traces and request logs.</summary>
    public static readonly KeySet Observability = new(
        "observability", "otlp_endpoint", "otlp_sample_ratio", "otlp", "request_log_webhook_url", "request_log_webhook", "log_format");

    /// <summary>How the collector is called.</summary>
    public static readonly KeySet Otlp = new("observability.otlp", "allow_private_network", "headers", "metrics_interval_secs", "proxy");

    /// <summary>How the receiver of request logs is called.</summary>
    public static readonly KeySet RequestLogWebhook = new("observability.request_log_webhook", "allow_private_network", "headers", "proxy");

    /// <summary>All blocks.</summary>
    public static IReadOnlyList<KeySet> All { get; } =
    [
        Root, Tls, Cors, Auth, ClientToken, Provider, CatalogProvider, Health, Model, Capabilities, RateCard, Pool, Member, Breaker, Trip, Failover, OnExhausted, Affinity, Queue,
        Limits, Governance, Observability, Otlp, RequestLogWebhook,
    ];
}
