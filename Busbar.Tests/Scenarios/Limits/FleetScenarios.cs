using System.Globalization;
using System.Text.Json;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Busbar.Governance.Store.Postgres;
using Busbar.Tests.Governance.Store.Postgres;
using Busbar.Tests.Oidc;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Limits;

/// <summary>Several whole programs that share a PostgreSQL database.</summary>
public sealed class FleetScenarios
{
    private const string AdminToken = "canary-admin-token-91";
    private const long Cent = 10_000_000;

    private static readonly SpokenProtocol OpenAI = SpokenProtocol.Of("openai");

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nodes_share_keys_and_usage_with_and_without_a_pooler(bool isPooled)
    {
        using var place = new PostgresPlace();
        using PgBouncer? pooler = isPooled ? await PgBouncer.StartAsync(PostgresServer.Shared) : null;
        string url = PostgresServer.Shared.Url(place.Name, port: pooler?.Port);
        Prepare(place);
        Scene[] nodes = await Task.WhenAll(StartAsync(url), StartAsync(url));
        await using Scene first = nodes[0], second = nodes[1];

        JsonElement made = await AdminAsync(first, HttpMethod.Post, "/admin/keys", """{"name":"team"}""", 201);
        (string id, string secret) = (made.GetProperty("id").GetString()!, made.GetProperty("secret").GetString()!);
        await StatusBecomesAsync(second, secret, 200);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(200, await StatusAsync(first, secret));
        }

        long requests = Requests(second, first);
        await Eventually.HoldsAsync(async () =>
        {
            foreach (Scene node in nodes)
            {
                JsonElement usage = await AdminAsync(node, HttpMethod.Get, $"/admin/usage?key={id}", null, 200);
                if (usage.GetProperty("usage").EnumerateArray().Sum(row => row.GetProperty("requests").GetInt64()) is var counted
                    && counted != requests)
                {
                    return $"{counted} requests of {requests}";
                }
            }

            return null;
        });

        JsonElement fleet = await AdminAsync(second, HttpMethod.Get, "/admin/nodes", null, 200);
        Assert.Equal([$"127.0.0.1:{first.Port}", $"127.0.0.1:{second.Port}"], fleet.GetProperty("nodes").EnumerateArray()
            .Where(node => node.GetProperty("alive").GetBoolean()).Select(node => node.GetProperty("address").GetString()!)
                .Order(StringComparer.Ordinal));
        await using (GatewayProcess status = GatewayProcess.Run(["status"], await File.ReadAllTextAsync(first.Gateway.ConfigFile), Variables(url)))
        {
            Assert.True(await status.ExitedAsync() == 0, status.StandardError);
            Assert.Contains("alive, this one", status.StandardOutput);
            Assert.Contains($"127.0.0.1:{second.Port}", status.StandardOutput);
        }

