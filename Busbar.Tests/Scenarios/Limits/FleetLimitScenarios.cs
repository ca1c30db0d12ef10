using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Governance.Store.Postgres;
using Busbar.Tests.Governance.Store.Postgres;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Limits;

/// <summary>
/// Three whole programs that share limits through PostgreSQL, with everything going wrong at once. The variable BUSBAR_FLEET_REQUESTS makes it
/// longer: so many requests at least, with the same troubles again and again.
/// </summary>
public sealed class FleetLimitScenarios
{
    private const string AdminToken = "canary-admin-token-52";
    private const int Nodes = 3;
    private const int Clients = 16;
    private const int Keys = 14;
    private const int Concurrent = 3;
    private const long Cent = 10_000_000;

    // Two cents for the request and one for each of the seven tokens that the provider reports.
    private const long CostOfOne = 9;

    // What a request reserves is more than what it costs: this much is left of a budget at most.
    private const long Reserved = 60;

    private static readonly SpokenProtocol OpenAI = SpokenProtocol.Of("openai");
    private static readonly long s_requests = long.TryParse(Environment.GetEnvironmentVariable("BUSBAR_FLEET_REQUESTS"), NumberStyles.None,
        CultureInfo.InvariantCulture, out long requests) ? requests : 0;

    // So long a node may have kept to itself what it had used.
    private static readonly long s_unsaid = 2 * Stopwatch.Frequency;

    private readonly FleetBill _bill = new();

    // Refused ones, too: not as many as are asked for are served, or all would not be used up.
    private long _asked;
    private readonly ConcurrentQueue<(string Node, long From, long Until)> _lost = new();
    private readonly Dictionary<string, (Limit Limit, int[] Keys)> _limits = [];

    [SkippableFact]
    public async Task Whatever_happens_to_nodes_and_database_no_limit_is_passed_and_all_of_each_is_usable()
    {
        _ = PostgresServer.Shared;
        var server = new PostgresServer();
        using var gate = new TcpGate(server.Port);
        await using ScriptedUpstream upstream = ScriptedUpstream.Start();
        upstream.Always = _bill.ServeAsync;
        string url = server.NewDatabase();
        string database = url[(url.LastIndexOf('/') + 1)..];
        Prepare(url);
        var nodes = new Node[Nodes];
        try
        {
            for (int i = 0; i < Nodes; i++)
            {
                nodes[i] = new Node($"node-{i}", GatewayProcess.FreePort(), i == 2 ? server.Url(database, port: gate.Port) : url, upstream.Address);
                await nodes[i].StartAsync();
            }

            using var over = new CancellationTokenSource();
            Task<int>[] load = [.. Enumerable.Range(0, Clients).Select(client => Task.Run(() => LoadAsync(nodes, new Random(client), over.Token)))];
            do
            {
                await TroubleAsync(nodes, server, gate);
            }
            while (Interlocked.Read(ref _asked) < s_requests);

            await over.CancelAsync();
            int answered = (await Task.WhenAll(load)).Sum();
            Assert.True(answered > 200, $"only {answered} were served");
            await UseUpAsync(nodes);
            await Eventually.HoldsAsync(() => Task.FromResult(Wrong(server, database)));
            await Eventually.HoldsAsync(async () => (await Task.WhenAll(nodes.Select(node => node.HoldingAsync()))).FirstOrDefault(held => held
                is not null));
        }
        finally
        {
            foreach (Node? node in nodes)
            {
                if (node is not null)
                {
                    await node.Process.DisposeAsync();
                }
            }

            server.Dispose();
        }
    }

    // A reload, a crash, a stop beyond the end of the session, a way to the database that resets and one that goes silent, and a crash of the
    // database.
    private async Task TroubleAsync(Node[] nodes, PostgresServer server, TcpGate gate)
    {
        await Task.Delay(1500);
        Array.ForEach(nodes, node => node.Process.Signal(PosixSignal.SIGHUP));
        long killed = Stopwatch.GetTimestamp();
        await nodes[0].Process.KillAsync();
        _lost.Enqueue((nodes[0].Name, killed - s_unsaid, Stopwatch.GetTimestamp()));
        await nodes[0].StartAsync();
        gate.Reset();
        await Task.Delay(1500);
        gate.Open();

        long stopped = Stopwatch.GetTimestamp();
        nodes[1].Send("STOP");
        await Task.Delay(1000);
        gate.Silence();
        await Task.Delay(3500);
        gate.Open();
        server.Stop();
        await Task.Delay(500);
        server.Start();
        await Task.Delay(12_000);
        nodes[1].Send("CONT");
        _lost.Enqueue((nodes[1].Name, stopped - s_unsaid, Stopwatch.GetTimestamp() + s_unsaid));
        await Task.Delay(2000);
    }

