using Busbar.Configuration.Model;

namespace Busbar.Configuration.Binding.Sections;

/// <summary>Reads the <c>limits:</c> block.</summary>
internal static class LimitsBinder
{
    // Two long requests, or many short ones.
    private const long MinMemory = 16 * 1024 * 1024;

    /// <summary>Reads sizes and times.</summary>
    public static LimitsConfig Bind(Section limits)
    {
        LimitsConfig defaults = new();
        return new LimitsConfig
        {
            RequestBodyMaxBytes = limits.Integer("request_body_max_bytes") ?? defaults.RequestBodyMaxBytes,
            MemoryMaxBytes = limits.Text("memory_max_bytes") == "0" ? 0 : limits.Integer("memory_max_bytes", MinMemory, long.MaxValue) ?? 0,
            RequestBodyReadTimeoutSecs = limits.Integer("request_body_read_timeout_secs", defaults.RequestBodyReadTimeoutSecs),
            ClientStallTimeoutSecs = limits.Integer("client_stall_timeout_secs", defaults.ClientStallTimeoutSecs),
            HeaderReadTimeoutSecs = limits.Integer("header_read_timeout_secs", defaults.HeaderReadTimeoutSecs),
            UpstreamRequestTimeoutSecs = limits.Integer("upstream_request_timeout_secs", defaults.UpstreamRequestTimeoutSecs),
            UpstreamIdleTimeoutSecs = limits.Integer("upstream_idle_timeout_secs", defaults.UpstreamIdleTimeoutSecs),
            StreamKeepaliveSecs = limits.Integer("stream_keepalive_secs", defaults.StreamKeepaliveSecs),
            UpstreamConnectTimeoutSecs = limits.Integer("upstream_connect_timeout_secs", defaults.UpstreamConnectTimeoutSecs),
            UpstreamErrorBodyMaxBytes = limits.Integer("upstream_error_body_max_bytes", defaults.UpstreamErrorBodyMaxBytes),
            PoolMaxIdlePerHost = limits.Integer("pool_max_idle_per_host", defaults.PoolMaxIdlePerHost),
            HardDownCooldownSecs = limits.Integer("hard_down_cooldown_secs", defaults.HardDownCooldownSecs),
            MaxHonoredRetryAfterSecs = limits.Integer("max_honored_retry_after_secs", defaults.MaxHonoredRetryAfterSecs),
            DefaultMaxTokens = limits.Integer("default_max_tokens"),
            MaxInboundConcurrent = limits.Integer("max_inbound_concurrent", defaults.MaxInboundConcurrent),
            DrainSecs = limits.Integer("drain_secs", defaults.DrainSecs),
            ReadyDelaySecs = limits.Integer("ready_delay_secs", defaults.ReadyDelaySecs),
            ShutdownDrainSecs = limits.Integer("shutdown_drain_secs", defaults.ShutdownDrainSecs),
        };
    }
}
