using System.Net;
using System.Text;
using System.Text.Json;
using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Gateway;
using Busbar.Gateway.Server;
using Busbar.Observability;
using Busbar.Observability.Metrics;
using Busbar.Reliability;
using Busbar.Tests.Scenarios.Harness;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace Busbar.Tests.Observability;

/// <summary>The gateway in this process, so that the receiver of its request logs, which must be public, can be played.</summary>
public sealed class TelemetryTests : IAsyncLifetime
{
    private static readonly SpokenProtocol Speaks = SpokenProtocol.All[0];

    private readonly ScriptedUpstream _provider = ScriptedUpstream.Start();
    private readonly HttpClient _client = new();
    private readonly Busbar.Observability.Metrics.Metrics _metrics = new();
    private readonly FakeReceiver _receiver = new() { Hangs = true };
    private GatewayApplication _application = null!;
    private Telemetry _telemetry = null!;
    private KestrelServer _server = null!;

    public async Task InitializeAsync()
    {
        GatewayConfig config = ConfigLoader.LoadText(
            $$"""
            listen: 127.0.0.1:0
            auth: { mode: token, client_tokens: [token] }
            providers: { p: { protocol: {{Speaks.Name}}, base_url: "http://127.0.0.1:{{_provider.Port}}", allow_private_network: true, api_key_env: PATH } }
            models: { m: { provider: p, max_concurrent: 100 } }
            pools: { smart: { members: [ { target: m } ] } }
            observability: { request_log_webhook_url: "https://logs.example.com/hook" }
            """,
            "test",
            ProcessEnvironment.Instance).Config!;
        _telemetry = new Telemetry(_metrics, NullLogger.Instance, TimeProvider.System, _receiver);
        _telemetry.Apply(config.Observability);
        var snapshot = new GatewaySnapshot(config, Fleet.Create(config, TimeProvider.System), _metrics, TimeProvider.System);
        _application = new GatewayApplication(snapshot, _metrics, new RequestLog(NullLogger.Instance, TimeProvider.System),
            TimeProvider.System) { Telemetry = _telemetry };
        _server = GatewayServer.Create(new ListenTargets(["127.0.0.1:0"], []), config.Limits, NullLoggerFactory.Instance);
        await _server.StartAsync(_application, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _server.StopAsync(CancellationToken.None);
        _server.Dispose();
        await _telemetry.DisposeAsync();
        _application.Snapshot.CloseConnections();
        await _provider.DisposeAsync();
    }

    [Fact]
    [Trait("gotcha", "C253")]
    public async Task C253_a_receiver_that_hangs_delays_no_request()
    {
        _provider.Always = call => Speaks.ServeAsync(call);
        for (int request = 0; request < 100; request++)
        {
            Assert.Equal(HttpStatusCode.OK, await PostAsync("token", "smart"));
        }

        await Eventually.TrueAsync(() => _receiver.Pending == 1, "one delivery hangs");
        _receiver.LetGo(HttpStatusCode.OK);
        await Eventually.TrueAsync(() => _metrics.WebhookDelivered.Get().Value == 100, "all arrived");
    }

    [Fact]
    [Trait("gotcha", "C254")]
    public async Task C254_each_counted_request_is_told_of_once_and_no_other()
    {
        _receiver.LetGo(HttpStatusCode.OK);
        _provider.Next(call => Speaks.ServeAsync(call)).Next(call => call.AnswerAsync(500, "{}"))
            .Next(call => call.AnswerAsync(400, Speaks.Error("invalid_request_error", "no")));
        Assert.Equal(HttpStatusCode.OK, await PostAsync("token", "smart"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await PostAsync("token", "smart"));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync("token", "m"));
        Assert.Equal(HttpStatusCode.NotFound, await PostAsync("token", "made-up"));
        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync("wrong", "smart"));
        using (HttpResponseMessage local = await _client.GetAsync(Origin + "/livez"))
        {
            Assert.Equal(HttpStatusCode.OK, local.StatusCode);
        }

        await _telemetry.DisposeAsync();

        string[] lines = [.. _receiver.Bodies.SelectMany(body => JsonDocument.Parse(body).RootElement.EnumerateArray())
            .Select(line => $"{line.GetProperty("ingress_protocol")} {line.GetProperty("pool")} {line.GetProperty("outcome")}")
            .Order(StringComparer.Ordinal)];
        Assert.Equal(["openai m client_error", "openai smart exhausted", "openai smart ok", "openai unresolved client_error"], lines);
        Assert.All(_receiver.Requests, request => Assert.Equal("https://logs.example.com/hook", request.RequestUri!.AbsoluteUri));
    }

    [Fact]
    public void With_no_sinks_a_request_allocates_nothing_for_them()
    {
        var telemetry = new Telemetry(_metrics, NullLogger.Instance, TimeProvider.System);
        var exchange = new Exchange();

        Assert.Equal(0, Allocations.Least(() =>
        {
            for (int request = 0; request < 1000; request++)
            {
                exchange.Trace = RequestTrace.Begin(telemetry.Tracer, exchange);
                exchange.Trace?.End(exchange);
                telemetry.Webhook?.Post(RequestRecords.Of(exchange));
            }
        }));
    }

    private string Origin => _server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();

    private async Task<HttpStatusCode> PostAsync(string token, string model)
    {
        using HttpRequestMessage request = Scene.Message(
            Speaks, new StringContent(Speaks.Request(model, stream: false), Encoding.UTF8), message => Speaks.Authorize(message.Headers, token));
        request.RequestUri = new Uri(Origin + Speaks.Path);
        using HttpResponseMessage response = await _client.SendAsync(request);
        return response.StatusCode;
    }
}
