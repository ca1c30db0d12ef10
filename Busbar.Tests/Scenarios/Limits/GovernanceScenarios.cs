using System.Runtime.InteropServices;
using System.Text.Json;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Limits;

/// <summary>Virtual keys in the whole program, with its database.</summary>
public sealed class GovernanceScenarios : IDisposable
{
    private const string AdminToken = "canary-admin-token-77";
    private const string Thin = "sk-bb-canary-thin";
    private const long Cent = 10_000_000;

    private static readonly SpokenProtocol OpenAI = SpokenProtocol.Of("openai");

    private readonly string _directory = Directory.CreateTempSubdirectory("busbar-governance-").FullName;

    private string Database => Path.Combine(_directory, "governance.db");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    [Trait("gotcha", "C240")]
    [Trait("lesson", "23")]
    [Trait("lesson", "24")]
    public async Task Many_at_once_never_pass_a_budget_and_what_was_spent_outlives_the_process()
    {
        Store(Key(Scene.Token), Key(Thin) with { MaxBudgetCents = 300 });
        long spent;
        await using (Scene scene = await StartAsync())
        {
            scene.Upstream.Always = call => OpenAI.ServeAsync(call);
            string body = OpenAI.Request(Scene.Pool, false, "canary-prompt")
                .Replace("\"messages\"", "\"max_tokens\":10,\"messages\"", StringComparison.Ordinal);

            Reply[] replies = await Task.WhenAll(Enumerable.Range(0, 200)
                .Select(_ => scene.PostAsync(OpenAI, body, message => OpenAI.Authorize(message.Headers, Thin))));

            int served = replies.Count(reply => reply.Status == 200);
            Assert.All(replies, reply => Assert.True(reply.Status is 200 or 429, reply.Text));
            Assert.InRange(served, 1, 33);
            Assert.Equal(served, scene.Upstream.Requests.Count);
            spent = served * 9 * Cent;
            MetricsPage page = await scene.MetricsAsync();
            Assert.Equal((0, 0), (page["busbar_reservations_open"], page["busbar_reserved_cents"]));
            Assert.Equal(200, page.Sum("busbar_requests_total"));
            await StopAsync(scene);
        }

        using (SqliteStore store = SqliteStore.Open(Database, TimeProvider.System))
        {
            WindowUsage window = Assert.Single(store.Load(DateTimeOffset.UtcNow.ToUnixTimeSeconds()).Windows, window => window.KeyId == Key(Thin).Id);
            Assert.Equal((spent, spent / 9 / Cent), (window.SpendNanos, window.Requests));
            Assert.Equal(spent, store.ReadUsage(Key(Thin).Id, 0, long.MaxValue, 100).Sum(day => day.SpendNanos));
        }

        await using Scene second = await StartAsync();
        second.Upstream.Always = call => OpenAI.ServeAsync(call);
        JsonElement key = await AdminAsync(second, HttpMethod.Get, $"/admin/keys/{Key(Thin).Id}", null, 200);
        Assert.Contains(Key(Thin).Id, key.GetRawText());
        Assert.Equal(200, (await second.PostAsync(OpenAI)).Status);
        string dear = OpenAI.Request(Scene.Pool, false, "hi").Replace("\"messages\"", "\"max_tokens\":300,\"messages\"", StringComparison.Ordinal);
        Assert.Equal(429, (await second.PostAsync(OpenAI, dear, message => OpenAI.Authorize(message.Headers, Thin))).Status);
    }

