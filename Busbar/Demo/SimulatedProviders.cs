using System.Net;
using Busbar.Ir;
using Busbar.Protocols;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Busbar.Demo;

/// <summary>
/// The simulated providers of this process: a steady one for each protocol that is built in, and two with bad habits, all on one loopback port.
/// </summary>
internal sealed class SimulatedProviders : IAsyncDisposable
{
    private readonly KestrelServer _server;

    private SimulatedProviders(KestrelServer server, IReadOnlyList<SimulatedProvider> all)
    {
        _server = server;
        All = all;
    }

    /// <summary>The providers, steady ones first.</summary>
    public IReadOnlyList<SimulatedProvider> All { get; }

    /// <summary>Scheme, address and port they share, without trailing slash; each is found below its name.</summary>
    public string Origin => _server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();

    /// <summary>Starts them on a free port.</summary>
    public static async Task<SimulatedProviders> StartAsync(TimeProvider time, CancellationToken cancellation = default)
    {
        List<SimulatedProvider> all =
        [
            .. ProtocolTable.All.ToArray().Select(protocol => new SimulatedProvider(protocol.Id.Name(), protocol.Id)),
            new("flaky", ProtocolId.OpenAI, refusesEvery: 3),
            new("breaking", ProtocolId.Anthropic, cutsEvery: 4),
        ];
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Listen(IPAddress.Loopback, 0);
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        var server = new KestrelServer(Options.Create(options), transport, NullLoggerFactory.Instance);
        try
        {
            await server.StartAsync(new SimulatedApplication(all, time), cancellation).ConfigureAwait(false);
        }
        catch
        {
            server.Dispose();
            throw;
        }

        return new SimulatedProviders(server, all);
    }

    /// <summary>Cuts what is running and closes the port.</summary>
    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        _server.Dispose();
    }
}
