using System.Net;
using Busbar.Configuration.Model.Pools;
using Busbar.Configuration.Model.Providers;

namespace Busbar.Configuration.Model;

/// <summary>The merged, validated configuration of one process: an immutable snapshot. A reload builds a whole new one.</summary>
internal sealed record GatewayConfig
{
    /// <summary>The first of <see cref="Listeners"/>.</summary>
    public string Listen => Listeners[0];

    /// <summary>Addresses clients are served on, <c>host:port</c> each; at least one.</summary>
    public IReadOnlyList<string> Listeners { get; init; } = ["0.0.0.0:8080"];

    /// <summary>
    /// Whether another process may listen on the same addresses (<c>SO_REUSEPORT</c>), so that a new version can start before the old one stops.
    /// </summary>
    public bool ReusePort { get; init; }

    /// <summary>Networks of proxies whose word on where a request comes from is believed; none by default.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>Who may call.</summary>
    public AuthConfig Auth { get; init; } = new();

    /// <summary>Providers by name, catalog and deployment merged.</summary>
    public required IReadOnlyDictionary<string, ProviderConfig> Providers { get; init; }

    /// <summary>Models by name, in configuration order.</summary>
    public required IReadOnlyDictionary<string, ModelConfig> Models { get; init; }

    /// <summary>Pools by name, in configuration order.</summary>
    public IReadOnlyDictionary<string, PoolConfig> Pools { get; init; } = new Dictionary<string, PoolConfig>();

    /// <summary>Sinks for traces and request logs.</summary>
    public ObservabilityConfig Observability { get; init; } = new();

    /// <summary>Virtual keys, budgets and the admin API.</summary>
    public GovernanceConfig Governance { get; init; } = new();

    /// <summary>What requests say of what they are for.</summary>
    public AttributionConfig Attribution { get; init; } = new();

    /// <summary>Sizes and times.</summary>
    public LimitsConfig Limits { get; init; } = new();

    /// <summary>The listener's certificate; null for plain text.</summary>
    public TlsConfig? Tls { get; init; }

    /// <summary>Which pages may call from a browser.</summary>
    public CorsConfig Cors { get; init; } = new();

    /// <summary>Which product headers clients see.</summary>
    public ResponseHeaderMode ResponseHeaders { get; init; }

    /// <summary>User agent of upstream calls; null for <c>busbar/&lt;version&gt;</c>.</summary>
    public string? UserAgent { get; init; }

    /// <summary>Path of the socket for who administers this machine; null for the one in the service manager's directory, or none.</summary>
    public string? ControlSocket { get; init; }

    /// <summary>Where its values were written.</summary>
    public ConfigOrigins Origins { get; init; } = ConfigOrigins.None;
}
