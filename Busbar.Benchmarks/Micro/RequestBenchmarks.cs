using System.Net;
using System.Net.Sockets;
using System.Text;
using BareProxy;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;
using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Gateway;
using Busbar.Gateway.Attempts;
using Busbar.Gateway.Relay;
using Busbar.Gateway.Server;
using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Busbar.Observability.Metrics;
using Busbar.Reliability;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Busbar.Benchmarks.Micro;

/// <summary>
/// What one 1 KB chat request allocates on its way through the process: a bare proxy on the same server and HTTP client, the same protocol, and
/// translated; and with a virtual key that has a budget and all limits. The difference to the bare proxy is the gateway's own. Client and provider
/// allocate nothing per request.
/// </summary>
[MemoryDiagnoser]
[SimpleJob(RunStrategy.Monitoring, invocationCount: 2000, iterationCount: 8, warmupCount: 3)]
public class RequestBenchmarks
{
    private const string Answer = """
        {"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hello there, how are you today?"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21}}
        """;

    private const string Stream =
        "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":" +
            "{\"role\":\"assistant\",\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}\n\n"
        + "data: [DONE]\n\n";

    private readonly List<IDisposable> _servers = [];
    private readonly string _directory = Directory.CreateTempSubdirectory("busbar-bench-").FullName;
    private Governor _governor = null!;
    private Connection _governed = null!;
    private Governor _groups = null!;
    private Connection _grouped = null!;
    private Connection _bare = null!;
    private Connection _same = null!;
    private Connection _translated = null!;
    private Connection _streamed = null!;
    private Connection _silent = null!;

    /// <summary>Starts provider, bare proxy and gateway.</summary>
    [GlobalSetup]
    public void Start()
    {
        int upstream = StartProvider();
        int bare = FreePort();
        var server = new KestrelServer(
            Options.Create(Listening(bare)),
            new SocketTransportFactory(Options.Create(new SocketTransportOptions { UnsafePreferInlineScheduling = true }),
                NullLoggerFactory.Instance),
            NullLoggerFactory.Instance);
        _servers.Add(server);
        server.StartAsync(new Forwarder($"http://127.0.0.1:{upstream}"), CancellationToken.None).GetAwaiter().GetResult();

        int port = StartGateway(upstream, "auth: { mode: token, client_tokens: [tok] }", null);
        SqliteStore store = SqliteStore.Open(Path.Combine(_directory, "governance.db"), TimeProvider.System);
        var digest = KeyDigest.Of("tok");
        store.Insert(new VirtualKey
        {
            Id = digest.ToKeyId(), Digest = digest, Name = "bench", MaxBudgetCents = 1_000_000_000, RpmLimit = uint.MaxValue, TpmLimit =
                uint.MaxValue, MaxConcurrent = 100,
        });
        _governor = Governor.Open(new GovernanceConfig(), store, TimeProvider.System, NullLogger.Instance);
        int governed = StartGateway(upstream, $"governance: {{ enabled: true, admin_token: {new string('a', 40)}, price_per_1k_tokens_cents: 1 }}",
            _governor);

        int grouped = StartGateway(upstream, $"governance: {{ enabled: true, admin_token: {new string('a', 40)}, price_per_1k_tokens_cents: 1 }}",
            _groups = OpenGroups(digest));

        string filler = new('x', 900);
        _bare = new Connection(bare, "/v1/chat/completions", $$"""{"model":"p","messages":[{"role":"user","content":"{{filler}}"}]}""");
        _same = new Connection(port, "/v1/chat/completions", $$"""{"model":"p","messages":[{"role":"user","content":"{{filler}}"}]}""");
        _governed = new Connection(governed, "/v1/chat/completions", $$"""{"model":"p","messages":[{"role":"user","content":"{{filler}}"}]}""");
        _grouped = new Connection(grouped, "/v1/chat/completions", $$"""{"model":"p","messages":[{"role":"user","content":"{{filler}}"}]}""");
        string streamed = $$"""{"model":"p","stream":true,"messages":[{"role":"user","content":"{{filler}}"}]}""";
        _streamed = new Connection(port, "/v1/chat/completions", streamed, isStream: true);
        _silent = new Connection(StartGateway(upstream, "auth: { mode: token, client_tokens: [tok] }\nlimits: { stream_keepalive_secs: 0 }", null),
            "/v1/chat/completions", streamed, isStream: true);
        _translated =
            new Connection(port, "/v1/messages", $$"""{"model":"p","max_tokens":100,"messages":[{"role":"user","content":"{{filler}}"}]}""");
    }

