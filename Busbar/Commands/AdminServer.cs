using System.Net.Sockets;
using Busbar.Admin;
using Busbar.Configuration.Model;
using Busbar.Gateway;
using Busbar.Gateway.Server;
using Busbar.Governance.Budgets;
using Busbar.Observability.Metrics;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Busbar.Commands;

/// <summary>The admin API of a running gateway, on the port for clients or on one of its own.</summary>
internal static class AdminServer
{
    // Of the listener of its own, which clients of the other can't use up.
    private const int MaxConnections = 32;

    /// <summary>
    /// Opens the admin API to <paramref name="application"/>, and its own listener where the configuration names one; the result is that listener, or null.
    /// Throws <see cref="IOException"/> when it cannot listen, with a message for the operator.
    /// </summary>
    public static async Task<KestrelServer?> OpenAsync(
        GatewayApplication application, IGatewayControl control, Governor governor, IReadOnlyList<int> sockets, TimeProvider time, Metrics metrics, ILoggerFactory loggers, ILogger log)
    {
        var api = new AdminApi(governor, control, time, log, metrics.AdminRejections.Get());
        application.Admin = api;
        if (control.Config.Governance.AdminListen is not { } listen)
        {
            return null;
        }

        var targets = new ListenTargets([listen], sockets, control.Config.ReusePort);
        KestrelServer server = GatewayServer.Create(targets, control.Config.Limits, loggers, places: new ConnectionPlaces(MaxConnections));
        try
        {
            await server.StartAsync(new AdminApplication(api), CancellationToken.None).ConfigureAwait(false);
            return server;
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            server.Dispose();
            throw new IOException($"governance.admin_listen: cannot bind {targets.Description}: {exception.Message}", exception);
        }
    }
}
