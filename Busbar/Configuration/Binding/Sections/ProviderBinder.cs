using Busbar.Configuration.Binding.Keys;
using Busbar.Configuration.Guards;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;
using Busbar.Configuration.Yaml;
using Busbar.Ir;

namespace Busbar.Configuration.Binding.Sections;

/// <summary>Reads providers: what the deployment says, over what the catalog says.</summary>
internal sealed class ProviderBinder(IReadOnlyDictionary<string, YamlNode> catalog, AuthMode authMode, ConfigReport report, IEnvironment environment)
{
    // A quota of the account is a rate: it may be tried again later.
    private static readonly Dictionary<string, FaultClass> BedrockErrors = new()
    {
        ["ThrottlingException"] = FaultClass.RateLimit,
        ["ServiceQuotaExceededException"] = FaultClass.RateLimit,
    };

    /// <summary>Reads one provider; null after reporting why it cannot be resolved.</summary>
    public ProviderConfig? Bind(string name, string path, YamlNode node)
    {
        YamlNode? row = catalog.GetValueOrDefault(name);
        Section listed = new(row, path, ConfigKeys.CatalogProvider, report, environment);
        Section own = new(node, path, ConfigKeys.Provider, report, environment);
        if (row is null && !own.Has("platform") && !(own.Has("protocol") && own.Has("base_url")))
        {
            report.Error(
                path,
                $"the provider '{name}' is not in the catalog",
                Nearest.To(name, catalog.Keys) is { } near ? $"did you mean '{near}'? Otherwise give it a protocol and a base_url"
                    : "give it a protocol and a base_url");
            return null;
        }

        Section From(string key) => own.Has(key) ? own : listed;

        var platforms = new PlatformBinder(own, listed, report);
        PlatformSettings platform = platforms.Bind();
        bool allowPrivate = From("allow_private_network").Switch("allow_private_network") ?? false;
        ProtocolId? protocol = platforms.Protocol(platform.Platform, Protocol(From("protocol"), platform.Platform));
        string? suffix = From("path").Filled("path");
        bool isPlaced = platform.Platform == Platform.Vertex && !own.Has("base_url");
        string? address = isPlaced && platform.Address is null ? null
            : Address(From("base_url"), own.Has("base_url") ? null : platform.Address, suffix, allowPrivate, platform.Platform);
        string? version = From("anthropic_version").Filled("anthropic_version");
        string? region = From("region").Filled("region");
        if (version is not null && !HeaderText.IsValue(version))
        {
            report.Error(own.At("anthropic_version"), "not a legal header value");
        }

        if (region is not null && region.Any(letter => !char.IsAsciiLetterLower(letter) && !char.IsAsciiDigit(letter) && letter != '-'))
        {
            report.Error(own.At("region"), "not the name of a region", "write it as in us-east-1");
        }

        if (own.Node("api_key") is not null)
        {
            report.Conceal(own.At("api_key"));
            report.Warn(own.At("api_key"), "ignored: a key does not belong into this file",
                "put it into an environment variable and name that in api_key_env");
        }

        (IReadOnlyList<string> variables, string? file, IReadOnlyList<Secret> keys) =
            new KeySource(own, report, environment).Read(allowPrivate || own.Has("identity") || authMode == AuthMode.Passthrough);
        Dictionary<string, FaultClass> errors = platform.Platform == Platform.BedrockInvoke ? new(BedrockErrors) : [];
        Merge(listed, errors);
        Merge(own, errors);
        ProviderAuth auth = From("auth").Choice("auth", ("bearer", ProviderAuth.Bearer), ("api-key", ProviderAuth.ApiKey)) ?? ProviderAuth.Native;
        UpstreamHttp http = From("http_version").Choice("http_version", ("auto", UpstreamHttp.Auto), ("1.1", UpstreamHttp.Http11),
            ("2", UpstreamHttp.Http2)) ?? UpstreamHttp.Auto;
        ProxyConfig? proxy = ProxyBinder.Bind(own, address, allowPrivate, report, environment);
        IdentityConfig? identity = new IdentityBinder(own, report, environment).Bind(address, region, proxy);
        HealthConfig health = Health(From("health").Inner("health", ConfigKeys.Health));
        if (protocol is null || address is null)
        {
            return null;
        }

        if (http == UpstreamHttp.Http2 && address.StartsWith("http:", StringComparison.Ordinal))
        {
            report.Error(own.At("http_version"), "without TLS there is no HTTP/2", "use https:// in base_url, or leave http_version out");
        }

        return new ProviderConfig
        {
            Name = name,
            Protocol = protocol.Value,
            Platform = platform.Platform,
            Project = platform.Project,
            Location = platform.Location,
            ApiVersion = platform.ApiVersion,
            Deployments = platform.Deployments,
            BaseUrl = platform.Platform == Platform.Azure ? WithoutAzurePath(address) : address,
            Path = suffix,
            Auth = auth,
            ApiKeyEnv = variables,
            ApiKeyFile = file,
            ApiKeys = keys,
            ErrorMap = errors,
            Health = health,
            AllowPrivateNetwork = allowPrivate,
            Http = http,
            AnthropicVersion = version,
            Region = region,
            Proxy = proxy,
            Identity = identity,
            Tls = TlsBinder.BindClient(own.Inner("tls", ConfigKeys.ClientTls), address, report, TimeProvider.System.GetUtcNow()),
            Headers = ProviderHeaders.Bind(own, report),
            DenyBetas = From("deny_betas").Texts("deny_betas"),
            RoutingFields = From("routing_fields").Has("routing_fields") ? From("routing_fields").Texts("routing_fields")
                : ProviderConfig.DefaultRoutingFields,
        };
    }