        await AdminAsync(second, HttpMethod.Patch, $"/admin/keys/{id}", """{"enabled":false}""", 200);
        await StatusBecomesAsync(first, secret, 401);
    }

    [SkippableFact]
    public async Task With_the_database_away_a_node_serves_tells_it_and_forgets_nothing()
    {
        var server = PostgresServer.Shared;
        using var place = new PostgresPlace();
        using var gate = new TcpGate(server.Port);
        Prepare(place);
        await using Scene node = await StartAsync(server.Url(place.Name, port: gate.Port));
        long served = 0;
        foreach (Action block in (Action[])[gate.Reset, gate.Silence, gate.LoseAnswers])
        {
            block();
            await Eventually.HoldsAsync(async () => (await node.MetricsAsync())["busbar_database_away_seconds"] > 0 ? null : "not noticed");
            for (int i = 0; i < 5; i++, served++)
            {
                Assert.Equal(200, await StatusAsync(node, Scene.Token));
            }

            Assert.Equal("store_unavailable", (await AdminAsync(node, HttpMethod.Post, "/admin/keys", """{"name":"x"}""", 503)).GetProperty("error")
                .GetProperty("code").GetString());
            gate.Open();
            await Eventually.HoldsAsync(async () => (await node.MetricsAsync())["busbar_database_away_seconds"] == 0 ? null : "not back");
        }

        await Eventually.TrueAsync(() => node.Gateway.StandardError.Contains("cannot be reached", StringComparison.Ordinal), "cannot be reached");
        await Eventually.TrueAsync(() => node.Gateway.StandardError.Contains("is back after", StringComparison.Ordinal), "is back after");
        await Eventually.TrueAsync(() => (decimal)place.Scalar("SELECT coalesce(sum(requests), 0) FROM busbar.usage_daily")! == served,
            $"{served} requests written");
        Assert.Equal(served * 2 * Cent, (decimal)place.Scalar("SELECT sum(spend_nanos) FROM busbar.usage_counters")!);
    }

    [SkippableFact]
    public async Task A_database_that_takes_no_writes_for_a_while_costs_nothing_that_was_spent()
    {
        using var place = new PostgresPlace();
        Prepare(place);
        await using Scene node = await StartAsync(place.Url);
        place.Run($"ALTER DATABASE {place.Name} SET default_transaction_read_only = on");
        PostgresServer.Shared.Execute("postgres", $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{place.Name}'");
        await Eventually.HoldsAsync(async () => (await node.MetricsAsync())["busbar_database_away_seconds"] > 0 ? null : "not noticed");
        Assert.Equal(200, await StatusAsync(node, Scene.Token));
        await Eventually.HoldsAsync(async () =>
        {
            await AdminAsync(node, HttpMethod.Post, "/admin/keys", """{"name":"x"}""", 503);
            return node.Gateway.StandardError.Contains("takes no writes", StringComparison.Ordinal) ? null : "no reason in the log";
        });

        place.Run($"SET transaction_read_only = off; ALTER DATABASE {place.Name} SET default_transaction_read_only = off");
        PostgresServer.Shared.Execute("postgres", $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{place.Name}'");
        await Eventually.TrueAsync(() => (long)place.Scalar("SELECT count(*) FROM busbar.usage_daily")! == 1, "written");
        await AdminAsync(node, HttpMethod.Post, "/admin/keys", """{"name":"x"}""", 201);
    }

    [SkippableFact]
    public async Task A_server_that_is_killed_and_started_again_is_used_again()
    {
        _ = PostgresServer.Shared;
        var server = new PostgresServer();
        try
        {
            string url = server.NewDatabase();
            await using Scene node = await StartAsync(url, Scene.Token);
            server.Stop();
            await Eventually.HoldsAsync(async () => (await node.MetricsAsync())["busbar_database_away_seconds"] > 0 ? null : "not noticed");
            server.Start();
            await Eventually.HoldsAsync(async () => (await node.MetricsAsync())["busbar_database_away_seconds"] == 0 ? null : "not back");
            await AdminAsync(node, HttpMethod.Post, "/admin/keys", """{"name":"x"}""", 201);
        }
        finally
        {
            server.Dispose();
        }
    }

    [SkippableFact]
    public async Task Nodes_need_no_more_than_the_role_of_the_script_once_the_tables_are_made()
    {
        using var place = new PostgresPlace();
        PostgresServer server = PostgresServer.Shared;
        server.Script(place.Name, Path.Combine(Corpus.RepositoryRoot, "deploy/postgres/roles.sql"), "owner_password=canary-owner",
            "password=canary-node");
        try
        {
            string node = server.Url(place.Name, "busbar:canary-node");
            await using (GatewayProcess early = GatewayProcess.Run([], Config(1), Variables(node)))
            {
                Assert.Equal(1, await early.ExitedAsync());
                await Eventually.TrueAsync(() => early.StandardError.Contains(
                    "does not let the user 'busbar' do what is needed", StringComparison.Ordinal), "said why: " + early.StandardError);
            }

            await using (GatewayProcess migrate = GatewayProcess.Run(
                ["store", "migrate"], Config(1), Variables(server.Url(place.Name, "busbar_owner:canary-owner"))))
            {
                Assert.True(await migrate.ExitedAsync() == 0, migrate.StandardError);
            }

            await using Scene scene = await StartAsync(node);
            string group = (await AdminAsync(scene, HttpMethod.Post, "/admin/groups",
                """{"name":"g","limits":[{"kind":"requests","window":"day","max":3},{"kind":"budget","window":"month","max_cents":500}]}""", 201))
                .GetProperty("id").GetString()!;
            JsonElement made = await AdminAsync(scene, HttpMethod.Post, "/admin/keys",
                $$"""{"name":"a","group_id":"{{group}}","max_budget_cents":400,"rpm_limit":100,"tpm_limit":100000,"max_concurrent":5}""", 201);
            (string id, string secret) = (made.GetProperty("id").GetString()!, made.GetProperty("secret").GetString()!);
            List<int> statuses = [];
            for (int i = 0; i < 4; i++)
            {
                statuses.Add(await StatusAsync(scene, secret));
            }

            Assert.Equal([200, 200, 200, 429], statuses);
            await AdminAsync(scene, HttpMethod.Post, "/admin/lanes/m0/disable", null, 200);
            await Eventually.HoldsAsync(() => Task.FromResult(new[]
            {
                "nodes", "head", "changes", "facts", "schema_version", "key_groups", "virtual_keys", "usage_counters", "usage_daily",
                "limit_counters", "limit_locks", "limit_alerts", "lease_sessions", "audit_log",
            }.FirstOrDefault(table => place.Rows(table) == 0)));
            Assert.Equal(3, (await AdminAsync(scene, HttpMethod.Get, $"/admin/keys/{id}/usage", null, 200)).GetProperty("requests").GetInt32());
            await AdminAsync(scene, HttpMethod.Delete, $"/admin/keys/{id}", null, 200);
            await AdminAsync(scene, HttpMethod.Delete, $"/admin/groups/{group}", null, 200);
            Assert.DoesNotContain("does not let", scene.Gateway.StandardError, StringComparison.Ordinal);
        }
        finally
        {
            server.Execute(place.Name, "DROP OWNED BY busbar, busbar_owner CASCADE; DROP ROLE busbar; DROP ROLE busbar_owner");
        }
    }

    [SkippableFact]
    public async Task A_subject_that_is_new_to_two_nodes_at_the_same_moment_gets_one_key_and_no_error()
    {
        const int Subjects = 8;
        using var place = new PostgresPlace();
        Prepare(place);
        await using ScriptedUpstream keys = ScriptedUpstream.Start();
        var issuer = new TestIssuer();
        keys.Always = call => call.AnswerAsync(200, issuer.Jwks);
        string jwt = $"{{ jwt: [{{ issuer: \"{TestIssuer.Name}\", jwks_url: \"http://127.0.0.1:{keys.Port}/keys\", audience: busbar, " +
            "allow_private_network: true, group_claim: team }] }";
        Scene[] nodes = await Task.WhenAll(StartAsync(place.Url, auth: jwt), StartAsync(place.Url, auth: jwt));
        await using Scene first = nodes[0], second = nodes[1];
        string group = (await AdminAsync(first, HttpMethod.Post, "/admin/groups", """{"name":"crew"}""", 201)).GetProperty("id").GetString()!;
        await Eventually.HoldsAsync(async () => await AdminStatusAsync(second, $"/admin/groups/{group}") == 200 ? null : "no group");

        for (int i = 0; i < Subjects; i++)
        {
            string token = issuer.Token(TestIssuer.Claims(DateTimeOffset.UtcNow, ",\"team\":\"crew\"", $"person{i}"), null);
            int[] statuses = await Task.WhenAll(Enumerable.Range(0, 4).Select(at => StatusAsync(nodes[at % 2], token)));
            Assert.All(statuses, status => Assert.Equal(200, status));
        }

        Assert.Equal((long)Subjects, place.Scalar($"SELECT count(*) FROM busbar.virtual_keys WHERE group_id = '{group}'"));
        Assert.Equal((long)Subjects, place.Scalar("SELECT count(*) FROM busbar.audit_log WHERE action = 'key.create'"));
        Assert.Equal(1L, place.Scalar("SELECT count(*) FROM busbar.key_groups"));
        Assert.All(nodes, node => Assert.DoesNotContain(" error ", node.Gateway.StandardError, StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task What_is_shown_of_keys_and_groups_is_what_all_nodes_have_used()
    {
        using var place = new PostgresPlace();
        Prepare(place);
        Scene[] nodes = await Task.WhenAll(StartAsync(place.Url), StartAsync(place.Url));
        await using Scene first = nodes[0], second = nodes[1];
        string group = (await AdminAsync(first, HttpMethod.Post, "/admin/groups",
            """{"name":"g","limits":[{"kind":"requests","window":"day","max":100}]}""", 201)).GetProperty("id").GetString()!;
        JsonElement made = await AdminAsync(first, HttpMethod.Post, "/admin/keys",
            $$"""{"name":"a","group_id":"{{group}}","max_budget_cents":4000,"limits":[{"kind":"requests","window":"rolling","days":7,"max":100}]}""",
            201);
        (string id, string secret) = (made.GetProperty("id").GetString()!, made.GetProperty("secret").GetString()!);
        await StatusBecomesAsync(second, secret, 200);
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(200, await StatusAsync(first, secret));
        }

        foreach (Scene node in nodes)
        {
            await Eventually.HoldsAsync(async () =>
            {
                JsonElement key = await AdminAsync(node, HttpMethod.Get, $"/admin/keys/{id}/usage", null, 200);
                JsonElement above = await AdminAsync(node, HttpMethod.Get, $"/admin/groups/{group}", null, 200);
                (long, long, long, long) seen = (key.GetProperty("spend_cents").GetInt64(), key.GetProperty("requests").GetInt64(),
                    key.GetProperty("limits")[0].GetProperty("used").GetInt64(), above.GetProperty("limits")[0].GetProperty("used").GetInt64());
                return seen == (12, 6, 6, 6) ? null : $"{seen}";
            });
        }

        // Six are used, whichever node has served them.
        JsonElement refused = await AdminAsync(second, HttpMethod.Patch, $"/admin/groups/{group}",
            """{"limits":[{"kind":"requests","window":"day","max":5}]}""", 400);
        Assert.Equal("below_used", refused.GetProperty("error").GetProperty("code").GetString());
    }

    [SkippableTheory]
    [InlineData(null, "governance.postgres.url_env", "is not set")]
    [InlineData("mysql://a:canary-pass@b/c", "governance.postgres.url_env", "begin with postgres://")]
    [InlineData("postgres://a:canary pass/word@b/c", "governance.postgres.url_env", "percent-encoding")]
    [InlineData("postgres://owner:canary-pass@127.0.0.1:{port}/{db}?sslmode=strict", "governance.postgres.url_env", "sslmode must be one of")]
    [InlineData("postgres://owner:canary-pass@127.0.0.1:{port}/{db}?pool=9", "governance.postgres.url_env", "not known here")]
    [InlineData("postgres://nobody:canary-pass@127.0.0.1:{port}/{db}", "governance.postgres.url_env", "refuses the user 'nobody'")]
    [InlineData("postgres://owner:canary-pass@127.0.0.1:{port}/missing", "governance.postgres.url_env", "does not exist")]
    [InlineData("postgres://owner:canary-pass@127.0.0.1:{port}/{db}?sslmode=require", "governance.postgres.url_env", "SSL")]
    [InlineData("postgres://owner:canary-pass@127.0.0.1:1/{db}", "governance.postgres.url_env", "cannot be reached")]
    public async Task An_address_that_leads_nowhere_ends_the_start_with_one_line_without_the_password(string? url, string key, string reason)
    {
        using var place = new PostgresPlace();
        url = url?.Replace("{port}", PostgresServer.Shared.Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{db}", place.Name, StringComparison.Ordinal);
        await using GatewayProcess process = GatewayProcess.Run(
            [], Config(1), url is null ? new Dictionary<string, string> { ["KEY_0"] = "k" } : Variables(url));

        Assert.Equal(1, await process.ExitedAsync());
        await Eventually.TrueAsync(() => process.StandardError.Contains("[error]", StringComparison.Ordinal), "said why: " + process.StandardError);
        string line = Assert.Single(process.StandardError.Split('\n'), line => line.Contains("[error]", StringComparison.Ordinal));
        Assert.Contains(key, line);
        Assert.Contains(reason, line);
        Assert.DoesNotContain("canary", process.StandardError.Replace(AdminToken, "", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_file_is_moved_into_the_database_by_one_command()
    {
        using var place = new PostgresPlace();
        string directory = Directory.CreateTempSubdirectory("busbar-copy-").FullName;
        try
        {
            string file = Path.Combine(directory, "governance.db");
            using (SqliteStore store = SqliteStore.Open(file, TimeProvider.System))
            {
                Assert.True(store.Insert(Key(Scene.Token)));
                store.Add([new(Key(Scene.Token).Id, 0, 5 * Cent, 6, 7)], []);
            }

            await using (GatewayProcess copy = GatewayProcess.Run(
                ["store", "copy", "--from", "sqlite", "--to", "postgres"],
            Config(1).Replace("store: postgres", $"db_path: \"{file}\"", StringComparison.Ordinal), Variables(place.Url)))
            {
                Assert.True(await copy.ExitedAsync() == 0, copy.StandardError);
                Assert.Contains("the same on both sides", copy.StandardOutput);
            }

            await using Scene node = await StartAsync(place.Url);
            Assert.Equal(200, await StatusAsync(node, Scene.Token));
            await Eventually.HoldsAsync(async () =>
            {
                long spent = (await AdminAsync(node, HttpMethod.Get, $"/admin/keys/{Key(Scene.Token).Id}/usage", null, 200))
                    .GetProperty("spend_cents").GetInt64();
                return spent == 7 ? null : $"{spent} cents";
            });
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [SkippableFact]
    public async Task A_lane_that_is_switched_off_is_off_on_every_node_and_after_a_restart()
    {
        using var place = new PostgresPlace();
        Prepare(place);
        await using Scene first = await StartAsync(place.Url);
        await using (Scene second = await StartAsync(place.Url))
        {
            await AdminAsync(first, HttpMethod.Post, "/admin/lanes/m0/disable", null, 200);
            await LaneBecomesAsync(second, "disabled");
        }

        await using Scene third = await StartAsync(place.Url);
        await LaneBecomesAsync(third, "disabled");
        await AdminAsync(third, HttpMethod.Post, "/admin/lanes/m0/enable", null, 200);
        await LaneBecomesAsync(first, "ok");
    }

    [SkippableFact]
    public async Task A_credential_that_one_node_found_refused_is_left_alone_by_the_others()
    {
        using var place = new PostgresPlace();
        Prepare(place);
        (Scene first, Scene second) = await TwoAsync(place.Url, OpenAI, OpenAI);
        await using Scene a = first, b = second;
        first.Upstreams[0].Always = call => call.AnswerAsync(
            401, """{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}""");
        first.Upstreams[1].Always = call => OpenAI.ServeAsync(call);

        Assert.Equal(200, await StatusAsync(first, Scene.Token));
        await Eventually.HoldsAsync(async () => (await second.LaneAsync()).Availability.StartsWith("auth", StringComparison.Ordinal) ? null
            : (await second.LaneAsync()).Availability);
        int calls = first.Upstreams[0].Requests.Count;
        Assert.Equal(200, await StatusAsync(second, Scene.Token));

        Assert.Equal(calls, first.Upstreams[0].Requests.Count);
    }

    [SkippableFact]
    public async Task An_answer_is_gone_on_from_where_it_is_kept_on_every_node_at_once_and_belongs_to_its_key_there_too()
    {
        var responses = new SpokenResponses();
        using var place = new PostgresPlace();
        Prepare(place);
        using (PostgresStore store = place.OpenNode())
        {
            Assert.True(store.Insert(Key("sk-bb-other")));
        }

        (Scene first, Scene second) = await TwoAsync(place.Url, responses, responses);
        await using Scene a = first, b = second;
        for (int turn = 0; turn < 5; turn++)
        {
            int home = turn % 2;
            string answer = responses.Answer("hello").Replace("resp_1", $"resp_{turn}9", StringComparison.Ordinal);
            first.Upstreams[home].Always = call => call.AnswerAsync(200, answer);
            first.Upstreams[1 - home].Always = call => call.AnswerAsync(404, "{}");
            Assert.Equal(200, await AskAsync(first, $"m{home}", "", Scene.Token));
            int before = first.Upstreams[home].Requests.Count;

            Assert.Equal(200, await AskAsync(second, Scene.Pool, $",\"previous_response_id\":\"resp_{turn}9\"", Scene.Token));

            Assert.Equal(before + 1, first.Upstreams[home].Requests.Count);
            Assert.Equal(400, await AskAsync(second, Scene.Pool, $",\"previous_response_id\":\"resp_{turn}9\"", "sk-bb-other"));
        }

        async Task<int> AskAsync(Scene scene, string model, string more, string key) => (await scene.PostAsync(
            responses, responses.Request(model, false, "hi").Insert(1, more.Length > 0 ? more[1..] + "," : ""),
            message => responses.Authorize(message.Headers, key))).Status;
    }

    // Both before the same providers.
    private static async Task<(Scene First, Scene Second)> TwoAsync(string url, params SpokenProtocol[] lanes)
    {
        ScriptedUpstream[] upstreams = [.. lanes.Select(_ => ScriptedUpstream.Start())];
        var config = new SceneConfig(lanes) { Auth = "{ mode: none }", More = Governance };
        Dictionary<string, string> environment = new() { ["DATABASE"] = url, ["KEY_0"] = Scene.KeyOf(0), ["KEY_1"] = Scene.KeyOf(1) };
        Scene[] scenes = await Task.WhenAll(Enumerable.Range(0, 2)
            .Select(_ => Scene.StartAsync(upstreams, lanes, port => config.Text(port, upstreams), environment)));
        return (scenes[0], scenes[1]);
    }

    private static async Task LaneBecomesAsync(Scene scene, string availability) => await Eventually.HoldsAsync(async () =>
        (await scene.LaneAsync()).Availability is var now && now == availability ? null : $"{now}, not {availability}");

    private static long Requests(params Scene[] scenes) => scenes.Sum(scene => scene.Upstream.Requests.Count);

    private static VirtualKey Key(string secret)
    {
        KeyDigest digest = KeyDigest.Of(secret);
        return new VirtualKey { Id = digest.ToKeyId(), Digest = digest, Name = "test" };
    }

    // The key that the harness itself calls with.
    private static void Prepare(PostgresPlace place)
    {
        using PostgresStore store = place.OpenNode();
        Assert.True(store.Insert(Key(Scene.Token)));
    }

    private static async Task StatusBecomesAsync(Scene scene, string secret, int status) => await Eventually.HoldsAsync(async () =>
        await StatusAsync(scene, secret) is var now && now == status ? null : $"status {now}, not {status}");

    private static async Task<int> StatusAsync(Scene scene, string secret)
        => (await scene.PostAsync(OpenAI, change: message => OpenAI.Authorize(message.Headers, secret))).Status;

    private static async Task<int> AdminStatusAsync(Scene scene, string path)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, path);
        message.Headers.TryAddWithoutValidation("x-admin-token", AdminToken);
        using HttpResponseMessage response = await scene.Client.SendAsync(message);
        return (int)response.StatusCode;
    }

    private static async Task<JsonElement> AdminAsync(Scene scene, HttpMethod method, string path, string? body, int status)
    {
        using var message = new HttpRequestMessage(method, path) { Content = body is null ? null
            : new StringContent(body, null, "application/json") };
        message.Headers.TryAddWithoutValidation("x-admin-token", AdminToken);
        using HttpResponseMessage response = await scene.Client.SendAsync(message);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, $"{(int)response.StatusCode} {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }

    private static Dictionary<string, string> Variables(string url) => new() { ["DATABASE"] = url, ["KEY_0"] = "k" };

    private static string Config(int port) => $$"""
        listen: 127.0.0.1:{{port}}
        auth: { mode: none }
        {{Governance}}
        providers: { p0: { protocol: openai, base_url: "https://example.com", api_key_env: KEY_0 } }
        models: { m0: { provider: p0, max_concurrent: 1 } }
        """;

    private static string Governance
        => $"governance: {{ enabled: true, admin_token: {AdminToken}, store: postgres, postgres: {{ url_env: DATABASE }}, " +
        $"price_per_request_cents: 2 }}";

    private static async Task<Scene> StartAsync(string url, string? key = null, string auth = "{ mode: none }")
    {
        if (key is not null)
        {
            using PostgresStore store = PostgresStore.Open(PostgresServer.Config(url), TimeProvider.System);
            Assert.True(store.Insert(Key(key)));
        }

        Scene scene = await Scene.StartAsync(new SceneConfig(
            OpenAI) { Auth = auth, More = Governance, Environment = new() { ["DATABASE"] = url } });
        scene.Upstream.Always = call => OpenAI.ServeAsync(call);
        return scene;
    }
}
