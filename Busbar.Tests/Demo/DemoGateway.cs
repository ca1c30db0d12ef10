using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Demo;
using Busbar.Gateway;
using Busbar.Gateway.Server;
using Busbar.Observability.Metrics;
using Busbar.Reliability;
using Busbar.Tests.Configuration;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace Busbar.Tests.Demo;

/// <summary>The demo in this process: a simulated provider of every protocol, the demo's own configuration, and the gateway before them.</summary>
internal sealed class DemoGateway : IAsyncDisposable
{
    private readonly HttpClient _client = new();
    private readonly GatewayApplication _application;
    private readonly KestrelServer _server;

    private DemoGateway(SimulatedProviders providers, GatewayApplication application, KestrelServer server)
    {
        Providers = providers;
        _application = application;
        _server = server;
    }

    /// <summary>The providers.</summary>
    public SimulatedProviders Providers { get; }

    /// <summary>Those of them that always answer.</summary>
    public IEnumerable<SimulatedProvider> Steady => Providers.All.Where(provider => provider is { IsFlaky: false, IsBreaking: false });

    /// <summary>A client of the gateway.</summary>
    public HttpClient Client => _client;

    /// <summary>Scheme, address and port of the gateway.</summary>
    public string Origin => _server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();

    public static async Task<DemoGateway> StartAsync()
    {
        SimulatedProviders providers = await SimulatedProviders.StartAsync(new InstantTime());
        ConfigResult loaded = DemoConfiguration.Load(0, providers, new FakeEnvironment());

        // The one thing to warn of, that the pool mixes protocols, is what the demo is for.
        Assert.Equal(["pools.demo"], loaded.Problems.Select(problem => problem.Path));
        Assert.Empty(loaded.Errors);
        GatewayConfig config = loaded.Config!;
        var metrics = new Metrics();
        var snapshot = new GatewaySnapshot(config, Fleet.Create(config, TimeProvider.System), metrics, TimeProvider.System);
        var application = new GatewayApplication(snapshot, metrics, new RequestLog(NullLogger.Instance, TimeProvider.System), TimeProvider.System);
        KestrelServer server = GatewayServer.Create(new ListenTargets(config.Listeners, []), config.Limits, NullLoggerFactory.Instance);
        await server.StartAsync(application, CancellationToken.None);
        return new DemoGateway(providers, application, server);
    }

    /// <summary>The body of the answer to <paramref name="question"/>, which must be a good one.</summary>
    public async Task<byte[]> AskAsync(Question question)
    {
        using HttpRequestMessage request = question.To(Origin);
        using HttpResponseMessage response = await _client.SendAsync(request);
        byte[] body = await response.Content.ReadAsByteArrayAsync();
        Assert.True(response.StatusCode == System.Net.HttpStatusCode.OK, System.Text.Encoding.UTF8.GetString(body));
        return body;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.StopAsync(CancellationToken.None);
        _server.Dispose();
        _application.Snapshot.CloseConnections();
        await Providers.DisposeAsync();
    }
}
