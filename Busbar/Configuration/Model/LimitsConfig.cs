namespace Busbar.Configuration.Model;

/// <summary>The <c>limits:</c> block: sizes and times of the whole process.</summary>
internal sealed record LimitsConfig
{
    /// <summary>Largest request body, bytes. Default 32 MiB.</summary>
    public long RequestBodyMaxBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Memory for all requests in flight, bytes; 0 for three quarters of what the process may use.</summary>
    public long MemoryMaxBytes { get; init; }

    /// <summary>Longest upstream call that is not a stream, seconds. Default 300.</summary>
    public int UpstreamRequestTimeoutSecs { get; init; } = 300;

    /// <summary>Longest silence inside an upstream stream, seconds. Default 300.</summary>
    public int UpstreamIdleTimeoutSecs { get; init; } = 300;

    /// <summary>
    /// Silence of a stream towards its client after which a keep-alive is written, behind the headers if none have gone, seconds; 0 for never.
    /// Default 10.
    /// </summary>
    public int StreamKeepaliveSecs { get; init; } = 10;

    /// <summary>Longest TCP and TLS handshake with a provider, seconds. Default 10.</summary>
    public int UpstreamConnectTimeoutSecs { get; init; } = 10;

    /// <summary>Idle connections kept per provider. Default 64.</summary>
    public int PoolMaxIdlePerHost { get; init; } = 64;

    /// <summary>Cooldown of a lane whose account or credential failed, seconds. Default 1800.</summary>
    public int HardDownCooldownSecs { get; init; } = 1800;

    /// <summary>Most bytes read of an upstream error body. Default 256 KiB.</summary>
    public int UpstreamErrorBodyMaxBytes { get; init; } = 256 * 1024;

    /// <summary>Longest Retry-After that is believed, seconds. Default 86400.</summary>
    public int MaxHonoredRetryAfterSecs { get; init; } = 86400;

    /// <summary>
    /// Output limit sent to Anthropic when neither caller nor model gives one. Null for the model's own maximum, and 4096 where that is not known.
    /// </summary>
    public long? DefaultMaxTokens { get; init; }

    /// <summary>Authenticated requests in flight above which new ones are shed; 0 for no limit.</summary>
    public int MaxInboundConcurrent { get; init; }

    /// <summary>Longest a client may take to send its body, from the first byte waited for to the last, seconds. Default 30.</summary>
    public int RequestBodyReadTimeoutSecs { get; init; } = 30;

    /// <summary>Longest time in which a client takes nothing of its answer, seconds. Default 60.</summary>
    public int ClientStallTimeoutSecs { get; init; } = 60;

    /// <summary>Longest a client may take to send its headers, seconds. Default 30.</summary>
    public int HeaderReadTimeoutSecs { get; init; } = 30;

    /// <summary>
    /// How long, after SIGTERM, <c>/healthz</c> answers 503 while requests are still taken, seconds: the time a load balancer needs to notice.
    /// Default 0.
    /// </summary>
    public int ReadyDelaySecs { get; init; }

    /// <summary>Longest a shutdown waits for requests in flight, seconds. Default 30.</summary>
    public int ShutdownDrainSecs { get; init; } = 30;

    /// <summary>Longest time for which a call is read on after its client has left, in pools that do so.</summary>
    public int DrainSecs { get; init; } = 30;
}