    /// <summary>Stops everything.</summary>
    [GlobalCleanup]
    public void Stop()
    {
        foreach (IDisposable server in _servers)
        {
            server.Dispose();
        }

        _governor.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _groups.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Kestrel and the HTTP handler alone.</summary>
    [Benchmark(Baseline = true)]
    public int BareProxy() => _bare.Call();

    /// <summary>OpenAI client, OpenAI provider.</summary>
    [Benchmark]
    public int SameProtocol() => _same.Call();

    /// <summary>The same, with a virtual key in place of a token.</summary>
    [Benchmark]
    public int Governed() => _governed.Call();

    /// <summary>The same, with the key below four groups that have all limits.</summary>
    [Benchmark]
    public int Grouped() => _grouped.Call();

    /// <summary>Anthropic client, OpenAI provider.</summary>
    [Benchmark]
    public int Translated() => _translated.Call();

    /// <summary>A short stream.</summary>
    [Benchmark]
    public int Streamed() => _streamed.Call();

    /// <summary>The same without keep-alives: what their timers cost is the difference.</summary>
    [Benchmark]
    public int StreamedWithoutKeepAlive() => _silent.Call();

    private Governor OpenGroups(KeyDigest digest)
    {
        SqliteStore store = SqliteStore.Open(Path.Combine(_directory, "groups.db"), TimeProvider.System);
        string? above = null;
        foreach (string id in (string[])["grp_org", "grp_unit", "grp_team", "grp_project"])
        {
            store.InsertGroup(new Group
            {
                Id = id,
                Name = id,
                ParentId = above,
                Limits =
                [
                    new Limit { Kind = LimitKind.Budget, Period = LimitPeriod.Month, Max = 1_000_000_000_000 },
                    new Limit { Kind = LimitKind.Requests, Period = LimitPeriod.Minute, Max = long.MaxValue },
                    new Limit { Kind = LimitKind.Tokens, Period = LimitPeriod.Minute, Max = long.MaxValue },
                    new Limit { Kind = LimitKind.Concurrency, Max = long.MaxValue },
                ],
            });
            above = id;
        }

        store.Insert(new VirtualKey
        {
            Id = digest.ToKeyId(), Digest = digest, Name = "bench", GroupId = above, MaxBudgetCents = 1_000_000_000, RpmLimit = uint.MaxValue,
            TpmLimit = uint.MaxValue, MaxConcurrent = 100,
        });
        return Governor.Open(new GovernanceConfig(), store, TimeProvider.System, NullLogger.Instance);
    }

    private int StartGateway(int upstream, string callers, Governor? governor)
    {
        int port = FreePort();
        string text = $$"""
            listen: 127.0.0.1:{{port}}
            {{callers}}
            providers:
              a: { protocol: openai, base_url: "http://127.0.0.1:{{upstream}}", allow_private_network: true, api_key_env: PATH }
            models:
              m1: { provider: a, max_concurrent: 100 }
              m2: { provider: a, max_concurrent: 100 }
            pools:
              p: { members: [ { target: m1 }, { target: m2 } ] }
            """;
        GatewayConfig config = ConfigLoader.LoadText(text, "benchmark", ProcessEnvironment.Instance).Config!;
        var metrics = new Metrics { Governance = governor };
        var snapshot = new GatewaySnapshot(config, Fleet.Create(config, TimeProvider.System), metrics, TimeProvider.System, governor);
        var application = new GatewayApplication(snapshot, metrics, new RequestLog(NullLogger.Instance, TimeProvider.System), TimeProvider.System);
        KestrelServer gateway = GatewayServer.Create(new ListenTargets([$"127.0.0.1:{port}"], []), config.Limits, NullLoggerFactory.Instance);
        _servers.Add(gateway);
        gateway.StartAsync(application, CancellationToken.None).GetAwaiter().GetResult();
        return port;
    }

    private static KestrelServerOptions Listening(int port)
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
        return options;
    }

    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    // One blocking thread a connection, fixed buffers: nothing on the managed heap per request.
    private int StartProvider()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _servers.Add(listener);
        byte[] stream =
            Encoding.ASCII.GetBytes(
            $"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nx-request-id: req_1\r\nContent-Length: {Stream.Length}\r\n\r\n{Stream}");
        byte[] answer =
            Encoding.ASCII.GetBytes(
            $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-request-id: req_1\r\nContent-Length: {Answer.Length}\r\n\r\n{Answer}");
        new Thread(() =>
        {
            try
            {
                while (true)
                {
                    Socket connection = listener.Accept();
                    new Thread(() => Serve(connection, answer, stream)) { IsBackground = true }.Start();
                }
            }
            catch (SocketException)
            {
                // The listener was closed: the run is over.
            }
        })
        { IsBackground = true }.Start();
        return ((IPEndPoint)listener.LocalEndPoint!).Port;
    }

