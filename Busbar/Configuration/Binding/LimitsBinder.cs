using Busbar.Configuration.Model;

namespace Busbar.Configuration.Binding;

/// <summary>Reads the <c>limits:</c> block.</summary>
internal static class LimitsBinder
{
    // Two long requests, or many short ones.
    private const long LeastMemory = 16 * 1024 * 1024;

    /// <summary>Reads sizes and times.</summary>
    public static LimitsConfig Bind(Section limits)
    {
        LimitsConfig defaults = new();
        return new LimitsConfig
        {
            RequestBodyMaxBytes = limits.Integer("request_body_max_bytes", 1, Ranges.MostBytes) ?? defaults.RequestBodyMaxBytes,
            MemoryMaxBytes = limits.Text("memory_max_bytes") == "0" ? 0 : limits.Integer("memory_max_bytes", LeastMemory, long.MaxValue) ?? 0,
            RequestBodyReadTimeoutSecs = Seconds(limits, "request_body_read_timeout_secs", defaults.RequestBodyReadTimeoutSecs),
            ClientStallTimeoutSecs = Seconds(limits, "client_stall_timeout_secs", defaults.ClientStallTimeoutSecs),
            HeaderReadTimeoutSecs = Seconds(limits, "header_read_timeout_secs", defaults.HeaderReadTimeoutSecs),
            UpstreamRequestTimeoutSecs = Seconds(limits, "upstream_request_timeout_secs", defaults.UpstreamRequestTimeoutSecs),
            UpstreamIdleTimeoutSecs = Seconds(limits, "upstream_idle_timeout_secs", defaults.UpstreamIdleTimeoutSecs),
            StreamKeepaliveSecs = limits.Integer("stream_keepalive_secs", defaults.StreamKeepaliveSecs, 0, Ranges.MostSeconds),
            UpstreamConnectTimeoutSecs = Seconds(limits, "upstream_connect_timeout_secs", defaults.UpstreamConnectTimeoutSecs),
            UpstreamErrorBodyMaxBytes = limits.Integer("upstream_error_body_max_bytes", defaults.UpstreamErrorBodyMaxBytes, 1, Ranges.MostBytes),
            PoolMaxIdlePerHost = limits.Integer("pool_max_idle_per_host", defaults.PoolMaxIdlePerHost, 1, Ranges.MostItems),
            HardDownCooldownSecs = Seconds(limits, "hard_down_cooldown_secs", defaults.HardDownCooldownSecs),
            MaxHonoredRetryAfterSecs = Seconds(limits, "max_honored_retry_after_secs", defaults.MaxHonoredRetryAfterSecs),
            DefaultMaxTokens = limits.Integer("default_max_tokens", 1, Ranges.MostTokens),
            MaxInboundConcurrent = limits.Integer("max_inbound_concurrent", defaults.MaxInboundConcurrent, 0, Ranges.MostItems),
            DrainSecs = limits.Integer("drain_secs", defaults.DrainSecs, 1, Ranges.MostSeconds),
            ReadyDelaySecs = limits.Integer("ready_delay_secs", defaults.ReadyDelaySecs, 0, Ranges.MostSeconds),
            ShutdownDrainSecs = limits.Integer("shutdown_drain_secs", defaults.ShutdownDrainSecs, 0, Ranges.MostSeconds),
        };
    }

    private static int Seconds(Section limits, string key, int fallback) => limits.Integer(key, fallback, 1, Ranges.MostSeconds);
}
