using System.Net.Sockets;
using Busbar.Admin;
using Busbar.Configuration.Model;
using Busbar.Gateway;
using Busbar.Gateway.Server;
using Busbar.Governance.Budgets;
using Busbar.Observability.Metrics;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Busbar.Commands.Serve;

/// <summary>
/// The admin API of a running gateway: with governance on the port for clients or on one of its own, and in any case on the control socket, where
/// there is one.
/// </summary>
internal sealed partial class AdminServer : IDisposable
{
    // Of each listener, which clients of the other can't use up.
    private const int MaxConnections = 64;

    private readonly List<KestrelServer> _servers = [];
    private ControlSocket? _socket;

    private AdminServer()
    {
    }

    /// <summary>
    /// Opens the admin API to <paramref name="application"/>, and listeners of its own where the configuration or <paramref name="manager"/> name
    /// them. Throws <see cref="IOException"/> when it cannot listen, with a message for the operator; without a socket in the manager's directory it
    /// goes on.
    /// </summary>
    public static async Task<AdminServer> OpenAsync(
        GatewayApplication application, IGatewayControl control, Governor? governor, ServiceManager manager, TimeProvider time, Metrics metrics,
        ILoggerFactory loggers, ILogger log)
    {
        var server = new AdminServer();
        try
        {
            GatewayConfig config = control.Config;
            var api = new AdminApi(governor, control, time, log, metrics.AdminRejections.Get());
            application.Admin = governor is null ? null : api;
            if (governor is not null && config.Governance.AdminListen is { } listen)
            {
                var targets = new ListenTargets([listen], manager.AdminSockets, config.ReusePort);
                await server.StartAsync(targets, new AdminApplication(api, application.TryAsync), "governance.admin_listen", config, loggers)
                    .ConfigureAwait(false);
            }

            await server.OpenSocketAsync(api, application, config, manager, loggers, log).ConfigureAwait(false);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Takes no more calls, and lets those under way end.</summary>
    public async Task StopAsync()
    {
        foreach (KestrelServer server in _servers)
        {
            await server.StopAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (KestrelServer server in _servers)
        {
            server.Dispose();
        }

        _socket?.Dispose();
    }

    private async Task OpenSocketAsync(AdminApi api, GatewayApplication gateway, GatewayConfig config, ServiceManager manager, ILoggerFactory loggers,
        ILogger log)
    {
        string? path = config.ControlSocket ?? (manager.RuntimeDirectory is { } directory ? Path.Combine(directory, ControlSocket.FileName) : null);
        if (path is null)
        {
            return;
        }

        _socket = new ControlSocket(path, takesOver: config.ReusePort);
        try
        {
            var targets = new ListenTargets([], [], Control: _socket);
            await StartAsync(targets, new AdminApplication(api, gateway.TryAsync, isLocal: true), "control_socket", config, loggers)
                .ConfigureAwait(false);
            Opened(log, path);
        }
        catch (IOException exception) when (config.ControlSocket is null)
        {
            // Nobody asked for it: requests are served without.
            NotOpened(log, exception.Message);
        }
    }

    private async Task StartAsync(ListenTargets targets, AdminApplication application, string key, GatewayConfig config, ILoggerFactory loggers)
    {
        try
        {
            KestrelServer server = GatewayServer.Create(targets, config.Limits, loggers, places: new ConnectionPlaces(MaxConnections));
            _servers.Add(server);
            await server.StartAsync(application, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or SocketException or ArgumentException)
        {
            throw new IOException($"{key}: cannot bind {targets.Description}: {exception.Message}", exception);
        }
    }

    [LoggerMessage(67, LogLevel.Information, "administration of this machine at {Path}")]
    private static partial void Opened(ILogger logger, string path);

    [LoggerMessage(68, LogLevel.Warning, "{Reason}; 'busbar lanes' has no way to this process but the admin API")]
    private static partial void NotOpened(ILogger logger, string reason);
}
