using System.Net;
using System.Net.Sockets;
using System.Text;
using Busbar.Configuration.Binding.Keys;
using Busbar.Configuration.Binding.Sections;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Pools;
using Busbar.Configuration.Model.Providers;
using Busbar.Configuration.Yaml;

namespace Busbar.Configuration.Binding;

/// <summary>Turns the tree of a deployment file into the configuration, block by block, and checks how the blocks fit together.</summary>
internal sealed class Binder(IReadOnlyDictionary<string, YamlNode> catalog, PriceCatalog prices, ConfigReport report, IEnvironment environment)
{
    /// <summary>Reads the whole file. The result is complete only when the report holds no error.</summary>
    /// <param name="node">The root of the file.</param>
    /// <param name="file">Its name.</param>
    public GatewayConfig Bind(YamlNode node, string file)
    {
        Section root = new(node, "", ConfigKeys.Root, report, environment);
        AuthConfig auth = AuthBinder.Bind(root.Inner("auth", ConfigKeys.Auth), report, environment);
        Dictionary<string, ProviderConfig> providers = Providers(root, auth.Mode, file);
        GatewayConfig config = new()
        {
            Listeners = Listeners(root),
            ReusePort = root.Switch("reuse_port") ?? false,
            Tls = TlsBinder.Bind(root.Inner("tls", ConfigKeys.Tls), report, TimeProvider.System.GetUtcNow()),
            Cors = CorsBinder.Bind(root.Inner("cors", ConfigKeys.Cors), report),
            Auth = auth,
            Providers = providers,
            Models = Models(root, providers, file),
            Pools = Pools(root),
            Limits = LimitsBinder.Bind(root.Inner("limits", ConfigKeys.Limits)),
            Governance = GovernanceBinder.Bind(root.Inner("governance", ConfigKeys.Governance), auth, report, environment),
            Attribution = AttributionBinder.Bind(root.Inner("attribution", ConfigKeys.Attribution), report),
            Observability = ObservabilityBinder.Bind(root.Inner("observability", ConfigKeys.Observability), report, environment),
            ResponseHeaders = root.Choice("response_headers", ("none", ResponseHeaderMode.None), ("debug", ResponseHeaderMode.Debug))
                ?? ResponseHeaderMode.None,
            UserAgent = UserAgent(root),
            TrustedProxies = TrustedProxies(root),
            ControlSocket = ControlSocket(root),
        };

        List<string> providerNames = root.Node("providers") is YamlMap map ? [.. map.Entries.Select(entry => entry.Key.Value)] : [];
        foreach (ModelConfig model in config.Models.Values)
        {
            if (model.Provider.Length > 0 && !providerNames.Contains(model.Provider))
            {
                report.Error($"models.{model.Name}.provider",
                    $"the model '{model.Name}' names the provider '{model.Provider}', which is not under providers",
                Nearest.Remedy(model.Provider, providerNames));
            }
        }

        NameRules.CheckPools(config.Pools.Keys, [.. config.Models.Keys], providerNames, report);
        new PoolRules(config.Pools, config.Models, config.Providers, report).Check();
        Advice.Add(config, report);
        return config;
    }

    private List<string> Listeners(Section root)
    {
        List<string> listeners = [];
        IEnumerable<(string Path, YamlNode Node)> items = root.Node("listen") switch
        {
            null => [],
            YamlList => root.Items("listen"),
            YamlNode single => [("listen", single)],
        };
        foreach ((string path, YamlNode node) in items)
        {
            if (root.Text(node, path) is not { } listen)
            {
                continue;
            }

            if (!ListenAddress.TryParse(listen, out _))
            {
                report.Error(
                    path, "not an address to listen on",
                    "write host:port, such as 0.0.0.0:8080 or [::]:8080; the host is an IP address or localhost");
            }
            else if (listeners.Contains(listen))
            {
                report.Error(path, $"'{listen}' is listed twice");
            }

            listeners.Add(listen);
        }

        if (root.Node("listen") is YamlList && listeners.Count == 0)
        {
            report.Error("listen", "the list is empty", "name at least one host:port");
        }

        return listeners.Count > 0 ? listeners : ["0.0.0.0:8080"];
    }