    private ProtocolId? Protocol(Section source, Platform platform)
    {
        if (source.Text("protocol") is not { } text)
        {
            if (platform is Platform.Vertex or Platform.Azure)
            {
                report.Error(source.At("protocol"), $"'protocol' is required with platform: {PlatformBinder.WordOf(platform)}",
                    "it says which family of models is called");
                return null;
            }

            return ProtocolId.Anthropic;
        }

        if (ProtocolNames.TryParse(text, out ProtocolId id))
        {
            return id;
        }

        report.Error(source.At("protocol"), "unknown protocol", $"use one of: {string.Join(", ", ProtocolNames.All)}");
        return null;
    }

    // Addresses are often copied with the first part of the path.
    private static string WithoutAzurePath(string address)
    {
        foreach (string path in (string[])["/openai/v1", "/openai", "/anthropic/v1", "/anthropic"])
        {
            if (address.EndsWith(path, StringComparison.Ordinal))
            {
                return address[..^path.Length];
            }
        }

        return address;
    }

    private string? Address(Section source, string? known, string? suffix, bool allowPrivate, Platform platform)
    {
        string path = source.At("base_url");
        if ((known ?? source.Filled("base_url")) is not { } url)
        {
            if (!source.Has("base_url"))
            {
                report.Error(path, "'base_url' is required", platform == Platform.BedrockInvoke ? "or give it a region, as in region: us-east-1"
                    : null);
            }

            return null;
        }

        url = url.TrimEnd('/');
        string? reason = url.AsSpan().ContainsAny('?', '#') ? "it must end before any query or fragment" : EndpointGuard.Refusal(url, allowPrivate);
        if (url.Contains('@'))
        {
            report.Conceal(path);
        }

        if (reason is not null)
        {
            bool opens = !allowPrivate && EndpointGuard.Refusal(url, allowPrivate: true) is null;
            report.Error(path, $"the address is refused: {reason}", opens ? "a server of your own can be opened with allow_private_network: true"
                : null);
            return null;
        }

        if (suffix is not null && PathRefusal(url, suffix, allowPrivate) is { } wrong)
        {
            report.Error(source.At("path"), wrong);
            return null;
        }

        return url;
    }

    private static string? PathRefusal(string url, string suffix, bool allowPrivate) =>
        suffix[0] != '/' ? "must start with '/'"
        : suffix.Contains('#') ? "must not contain '#', because what follows would not be sent"
        : EndpointGuard.Refusal(url + suffix, allowPrivate) is { } reason ? $"the address with this path is refused: {reason}"
        : null;

    private void Merge(Section source, Dictionary<string, FaultClass> errors)
    {
        foreach ((string code, string path, YamlNode node) in source.Named("error_map"))
        {
            if (source.Text(node, path) is { } name && FaultClassNames.All.TryGetValue(name, out FaultClass fault))
            {
                errors[code] = fault;
            }
            else
            {
                report.Error(path, "not a class of error", $"use one of: {string.Join(", ", FaultClassNames.All.Keys)}");
            }
        }
    }

    private static HealthConfig Health(Section health)
    {
        HealthConfig defaults = new();
        return new HealthConfig
        {
            Mode = health.Choice("mode", ("none", HealthMode.None), ("dead", HealthMode.Dead), ("active", HealthMode.Active)) ?? HealthMode.None,
            IntervalSecs = Math.Max(1, health.Integer("interval_secs", defaults.IntervalSecs)),
            TimeoutSecs = Math.Max(1, health.Integer("timeout_secs", defaults.TimeoutSecs)),
        };
    }
}