    private async Task<int> LoadAsync(Node[] nodes, Random random, CancellationToken over)
    {
        int served = 0;
        using var client = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromSeconds(5) });
        while (!over.IsCancellationRequested)
        {
            Node node = nodes[random.Next(Nodes)];
            int key = random.Next(Keys);
            using var gone = CancellationTokenSource.CreateLinkedTokenSource(over);
            gone.CancelAfter(IsLeaving(key) ? random.Next(1, 20) : 4000);
            Interlocked.Increment(ref _asked);
            try
            {
                served += await node.AskAsync(client, key, gone.Token) == 200 ? 1 : 0;
            }
            catch (Exception problem) when (problem is HttpRequestException or OperationCanceledException or IOException)
            {
                // A node that is stopped, or gone, or a client that is.
            }

            // Otherwise all of it would be used up before anything went wrong.
            await Task.Delay(random.Next(20), CancellationToken.None);
        }

        return served;
    }

    // All goes well again: every key on every node, until nobody is served any more for a while.
    private async Task UseUpAsync(Node[] nodes)
    {
        await Task.WhenAll(Enumerable.Range(0, Keys).Select(key => Task.Run(async () =>
        {
            using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
            long last = Environment.TickCount64;
            for (int i = key; Environment.TickCount64 - last < 5000; i++)
            {
                int status = await nodes[i % Nodes].AskAsync(client, key, CancellationToken.None);
                if (status == 200)
                {
                    last = Environment.TickCount64;
                }
                else
                {
                    await Task.Delay(100);
                }
            }
        })));
    }

    private string? Wrong(PostgresServer server, string database)
    {
        var gaps = _lost.ToArray();
        foreach ((string owner, (Limit limit, int[] keys)) in _limits)
        {
            long unit = limit.Kind switch { LimitKind.Budget => CostOfOne, LimitKind.Tokens => 7, _ => 1 };
            long noted =
                Number(server, database,
                $"SELECT coalesce(sum(used), 0)::bigint FROM busbar.limit_counters WHERE owner = '{owner}' AND limit_key = '{limit.Key}'") / (
                limit.Kind == LimitKind.Budget ? Cent : 1);
            long reported = _bill.Of(keys) * unit;
            long unsure = _bill.Of(keys, gaps) * unit;
            string what = $"{owner} {limit.Key}: cap {limit.Max}, noted {noted}, reported {reported}, of which {unsure} in time that was lost";

            // What a node is doing that is stopped too long is not reckoned with, nor is an answer that its client did not wait for; a node that
            // crashes has booked all that it may have done.
            long unpaid = (gaps.Length / 2 * Clients) + _bill.Of([.. keys.Where(IsLeaving)]);
            long underWay = limit.Kind == LimitKind.Requests ? 0 : unpaid * unit;
            Assert.True(reported <= limit.Max + underWay, "passed: " + what);
            bool isSure = !keys.Any(IsLeaving) && limit.Kind != LimitKind.Requests;
            if (isSure && (noted > reported + (gaps.Length * Clients * unit) || noted < reported - underWay))
            {
                return what;
            }
        }

        // Each key is stopped by a limit of which less is left than a request reserves, and of which at least 99 % are gone where that is more.
        for (int key = 0; key < Keys; key++)
        {
            bool isUsedUp = _limits.Where(limit => limit.Value.Keys.Contains(key)).Any(limit =>
            {
                long noted =
                    Number(server, database,
                    $"SELECT coalesce(sum(used), 0)::bigint FROM busbar.limit_counters WHERE owner = '{limit.Key}' AND limit_key = " +
                    $"'{limit.Value.Limit.Key}'");
                long used = noted / (limit.Value.Limit.Kind == LimitKind.Budget ? Cent : 1);
                return used > limit.Value.Limit.Max - (limit.Value.Limit.Kind == LimitKind.Requests ? 1 : Reserved);
            });
            if (!isUsedUp)
            {
                return $"something is left to key {key}";
            }
        }

        Assert.InRange(_bill.MaxAtOnce(Keys - 1), 1, Concurrent);

        // The bill itself, by key.
        for (int key = 0; key < Keys; key++)
        {
            long billed =
                Number(server, database, $"SELECT coalesce(sum(requests), 0)::bigint FROM busbar.usage_daily WHERE key_id = '{Secret(key).Id}'");
            long reported = _bill.Of([key]);
            if (!IsLeaving(key) && (billed > reported || billed < reported - _bill.Of([key], gaps)))
            {
                return $"key {key}: {billed} billed, {reported} reported";
            }
        }

        return null;
    }

    private static bool IsLeaving(int key) => key is 12;

    private static long Number(PostgresServer server, string database, string sql)
        => Convert.ToInt64(server.Scalar(database, sql), CultureInfo.InvariantCulture);

    private static VirtualKey Secret(int key)
    {
        KeyDigest digest = KeyDigest.Of($"sk-bb-canary-fleet-{key}");
        return new VirtualKey { Id = digest.ToKeyId(), Digest = digest, Name = $"key {key}" };
    }

    // An organisation with three teams, each stopped by something else.
    private void Prepare(string url)
    {
        long scale = Math.Max(1, s_requests / 2000);
        using PostgresStore store = PostgresStore.Open(PostgresServer.Config(url), TimeProvider.System);
        Add(null, "grp_org", LimitKind.Budget, 14_000 * scale, [.. Enumerable.Range(0, Keys)]);
        Add("grp_org", "grp_a", LimitKind.Requests, 400 * scale, [0, 1, 2, 3]);
        Add("grp_org", "grp_b", LimitKind.Tokens, 3500 * scale, [4, 5, 6, 7]);
        Add("grp_org", "grp_c", LimitKind.Budget, 4500 * scale, [8, 9, 10, 11]);
        for (int key = 0; key < Keys; key++)
        {
            VirtualKey made = Secret(key) with { GroupId = key < 12 ? $"grp_{"abc"[key / 4]}" : "grp_org", MaxConcurrent = key == Keys - 1
                ? (uint)Concurrent : null };
            if (key % 4 == 3)
            {
                var own = new Limit { Kind = LimitKind.Budget, Period = LimitPeriod.Total, Max = 450 * scale };
                made = made with { Limits = [own] };
                _limits[made.Id] = (own, [key]);
            }

            Assert.True(store.Insert(made));
        }

        void Add(string? parent, string id, LimitKind kind, long max, int[] keys)
        {
            var limit = new Limit { Kind = kind, Period = LimitPeriod.Total, Max = max };
            store.InsertGroup(new Group { Id = id, Name = id, ParentId = parent, Limits = [limit] });
            _limits[id] = (limit, keys);
        }
    }

    /// <summary>One of the programs, by the name that it shows to the provider.</summary>
    private sealed class Node(string name, int port, string url, string upstream)
    {
        public string Name => name;

        public GatewayProcess Process { get; private set; } = null!;

        public async Task StartAsync()
        {
            Process = GatewayProcess.Run(
                [],
                $$"""
                listen: 127.0.0.1:{{port}}
                auth: { mode: none }
                governance: { enabled: true, admin_token: {{AdminToken}}, store: postgres, postgres: { url_env: DATABASE }, price_per_request_cents: 2, price_per_1k_tokens_cents: 1000 }
                providers: { p: { protocol: openai, base_url: "{{upstream}}", api_key_env: KEY, allow_private_network: true } }
                models: { m: { provider: p, max_concurrent: 100 } }
                pools: { pool: { members: [{ target: m }], breaker: { trip: { mode: consecutive, n: 1000 } } } }
                """,
                new Dictionary<string, string> { ["DATABASE"] = url, ["KEY"] = name, ["BUSBAR_LOG"] = "warn" });
            await Eventually.HoldsAsync(async () =>
            {
                using var client = new HttpClient();
                try
                {
                    return (await client.GetAsync($"http://127.0.0.1:{port}/healthz")).IsSuccessStatusCode ? null : "not ready";
                }
                catch (HttpRequestException problem)
                {
                    return problem.Message + Process.StandardError;
                }
            });
        }

        public async Task<int> AskAsync(HttpClient client, int key, CancellationToken gone)
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{port}/v1/chat/completions")
            {
                Content = new StringContent($$"""{"model":"pool","max_tokens":10,"messages":[{"role":"user","content":"key-{{key}}-"}]}""", null,
                    "application/json"),
            };
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", $"sk-bb-canary-fleet-{key}");
            using HttpResponseMessage response = await client.SendAsync(message, gone);
            return (int)response.StatusCode;
        }

        /// <summary>What it still holds, of limits or of lanes, where nobody is served; null when it holds nothing.</summary>
        public async Task<string?> HoldingAsync()
        {
            using var client = new HttpClient();
            using var message = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}/metrics");
            message.Headers.TryAddWithoutValidation("x-admin-token", AdminToken);
            using HttpResponseMessage response = await client.SendAsync(message);
            var page = new MetricsPage(await response.Content.ReadAsStringAsync());
            (double open, double cents, double calls) = (page["busbar_reservations_open"], page["busbar_reserved_cents"],
                page.Sum("busbar_lane_inflight"));
            return (open, cents, calls) == (0, 0, 0) ? null : $"{name} holds {open} reservations of {cents} cents, and {calls} calls";
        }

        public void Send(string signal)
        {
            using System.Diagnostics.Process kill = System.Diagnostics.Process.Start(
                "kill", [$"-{signal}", Process.Id.ToString(CultureInfo.InvariantCulture)]);
            kill.WaitForExit();
        }
    }
}
