using System.Net;
using System.Text;
using Busbar.Configuration.Model;
using Busbar.Gateway;
using Busbar.Gateway.Server;
using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Busbar.Observability.Metrics;
using Busbar.Reliability;
using Busbar.Tests.Configuration;
using Busbar.Tests.Governance;
using Busbar.Tests.Scenarios.Harness;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Gateway;

/// <summary>
/// The gateway with governance on, in this process, in front of scripted providers: lanes <c>m0</c>, <c>m1</c>, … in a pool <c>smart</c>, time at
/// will. On disposal nothing may be held any more.
/// </summary>
internal sealed class GovernedGateway : IAsyncDisposable
{
    public const string AdminToken = "canary-admin-token";
    public const string Pool = "smart";

    // Twenty seconds into a minute, noon of a day.
    public static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 20, TimeSpan.Zero);

    private readonly SocketsHttpHandler _handler = new() { UseCookies = false, UseProxy = false };
    private readonly KestrelServer _server;

    private GovernedGateway(GatewayApplication application, KestrelServer server, Governor governor, MemoryStore store, ScriptedUpstream[] upstreams,
        FakeTimeProvider time, Metrics metrics)
    {
        Application = application;
        _server = server;
        Governor = governor;
        Store = store;
        Upstreams = upstreams;
        Time = time;
        Metrics = metrics;
        Client = new HttpClient(_handler) { BaseAddress = new Uri(server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First()),
            Timeout = Eventually.Bound };
    }

    public GatewayApplication Application { get; }

    public Governor Governor { get; }

    public MemoryStore Store { get; }

    public ScriptedUpstream[] Upstreams { get; }

    public ScriptedUpstream Upstream => Upstreams[0];

    public FakeTimeProvider Time { get; }

    public Metrics Metrics { get; }

    public HttpClient Client { get; }

    /// <summary>A key with this secret and no limits.</summary>
    public static VirtualKey Key(string secret)
    {
        KeyDigest digest = KeyDigest.Of(secret);
        return new VirtualKey { Id = digest.ToKeyId(), Digest = digest, Name = secret };
    }

    public static Task<GovernedGateway> StartAsync(params VirtualKey[] keys) => StartAsync(new GovernedConfig(), keys);

    public static async Task<GovernedGateway> StartAsync(GovernedConfig shape, params VirtualKey[] keys)
    {
        ScriptedUpstream[] upstreams = [.. shape.Lanes.Select(
            spoken => spoken is SpokenBare ? ScriptedUpstream.Start() : ScriptedUpstream.Start(spoken.StreamContentType))];
        for (int lane = 0; lane < upstreams.Length; lane++)
        {
            SpokenProtocol spoken = shape.Lanes[lane];
            upstreams[lane].Always = spoken is SpokenBare ? null : call => spoken.ServeAsync(call);
        }

        GatewayConfig config = ConfigText.Valid(shape.Text(upstreams),
            new FakeEnvironment(("KEY", "sk-ant-api-canary-provider-key"), ("MASTER", new string('7', 64))));
        var time = new FakeTimeProvider(Start);
        var store = new MemoryStore(keys);
        Governor governor = Governor.Open(config.Governance, store, time, NullLogger.Instance);
        var metrics = new Metrics();
        var snapshot = new GatewaySnapshot(config, Fleet.Create(config, time), metrics, time, governor);
        var application = new GatewayApplication(snapshot, metrics, new RequestLog(NullLogger.Instance, time), time);
        KestrelServer server = GatewayServer.Create(new ListenTargets(["127.0.0.1:0"], []), config.Limits, NullLoggerFactory.Instance);
        await server.StartAsync(application, CancellationToken.None);
        return new GovernedGateway(application, server, governor, store, upstreams, time, metrics);
    }

    /// <summary>Sends a chat request of <paramref name="spoken"/> and reads the answer to its end.</summary>
    public Task<Reply> PostAsync(SpokenProtocol spoken, string secret, string model = Pool, bool stream = false) =>
        PostAsync(spoken.Path, secret, spoken.Request(model, stream, "hello"));

    /// <summary>Sends anything and reads the answer to its end.</summary>
    public async Task<Reply> PostAsync(string path, string secret, string body) => await Reply.ReadAsync(await OpenAsync(path, secret, body));

    /// <summary>Sends anything and returns at the answer's headers.</summary>
    public Task<HttpResponseMessage> OpenAsync(string path, string secret, string body, CancellationToken cancellation = default)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        message.Headers.TryAddWithoutValidation("Authorization", "Bearer " + secret);
        return Client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    /// <summary>Asks for a page.</summary>
    public async Task<Reply> GetAsync(string path, string secret, string header = "Authorization", string scheme = "Bearer ")
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, path);
        message.Headers.TryAddWithoutValidation(header, scheme + secret);
        return await Reply.ReadAsync(await Client.SendAsync(message));
    }

    /// <summary>What a key has used up once nothing is under way.</summary>
    public async Task<WindowUsage> UsageOf(string secret)
    {
        await SettledAsync();
        VirtualKey key = Governor.Keys.Find(Key(secret).Id)!.Key;
        return Governor.Keys.Find(key.Id)!.Account.Read(key, Time.GetUtcNow().ToUnixTimeSeconds());
    }

    /// <summary>What the ledger has for a key, all days and models.</summary>
    public async Task<IReadOnlyList<DailyUsage>> LedgerOf(string secret)
    {
        await SettledAsync();
        Assert.True(await Governor.Ledger.FlushAsync());
        return Store.ReadUsage(Key(secret).Id, 0, long.MaxValue, int.MaxValue);
    }

    /// <summary>The figures.</summary>
    public MetricsPage Page() => new(Metrics.Render(Application.Snapshot.Fleet, ProcessGauges.Read()));

    /// <summary>The figures once so many requests have been counted, which happens after their clients have the answers.</summary>
    public async Task<MetricsPage> CountedAsync(int requests)
    {
        await Eventually.TrueAsync(() => Page().Sum("busbar_requests_total") >= requests, $"{requests} requests counted");
        return Page();
    }

    public Task SettledAsync() => Eventually.TrueAsync(() => Governor.OpenReservations == 0 && Governor.HeldNanos == 0, "settled");

    public async ValueTask DisposeAsync()
    {
        await SettledAsync();
        Client.Dispose();
        await _server.StopAsync(CancellationToken.None);
        _server.Dispose();
        await Governor.DisposeAsync();
        Application.Snapshot.CloseConnections();
        foreach (ScriptedUpstream upstream in Upstreams)
        {
            await upstream.DisposeAsync();
        }
    }
}
