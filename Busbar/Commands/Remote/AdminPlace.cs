using System.Net;
using Busbar.Commands.Serve;
using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Gateway.Server;

namespace Busbar.Commands.Remote;

/// <summary>
/// Where the admin API is and what opens it: options, else variables, else the configuration of the gateway on this machine. Where that has no
/// governance, or cannot be read, it is the control socket, which needs no token. A token out of the configuration goes to the address that stands
/// there, or to another one of this machine, and nowhere else.
/// </summary>
/// <param name="Url">The address as it was given.</param>
/// <param name="Token">The token; null when there is none.</param>
/// <param name="Socket">Path of the control socket, to be taken instead of both; null for the address.</param>
/// <param name="Doubt">Why the socket was taken where the configuration does not name it; null where it does or where there is no configuration.</param>
internal sealed record AdminPlace(string Url, Secret? Token, string? Socket = null, string? Doubt = null)
{
    /// <summary>The address when nothing names one.</summary>
    public const string DefaultUrl = "http://127.0.0.1:8080";

    // Of the unit in deploy/.
    private const string UnitDirectory = "/run/busbar";

    /// <summary>Looks in all three; a configuration that cannot be read or has errors says nothing.</summary>
    public static AdminPlace Find(AdminArguments arguments, IEnvironment environment)
    {
        if (arguments.Last("--socket") is { } socket)
        {
            return new AdminPlace(DefaultUrl, null, socket);
        }

        string? url = arguments.Last("--url") ?? Filled(environment, AdminClient.UrlVariable);
        string? token = Filled(environment, AdminClient.TokenVariable);
        var sources = ConfigSources.Choose(arguments.Last("--config"), null, null, environment);
        ConfigResult? loaded = url is not null && token is not null ? null : ConfigLoader.Load(sources, environment);
        GatewayConfig? config = loaded?.Config;
        if (url is null && (config is { Governance.Enabled: false } || (config is null && token is null)))
        {
            return new AdminPlace(DefaultUrl, null, config?.ControlSocket
                ?? Path.Combine(ServiceManager.RuntimeDirectoryOf(environment) ?? UnitDirectory, ControlSocket.FileName),
                config is { ControlSocket: null } ? $"{sources.ConfigFile} has neither governance, which keys and groups need, nor a control_socket"
                : config is null && File.Exists(sources.ConfigFile) ? $"{sources.ConfigFile} cannot be used here: {loaded?.Errors.FirstOrDefault()}"
                : null);
        }

        bool isHere = url is null || (Uri.TryCreate(url, UriKind.Absolute, out Uri? address) && address.IsLoopback);
        return new AdminPlace(
            url ?? (config is null ? DefaultUrl : UrlOf(config)),
            token is not null ? new Secret(token) : isHere ? config?.Governance.AdminToken : null);
    }

    private static string UrlOf(GatewayConfig config) =>
        Reachable(config.Governance.AdminListen ?? config.Listen, config.Tls is not null && config.Governance.AdminListen is null) ?? DefaultUrl;

    /// <summary>The address at which a listener is called from its own machine; null where <paramref name="listen"/> is none.</summary>
    public static string? Reachable(string listen, bool isTls)
    {
        if (!ListenAddress.TryParse(listen, out IPEndPoint endpoint))
        {
            return null;
        }

        IPAddress host = endpoint.Address.Equals(IPAddress.Any) ? IPAddress.Loopback : endpoint.Address.Equals(IPAddress.IPv6Any)
            ? IPAddress.IPv6Loopback : endpoint.Address;
        return $"{(isTls ? "https" : "http")}://{new IPEndPoint(host, endpoint.Port)}";
    }

    private static string? Filled(IEnvironment environment, string name) => environment.Get(name) is { } value && !string.IsNullOrWhiteSpace(value)
        ? value : null;
}