    [Fact]
    [Trait("gotcha", "C102")]
    [Trait("gotcha", "C217")]
    public async Task A_key_that_an_operator_makes_works_at_once_and_stops_at_once()
    {
        Store(Key(Scene.Token));
        await using Scene scene = await StartAsync("{ mode: token, client_tokens: [canary-listed] }");
        scene.Upstream.Always = call => OpenAI.ServeAsync(call);

        JsonElement made = await AdminAsync(scene, HttpMethod.Post, "/admin/keys", """{"name":"team"}""", 201);
        string id = made.GetProperty("id").GetString()!;
        string secret = made.GetProperty("secret").GetString()!;
        async Task<int> StatusAsync(string presented) => (await scene.PostAsync(
            OpenAI, change: message => OpenAI.Authorize(message.Headers, presented))).Status;

        Assert.Equal((200, 200), (await StatusAsync(secret), await StatusAsync(secret)));
        await AdminAsync(scene, HttpMethod.Patch, $"/admin/keys/{id}", """{"enabled":false}""", 200);
        Assert.Equal(401, await StatusAsync(secret));
        await AdminAsync(scene, HttpMethod.Patch, $"/admin/keys/{id}", """{"enabled":true}""", 200);
        Assert.Equal(200, await StatusAsync(secret));
        Assert.Equal((401, 401), (await StatusAsync("canary-listed"), await StatusAsync(AdminToken)));
        Assert.DoesNotContain(secret, scene.Gateway.StandardError);
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("[warn] governance.enabled", StringComparison.Ordinal), "[warn] governance.enabled");
    }

    [Fact]
    public async Task A_database_that_cannot_be_opened_ends_the_start_with_one_line()
    {
        string config = $$"""
            listen: 127.0.0.1:{{GatewayProcess.FreePort()}}
            auth: { mode: none }
            governance: { enabled: true, admin_token: canary-admin-token, db_path: {{_directory}}/nowhere/governance.db }
            providers: { p: { protocol: openai, base_url: "https://example.com", api_key_env: NONE } }
            models: { m: { provider: p, max_concurrent: 1 } }
            """;
        await using GatewayProcess process = GatewayProcess.Run([], config);

        Assert.Equal(1, await process.ExitedAsync());
        await Eventually.TrueAsync(() => process.StandardError.Contains("[error] governance: ", StringComparison.Ordinal),
            "said why: " + process.StandardError);
        Assert.Single(process.StandardError.Split('\n'), line => line.Contains("[error]", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", process.StandardError);
        Assert.DoesNotContain("canary", process.StandardError);
    }

    private static VirtualKey Key(string secret)
    {
        KeyDigest digest = KeyDigest.Of(secret);
        return new VirtualKey { Id = digest.ToKeyId(), Digest = digest, Name = "test" };
    }

    private static async Task StopAsync(Scene scene)
    {
        scene.Settles = false;
        scene.Gateway.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await scene.Gateway.ExitedAsync());
    }

    [Fact]
    public async Task A_key_is_changed_from_the_command_line_and_the_change_holds_at_once()
    {
        Store(Key(Scene.Token), Key(Thin));
        await using Scene scene = await StartAsync();
        scene.Upstream.Always = call => OpenAI.ServeAsync(call);
        string id = Key(Thin).Id, config = await File.ReadAllTextAsync(scene.Gateway.ConfigFile);
        Assert.Equal(200, await StatusAsync(Scene.Pool));

        await UpdateAsync("--pool", "m0", "--name", "narrow");
        Assert.Equal((403, 200), (await StatusAsync(Scene.Pool), await StatusAsync("m0")));
        await UpdateAsync("--all-pools", "--budget-cents", "0");
        Assert.Equal(429, await StatusAsync(Scene.Pool));
        await UpdateAsync("--budget-cents", "none", "--group", "g", "--period", "daily");
        Assert.Equal(200, await StatusAsync(Scene.Pool));

        JsonElement key = await AdminAsync(scene, HttpMethod.Get, $"/admin/keys/{id}", null, 200);
        Assert.Equal(("narrow", "g", "daily"), (key.GetProperty("name").GetString(), key.GetProperty("group").GetString(),
            key.GetProperty("budget_period").GetString()));
        Assert.Equal(JsonValueKind.Null, key.GetProperty("max_budget_cents").ValueKind);

        async Task<int> StatusAsync(string model) =>
            (await scene.PostAsync(OpenAI, OpenAI.Request(model, false, "hi"), message => OpenAI.Authorize(message.Headers, Thin))).Status;

        async Task UpdateAsync(params string[] changes)
        {
            await using GatewayProcess process = GatewayProcess.Run(["keys", "update", id, .. changes], config);
            Assert.True(await process.ExitedAsync() == 0, process.StandardError);
            Assert.Contains($"updated {id}", process.StandardOutput);
        }
    }

    [Fact]
    public async Task A_fallback_that_keys_may_not_use_is_told_at_creation_and_at_a_reload()
    {
        Store(Key(Scene.Token), Key(Thin) with { AllowedPools = [Scene.Pool] });
        SceneConfig config = Config("{ mode: none }") with { OtherPools = "spare: { members: [{ target: m0 }] }" };
        await using Scene scene = await Scene.StartAsync(config);
        scene.Upstream.Always = call => OpenAI.ServeAsync(call);
        const string Warning = "may use 'smart' but not its fallback 'spare', which is skipped for it";
        JsonElement before = await AdminAsync(scene, HttpMethod.Post, "/admin/keys", """{"name":"a","allowed_pools":["smart"]}""", 201);
        Assert.False(before.TryGetProperty("warnings", out _));
        Assert.DoesNotContain("fallback", scene.Gateway.StandardError);

        scene.Reload(config with { Pool = "on_exhausted: { action: 'fallback_pool:spare' }" });
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("like 1 more, " + Warning, StringComparison.Ordinal), "warned");

        JsonElement after = await AdminAsync(scene, HttpMethod.Post, "/admin/keys", """{"name":"b","allowed_pools":["smart"]}""", 201);
        Assert.Contains(Warning, Assert.Single(after.GetProperty("warnings").EnumerateArray()).GetString());
        Assert.Equal(200, (await scene.PostAsync(OpenAI, change: message => OpenAI.Authorize(message.Headers, Thin))).Status);
        JsonElement both = await AdminAsync(scene, HttpMethod.Post, "/admin/keys", """{"name":"c","allowed_pools":["smart","spare"]}""", 201);
        Assert.False(both.TryGetProperty("warnings", out _));
    }

    [Fact]
    public async Task Who_administers_is_known_by_the_address_that_trusted_proxies_tell()
    {
        Store(Key(Scene.Token));
        SceneConfig config = Config("{ mode: none }");
        await using Scene scene = await Scene.StartAsync(config with { More = config.More + "\ntrusted_proxies: [ 127.0.0.0/8 ]" });

        Assert.Equal(401, (await scene.SendAsync(HttpMethod.Get, "/admin/keys", null, ("x-admin-token", "wrong"),
            ("X-Forwarded-For", "203.0.113.9, 127.0.0.1"))).Status);
        Assert.Equal(200, (await scene.SendAsync(HttpMethod.Post, "/admin/lanes/m0/reset", null, ("x-admin-token", AdminToken),
            ("X-Forwarded-For", "203.0.113.10"))).Status);

        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("a call from 203.0.113.9 was refused for its token", StringComparison.Ordinal), "a call from 203.0.113.9 was refused for its token");
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("admin: lane.reset m0  from 203.0.113.10", StringComparison.Ordinal), "admin: lane.reset m0  from 203.0.113.10");
    }

    private static async Task<JsonElement> AdminAsync(Scene scene, HttpMethod method, string path, string? body, int status)
    {
        using var message = new HttpRequestMessage(method, path) { Content = body is null ? null
            : new StringContent(body, null, "application/json") };
        message.Headers.TryAddWithoutValidation("x-admin-token", AdminToken);
        using HttpResponseMessage response = await scene.Client.SendAsync(message);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, text);
        return JsonDocument.Parse(text).RootElement;
    }

    private void Store(params VirtualKey[] keys)
    {
        using SqliteStore store = SqliteStore.Open(Database, TimeProvider.System);
        Assert.All(keys, key => Assert.True(store.Insert(key)));
    }

    private Task<Scene> StartAsync(string auth = "{ mode: none }") => Scene.StartAsync(Config(auth));

    private SceneConfig Config(string auth) => new(OpenAI)
    {
        Auth = auth,
        Model = "max_concurrent: 300",
        More = $"governance: {{ enabled: true, admin_token: {AdminToken}, db_path: \"{Database}\", price_per_request_cents: 2, " +
            $"price_per_1k_tokens_cents: 1000 }}",
    };
}