    private Dictionary<string, ProviderConfig> Providers(Section root, AuthMode mode, string file)
    {
        ProviderBinder binder = new(catalog, mode, report, environment);
        Dictionary<string, ProviderConfig> providers = [];
        foreach ((string name, string path, YamlNode node) in Required(root, "providers", file))
        {
            NameRules.Check(name, path, "provider", report);
            if (binder.Bind(name, path, node) is { } provider)
            {
                providers.Add(name, provider);
            }
        }

        return providers;
    }

    private Dictionary<string, ModelConfig> Models(Section root, Dictionary<string, ProviderConfig> providers, string file)
    {
        Dictionary<string, ModelConfig> models = [];
        foreach ((string name, string path, YamlNode node) in Required(root, "models", file))
        {
            NameRules.Check(name, path, "model", report);
            ModelConfig model = ModelBinder.Bind(name, new Section(node, path, ConfigKeys.Model, report, environment), report, environment);
            ListedModel? listed = providers.TryGetValue(model.Provider, out ProviderConfig? provider)
                ? prices.Find(provider, model.UpstreamModel, catalog) : null;
            models.Add(name, model with { Listed = listed });
        }

        return models;
    }

    private Dictionary<string, PoolConfig> Pools(Section root)
    {
        PoolBinder binder = new(report, environment);
        Dictionary<string, PoolConfig> pools = [];
        foreach ((string name, string path, YamlNode node) in root.Named("pools"))
        {
            NameRules.Check(name, path, "pool", report);
            pools.Add(name, binder.Bind(name, new Section(node, path, ConfigKeys.Pool, report, environment)));
        }

        return pools;
    }

    private IReadOnlyList<(string Name, string Path, YamlNode Node)> Required(Section root, string key, string file)
    {
        if (!root.Has(key) || root.Node(key) is YamlMap { Entries.Count: 0 })
        {
            report.Error(key, new SourceLocation(file, 0, 0), $"at least one entry is required under '{key}'");
        }

        return root.Named(key);
    }

    private List<IPNetwork> TrustedProxies(Section root)
    {
        List<IPNetwork> networks = [];
        foreach ((string path, YamlNode node) in root.Items("trusted_proxies"))
        {
            if (root.Text(node, path) is not { } text)
            {
                continue;
            }

            if (IPAddress.TryParse(text, out IPAddress? single) && (text.Contains(':') || text.Count(character => character == '.') == 3))
            {
                networks.Add(new IPNetwork(single, single.AddressFamily == AddressFamily.InterNetwork ? 32 : 128));
            }
            else if (IPNetwork.TryParse(text, out IPNetwork network))
            {
                networks.Add(network);
            }
            else
            {
                report.Error(path, $"'{text}' is neither an IP address nor a network",
                    "write an address such as 10.0.0.7, or a network such as 10.0.0.0/8 or fd00::/8 whose bits after the prefix are 0");
            }
        }

        return networks;
    }

    // The end of a name that the socket has for a moment must fit into what the system takes for a path, 107 bytes.
    private string? ControlSocket(Section root)
    {
        const int MaxBytes = 96;
        string? path = root.Filled("control_socket");
        if (path is not null && !path.StartsWith('/'))
        {
            report.Error("control_socket", "not an absolute path", "write it from the root, such as /run/busbar/control.sock");
        }
        else if (path is not null && Encoding.UTF8.GetByteCount(path) > MaxBytes)
        {
            report.Error("control_socket", $"longer than the {MaxBytes} bytes that a socket's path may have",
                "choose a shorter one, such as /run/busbar/control.sock");
        }

        return path;
    }

    private string? UserAgent(Section root)
    {
        string? agent = root.Filled("user_agent");
        if (agent is not null && !HeaderText.IsValue(agent))
        {
            report.Error("user_agent", "not a legal header value");
        }

        return agent;
    }
}
