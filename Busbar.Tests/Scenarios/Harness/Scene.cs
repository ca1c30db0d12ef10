using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Busbar.Tests.Scenarios.Harness;

/// <summary>
/// A gateway in front of scripted providers, one lane each, in a pool called <c>smart</c> that prefers them in their order. On disposal it checks
/// what must hold after every scenario: everything given back, and no secret ever shown.
/// </summary>
internal sealed class Scene : IAsyncDisposable
{
    /// <summary>What clients present.</summary>
    public const string Token = "canary-client-token-1f0c";

    /// <summary>The pool.</summary>
    public const string Pool = "smart";

    private static readonly string[] OwnWords = ["busbar", "lane", "pool", "breaker", "upstream", "gateway", "router"];

    // Who leaves an answer leaves at once, and does not read on for the sake of the connection.
    private readonly SocketsHttpHandler _handler = new() { UseCookies = false, UseProxy = false, MaxResponseDrainSize = 0 };
    private readonly List<string> _shown = [];
    private bool _disposed;

    private Scene(GatewayProcess gateway, ScriptedUpstream[] upstreams, SpokenProtocol[] providers, int port)
    {
        Gateway = gateway;
        Upstreams = upstreams;
        Providers = providers;
        Client = new HttpClient(_handler) { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = Eventually.Bound };
        Port = port;
    }

    /// <summary>The program.</summary>
    public GatewayProcess Gateway { get; }

    /// <summary>The providers.</summary>
    public ScriptedUpstream[] Upstreams { get; }

    /// <summary>What each provider speaks.</summary>
    public SpokenProtocol[] Providers { get; }

    /// <summary>A client of the gateway.</summary>
    public HttpClient Client { get; }

    /// <summary>The gateway's port.</summary>
    public int Port { get; }

    /// <summary>Whether disposal waits for everything to be given back; off for gateways that were stopped.</summary>
    public bool Settles { get; set; } = true;

    /// <summary>Writes another deployment for the same providers and has it loaded.</summary>
    public void Reload(SceneConfig config)
    {
        File.WriteAllText(Gateway.ConfigFile, config.Text(Port, Upstreams));
        Gateway.Signal(PosixSignal.SIGHUP);
    }

    /// <summary>The admin token, where there are virtual keys.</summary>
    public string? Operator { get; private init; }

    /// <summary>The only provider, or the first.</summary>
    public ScriptedUpstream Upstream => Upstreams[0];

    /// <summary>The key that belongs to a lane.</summary>
    public static string KeyOf(int lane) => $"sk-ant-api-canary-provider-key-{lane}";

    /// <summary>Starts a gateway.</summary>
    public static Task<Scene> StartAsync(SceneConfig config)
    {
        ScriptedUpstream[] upstreams = [.. config.Lanes.Select(
            (provider, lane) => config.Refusing == lane ? ScriptedUpstream.Refusing()
            : ScriptedUpstream.Start(provider is SpokenBare ? "text/event-stream" : provider.StreamContentType, config.IsTls))];
        foreach (ScriptedUpstream upstream in upstreams)
        {
            upstream.Always = config.Always;
        }

        var environment = config.Lanes.Select((_, lane) => lane).ToDictionary(lane => $"KEY_{lane}", KeyOf);
        foreach ((string name, string value) in config.Environment)
        {
            environment[name] = value;
        }

        return StartAsync(upstreams, config.Lanes, port => config.Text(port, upstreams), environment, config.OpenFiles);
    }

    /// <summary>Starts a gateway with a deployment of another form.</summary>
    public static async Task<Scene> StartAsync(ScriptedUpstream[] upstreams, SpokenProtocol[] providers, Func<int, string> config, Dictionary<string,
        string> environment, int? openFiles = null)
    {
        int port = GatewayProcess.FreePort();
        string text = config(port);
        GatewayProcess gateway = GatewayProcess.Run([], text, environment, openFiles);
        Match admin = Regex.Match(text, @"enabled: true.*?admin_token: ([\w-]+)");
        var scene = new Scene(gateway, upstreams, providers, port) { Operator = admin.Success ? admin.Groups[1].Value : null };
        try
        {
            await Eventually.HoldsAsync(async () =>
            {
                Assert.False(gateway.HasExited, gateway.StandardError);
                try
                {
                    using HttpResponseMessage response = await scene.Client.GetAsync("/livez");
                    return response.IsSuccessStatusCode ? null : $"/livez says {response.StatusCode}";
                }
                catch (HttpRequestException exception)
                {
                    return exception.Message;
                }
            });
            return scene;
        }
        catch
        {
            await gateway.DisposeAsync();
            throw;
        }
    }

