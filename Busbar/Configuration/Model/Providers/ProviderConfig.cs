using Busbar.Ir;

namespace Busbar.Configuration.Model.Providers;

/// <summary>One provider: where it is, what it speaks, how to prove who calls.</summary>
internal sealed record ProviderConfig
{
    /// <summary>Name in the configuration.</summary>
    public required string Name { get; init; }

    /// <summary>Wire protocol.</summary>
    public required ProtocolId Protocol { get; init; }

    /// <summary>The cloud whose frame the protocol is in.</summary>
    public Platform Platform { get; init; }

    /// <summary>Google Cloud project that pays; null outside Vertex AI.</summary>
    public string? Project { get; init; }

    /// <summary>Location of the models, <c>global</c> for any; null outside Vertex AI.</summary>
    public string? Location { get; init; }

    /// <summary>Version of the platform's API; null for the usual one.</summary>
    public string? ApiVersion { get; init; }

    /// <summary>Azure: deployments by the name of the model, where they are called otherwise.</summary>
    public IReadOnlyDictionary<string, string> Deployments { get; init; } = new Dictionary<string, string>();

    /// <summary>Scheme, authority and path prefix, without trailing slash. Vetted by the endpoint guard.</summary>
    public required string BaseUrl { get; init; }

    /// <summary>Replaces the protocol's own path, verbatim, may carry a query; null for the protocol's.</summary>
    public string? Path { get; init; }

    /// <summary>Which header carries the credential.</summary>
    public ProviderAuth Auth { get; init; }

    /// <summary>Names of the environment variables that hold keys, in order; each key has its own health.</summary>
    public IReadOnlyList<string> ApiKeyEnv { get; init; } = [];

    /// <summary>File that holds the key, re-read on reload; null when keys come from the environment.</summary>
    public string? ApiKeyFile { get; init; }

    /// <summary>The keys as read at load, in the order of their sources; an unset one is an empty secret.</summary>
    public IReadOnlyList<Secret> ApiKeys { get; init; } = [];

    /// <summary>Provider codes and types that mean something other than their status says.</summary>
    public IReadOnlyDictionary<string, FaultClass> ErrorMap { get; init; } = new Dictionary<string, FaultClass>();

    /// <summary>Active probing.</summary>
    public HealthConfig Health { get; init; } = new();

    /// <summary>Permits <c>http://</c> and private or loopback addresses for this provider only.</summary>
    public bool AllowPrivateNetwork { get; init; }

    /// <summary>The HTTP version it is called with.</summary>
    public UpstreamHttp Http { get; init; }

    /// <summary>Value of <c>anthropic-version</c> on requests built here; null for the default.</summary>
    public string? AnthropicVersion { get; init; }

    /// <summary>Headers that every call carries, whatever the client sends; values may be secret.</summary>
    public IReadOnlyDictionary<string, Secret> Headers { get; init; } = new Dictionary<string, Secret>();

    /// <summary>Betas that clients may not use here.</summary>
    public IReadOnlyList<string> DenyBetas { get; init; } = [];

    /// <summary>Members of a request by which this host chooses another model or provider than the request names.</summary>
    public IReadOnlyList<string> RoutingFields { get; init; } = DefaultRoutingFields;

    /// <summary>What hosts that route are known to read; a vendor of its own models ignores or refuses them.</summary>
    public static IReadOnlyList<string> DefaultRoutingFields { get; } =
        ["models", "fallbacks", "route", "router", "provider", "providers", "plugins", "preset"];

    /// <summary>Who the gateway is there, in place of a key; null for a key or none.</summary>
    public IdentityConfig? Identity { get; init; }

    /// <summary>The proxy that leads there; null for none.</summary>
    public ProxyConfig? Proxy { get; init; }

    /// <summary>How TLS is spoken there; null for the machine's authorities and no certificate.</summary>
    public ClientTls? Tls { get; init; }

    /// <summary>AWS region for signing; null to derive it from the host.</summary>
    public string? Region { get; init; }
}
