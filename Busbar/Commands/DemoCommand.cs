using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Busbar.Commands.Serve;
using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Demo;
using Busbar.Gateway.Routing;

namespace Busbar.Commands;

/// <summary><c>--demo</c>: serves providers that are simulated in this process, and says what to try. Needs no file, key or network.</summary>
internal static class DemoCommand
{
    private const int FirstPort = 8080;
    private const int LastPort = 8179;

    /// <summary>Serves until a signal ends it.</summary>
    /// <returns>0 after a clean stop, 1 when the start failed.</returns>
    public static async Task<int> RunAsync(IEnvironment environment, TextWriter output, TextWriter error)
    {
        if (FreePort() is not { } port)
        {
            error.WriteLine($"[error] demo: no port from {FirstPort} to {LastPort} is free on 127.0.0.1");
            return 1;
        }

        SimulatedProviders providers = await SimulatedProviders.StartAsync(TimeProvider.System).ConfigureAwait(false);
        await using var _ = providers.ConfigureAwait(false);
        ConfigResult loaded = DemoConfiguration.Load(port, providers, environment);
        GatewayConfig config = loaded.Config ?? throw new InvalidOperationException(string.Join('\n', loaded.Problems));
        return await ServeCommand.ServeAsync(config, () => loaded, new QuietEnvironment(environment), error, () => Welcome(port, providers, output))
            .ConfigureAwait(false);
    }

    /// <summary>The calls whose paths this version answers.</summary>
    public static IEnumerable<DemoCall> Calls(SimulatedProviders providers) =>
        DemoTour.Calls(providers.All).Where(call => Routes.Match(call.Method, call.Path.Split('?')[0])
            .Endpoint is not (GatewayEndpoint.None or GatewayEndpoint.WrongMethod));

    /// <summary>Says what there is and what to try.</summary>
    /// <param name="port">The port it listens on.</param>
    /// <param name="providers">The providers.</param>
    /// <param name="output">Takes the lines: comments and commands, so that a shell can be fed with all of them.</param>
    public static void Welcome(int port, SimulatedProviders providers, TextWriter output)
    {
        string origin = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        if (port != FirstPort)
        {
            output.WriteLine($"# PORT {FirstPort} IS TAKEN: the demo listens on {port} instead. Use the lines below, not those of the README.");
        }

        output.WriteLine($"# Busbar demo on {origin}, with providers simulated in this process. Token: {DemoConfiguration.Token}");
        output.WriteLine(
            $"# Pool: {DemoConfiguration.Pool}. Models: {string.Join(", ", providers.All.Select(provider => provider.Model))}. Ctrl-C ends it. Try:");
        foreach (DemoCall call in Calls(providers))
        {
            output.WriteLine();
            output.WriteLine($"# {call.Title}");
            output.WriteLine(call.CommandLine(origin));
        }

        output.WriteLine();
        output.Flush();
    }

    private static int? FreePort()
    {
        for (int port = FirstPort; port <= LastPort; port++)
        {
            using var probe = new TcpListener(IPAddress.Loopback, port);
            try
            {
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken, or not ours to take.
            }
        }

        return null;
    }
}