    /// <summary>One lane that speaks like its client.</summary>
    public static Task<Scene> StartAsync(SpokenProtocol provider) => StartAsync(new SceneConfig(provider));

    /// <summary>Sends a chat request and reads the answer to its end.</summary>
    public async Task<Reply> PostAsync(SpokenProtocol client, bool stream = false, string model = Pool, Action<HttpRequestMessage>? change = null) =>
        await ReadAsync(await OpenAsync(client, stream, model, change));

    /// <summary>Sends a chat request with this body and reads the answer to its end.</summary>
    public async Task<Reply> PostAsync(SpokenProtocol client, string body, Action<HttpRequestMessage>? change = null) =>
        await ReadAsync(await Client.SendAsync(Message(client, new ByteArrayContent(Encoding.UTF8.GetBytes(body)), change)));

    /// <summary>Sends a chat request and returns at the answer's headers.</summary>
    public Task<HttpResponseMessage> OpenAsync(SpokenProtocol client, bool stream, string model = Pool, Action<HttpRequestMessage>? change = null,
        CancellationToken cancellation = default) =>
        Client.SendAsync(Message(client, new StringContent(client.Request(model, stream)), change, model, stream),
            HttpCompletionOption.ResponseHeadersRead, cancellation);

    /// <summary>A chat request.</summary>
    public static HttpRequestMessage Message(SpokenProtocol client, HttpContent content, Action<HttpRequestMessage>? change = null, string model =
        Pool,
        bool stream = false)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, client.PathOf(model, stream)) { Content = content };
        message.Content.Headers.ContentType = new("application/json");
        if (change is null)
        {
            client.Authorize(message.Headers, Token);
        }

        change?.Invoke(message);
        return message;
    }

    /// <summary>Sends anything, with the gateway's token as Bearer, and reads the answer to its end.</summary>
    public async Task<Reply> SendAsync(HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var message = new HttpRequestMessage(method, path);
        message.Headers.TryAddWithoutValidation("Authorization", "Bearer " + Token);
        foreach ((string name, string value) in headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        if (body is not null)
        {
            message.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        return await ReadAsync(await Client.SendAsync(message));
    }

    /// <summary>Asks for a page of the gateway's own.</summary>
    public async Task<Reply> GetAsync(string path, string? token = Token, HttpMethod? method = null)
    {
        using var message = new HttpRequestMessage(method ?? HttpMethod.Get, path);
        if (token == Token && path is "/metrics" or "/stats")
        {
            // Figures are for operators: where there are virtual keys, the token is one of them.
            token = Operator ?? token;
        }

        if (token is not null)
        {
            message.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        }

        return await ReadAsync(await Client.SendAsync(message));
    }

    /// <summary>Reads an answer to its end and remembers it for the search for secrets.</summary>
    public async Task<Reply> ReadAsync(HttpResponseMessage response)
    {
        Reply reply = await Reply.ReadAsync(response);
        lock (_shown)
        {
            _shown.Add(string.Join('\n', reply.Headers) + "\n" + reply.Text);
        }

        return reply;
    }

    /// <summary>The figures.</summary>
    public async Task<MetricsPage> MetricsAsync() => new((await GetAsync("/metrics")).Text);

    /// <summary>One lane.</summary>
    public async Task<LaneReading> LaneAsync(int lane = 0) => (await LanesAsync())[lane];

    /// <summary>All lanes.</summary>
    public async Task<LaneReading[]> LanesAsync() =>
        [.. (await GetAsync("/stats")).Json.GetProperty("lanes").EnumerateArray().Select(lane => new LaneReading(lane))];

    /// <summary>Waits until a request has been counted, and checks that it was counted once and as <paramref name="outcome"/>.</summary>
    public async Task CountedAsync(string outcome, int requests = 1)
    {
        MetricsPage page = null!;
        await Eventually.HoldsAsync(async () =>
        {
            page = await MetricsAsync();
            return page.Sum("busbar_requests_total") >= requests ? null : "not yet counted";
        });
        Assert.Equal(requests, page.Sum("busbar_requests_total"));
        Assert.Equal(requests, page.Sum("busbar_requests_total", "outcome", outcome));
    }

    /// <summary>Waits until requests have been counted, so many of each outcome and no others.</summary>
    public Task CountedOfAsync(params (string Outcome, int Requests)[] expected) => Eventually.HoldsAsync(async () =>
    {
        MetricsPage page = await MetricsAsync();
        return expected.All(each => page.Sum("busbar_requests_total", "outcome", each.Outcome) == each.Requests)
            && page.Sum("busbar_requests_total") == expected.Sum(each => each.Requests)
                ? null
                : $"counted otherwise: {string.Join(", ", expected.Select(each => $"{each.Outcome} {page.Sum("busbar_requests_total", "outcome", each.Outcome)}"))}";
    });

    /// <summary>Checks whom failures were charged to.</summary>
    public async Task ChargedAsync(int lane, int ok = 0, int err = 0, int clientFault = 0, bool dead = false)
    {
        (long, long, long, bool) expected = (ok, err, clientFault, dead);
        await Eventually.HoldsAsync(async () =>
        {
            LaneReading now = await LaneAsync(lane);
            var actual = (now.Ok, now.Err, now.ClientFault, now.Dead);
            return actual == expected ? null : $"lane {lane} (ok, err, client_fault, dead) is {actual}, not {expected}";
        });
    }

    /// <summary>Checks that words towards clients are the vendor's.</summary>
    public static void SpeaksLikeTheVendor(Reply reply)
    {
        foreach (string word in OwnWords)
        {
            Assert.DoesNotContain(word, reply.Text, StringComparison.OrdinalIgnoreCase);
        }
    }

    /// <summary>Waits until permits, probes, buffers and calls are back where they were before the first request.</summary>
    public Task SettledAsync() => Eventually.HoldsAsync(async () =>
    {
        foreach (LaneReading lane in await LanesAsync())
        {
            if (lane.Inflight != 0)
            {
                return $"lane {lane.Model} has {lane.Inflight} calls in flight";
            }

            if (lane.States.Contains("half_open"))
            {
                return $"lane {lane.Model} has a probe out";
            }
        }

        MetricsPage page = await MetricsAsync();
        return page["busbar_memory_held_bytes"] != 0 ? $"{page["busbar_memory_held_bytes"]} bytes of memory are held"
            : page["busbar_pooled_buffers"] != 0 ? $"{page["busbar_pooled_buffers"]} buffers are out"
            : page.Sum("busbar_pool_queued") != 0 ? "requests are queued"
            : Upstreams.Any(upstream => upstream.InProgress != 0) ? "a provider still has a request in progress"
            : null;
    });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        try
        {
            if (Settles)
            {
                await SettledAsync();
            }

            HasNoSecret(Gateway.StandardError, "standard error");
            string log = Gateway.StandardError;
            int bug = log.IndexOf("failed on a bug", StringComparison.Ordinal);
            Assert.True(bug < 0, bug < 0 ? null : log[Math.Max(0, bug - 200)..Math.Min(log.Length, bug + 2000)]);
            _shown.ForEach(text => HasNoSecret(text, "an answer"));
        }
        finally
        {
            Client.Dispose();
            await Gateway.DisposeAsync();
            foreach (ScriptedUpstream upstream in Upstreams)
            {
                await upstream.DisposeAsync();
            }
        }
    }

    // Everything secret, the words of prompts and answers in logs included, has this word in it.
    private static void HasNoSecret(string text, string where)
    {
        int at = text.IndexOf("canary", StringComparison.Ordinal);
        Assert.True(at < 0, at < 0 ? null : $"{where} shows a secret: {text[Math.Max(0, at - 80)..Math.Min(text.Length, at + 60)]}");
    }
}