    private static void Serve(Socket connection, byte[] answer, byte[] stream)
    {
        byte[] buffer = new byte[16 * 1024];
        int filled = 0;
        while (true)
        {
            int count = connection.Receive(buffer.AsSpan(filled));
            if (count == 0)
            {
                return;
            }

            filled += count;
            ReadOnlySpan<byte> got = buffer.AsSpan(0, filled);
            if (got.IndexOf("\r\n\r\n"u8) is > 0 and var head && Connection.Complete(got, head))
            {
                connection.Send(got.IndexOf("\"stream\":true"u8) > 0 ? stream : answer);
                filled = 0;
            }
        }
    }

    private sealed class Connection
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        private readonly byte[] _request;
        private readonly byte[] _buffer = new byte[16 * 1024];
        private readonly bool _isStream;

        public Connection(int port, string path, string body, bool isStream = false)
        {
            _isStream = isStream;
            _socket.Connect(IPAddress.Loopback, port);
            _request = Encoding.ASCII.GetBytes(
                $"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer tok\r\nContent-Type: " +
                $"application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        }

        public int Call()
        {
            _socket.Send(_request);
            int filled = 0;
            while (true)
            {
                filled += _socket.Receive(_buffer.AsSpan(filled));
                ReadOnlySpan<byte> got = _buffer.AsSpan(0, filled);
                if (_isStream)
                {
                    if (!got.EndsWith("0\r\n\r\n"u8))
                    {
                        continue;
                    }

                    return got.StartsWith("HTTP/1.1 200"u8) ? filled : throw new InvalidOperationException("the call failed");
                }

                if (got.EndsWith("}"u8) && got.IndexOf("\r\n\r\n"u8) is > 0 and var head && Complete(got, head))
                {
                    return got.StartsWith("HTTP/1.1 200"u8) ? filled : throw new InvalidOperationException("the call failed");
                }
            }
        }

        public static bool Complete(ReadOnlySpan<byte> got, int head)
        {
            int at = got.IndexOf("Content-Length: "u8) + 16;
            int length = 0;
            while (got[at] is >= (byte)'0' and <= (byte)'9')
            {
                length = (length * 10) + got[at++] - '0';
            }

            return got.Length >= head + 4 + length;
        }
    }
}
