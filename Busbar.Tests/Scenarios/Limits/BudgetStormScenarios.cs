using System.Runtime.InteropServices;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Busbar.Tests.Scenarios.Faults;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Limits;

/// <summary>Budgets of the whole program under everything at once: many requests, failing providers, leaving clients, restarts and crashes.</summary>
public sealed class BudgetStormScenarios : IDisposable
{
    private const string Capped = "sk-bb-canary-capped";
    private const string Leaving = "sk-bb-canary-leaving";
    private const long Cent = 10_000_000;

    // Two cents for the request and one for each of the seven tokens that the scripted provider reports.
    private const long CostOfOne = 9 * Cent;
    private const int CapCents = 400;

    private static readonly SpokenProtocol OpenAI = SpokenProtocol.Of("openai");
    private static readonly string Body = OpenAI.Request(Scene.Pool, false)
        .Replace("\"messages\"", "\"max_tokens\":10,\"messages\"", StringComparison.Ordinal);

    private readonly string _directory = Directory.CreateTempSubdirectory("busbar-storm-").FullName;

    private string Database => Path.Combine(_directory, "governance.db");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    [Trait("lesson", "23")]
    [Trait("lesson", "24")]
    [Trait("lesson", "28")]
    public async Task Through_failures_disconnects_and_restarts_no_cap_is_passed_and_the_ledger_is_what_providers_reported()
    {
        Store(Key(Scene.Token), Key(Capped) with { MaxBudgetCents = CapCents }, Key(Leaving) with { MaxBudgetCents = CapCents, MaxConcurrent = 20 });
        int served = 0;
        for (int life = 0; life < 2; life++)
        {
            await using Scene scene = await StartAsync();
            int number = life * 1_000_000;
            scene.Upstream.Always = call => new Random(Interlocked.Increment(ref number)).Next(5) switch
            {
                0 => call.AnswerAsync(500, OpenAI.Error("server_error", "no")),
                1 => ResetAsync(call),
                _ => OpenAI.ServeAsync(call),
            };
            Task<int[]> staying = Task.WhenAll(Enumerable.Range(0, 300).Select(_ => StayAsync(scene, Capped)));
            Task leaving = Task.WhenAll(Enumerable.Range(0, 100).Select(index => LeaveAsync(scene, new Random(index))));
            int[] statuses = await staying;
            await leaving;

            Assert.All(statuses, status => Assert.True(status is 200 or 429 or >= 500, $"status {status}"));
            served += statuses.Count(status => status == 200);
            await NothingHeldAsync(scene);
            await StopAsync(scene);
        }

        Assert.InRange(served, 1, CapCents * Cent / CostOfOne);
        using SqliteStore store = SqliteStore.Open(Database, TimeProvider.System);
        WindowUsage[] windows = [.. store.Load(DateTimeOffset.UtcNow.ToUnixTimeSeconds()).Windows];
        Assert.Equal((served * CostOfOne, served * 7L, served), Sums(windows.Single(window => window.KeyId == Key(Capped).Id)));
        Assert.All(windows, window => Assert.InRange(window.SpendNanos, 0, CapCents * Cent));
        Assert.All(windows, window => Assert.Equal(window.SpendNanos,
            store.ReadUsage(window.KeyId, 0, long.MaxValue, 100).Sum(day => day.SpendNanos)));
    }

    [Fact]
    [Trait("lesson", "24")]
    public async Task A_process_killed_under_load_keeps_what_was_flushed_and_its_database_is_whole()
    {
        Store(Key(Scene.Token), Key(Capped) with { MaxBudgetCents = 1_000_000 });
        long stored = 0;
        long answered = 0;
        for (int life = 0; life < 3; life++)
        {
            await using Scene scene = await StartAsync();
            scene.Settles = false;
            scene.Upstream.Always = call => OpenAI.ServeAsync(call);
            using var killed = new CancellationTokenSource();
            Task load = Task.WhenAll(Enumerable.Range(0, 16).Select(_ => LoadAsync(scene, killed.Token)));
            await scene.Upstream.ArrivedAsync(100 + (life * 37));

            // A figure read before a flush that was waited for is in the database after the crash.
            double cents = (await scene.MetricsAsync())["busbar_key_spend_cents", ("key", Key(Capped).Id)];
            await FlushedAsync(scene);
            await scene.Gateway.KillAsync();
            await killed.CancelAsync();
            await load;
            answered += scene.Upstream.Requests.Count;

            using SqliteStore store = SqliteStore.Open(Database, TimeProvider.System);
            WindowUsage window = Assert.Single(store.Load(DateTimeOffset.UtcNow.ToUnixTimeSeconds()).Windows,
                window => window.KeyId == Key(Capped).Id);
            Assert.InRange(window.SpendNanos, Math.Max(stored, (long)(cents * Cent)), answered * CostOfOne);
            Assert.Equal(0, window.SpendNanos % CostOfOne);
            Assert.Equal(window.SpendNanos, store.ReadUsage(window.KeyId, 0, long.MaxValue, 100).Sum(day => day.SpendNanos));
            stored = window.SpendNanos;
        }

        Assert.True(stored > 0);
    }

    [Fact]
    public async Task A_second_process_on_the_same_database_refuses_to_start_and_the_first_goes_on()
    {
        Store(Key(Scene.Token));
        await using Scene scene = await StartAsync();
        scene.Upstream.Always = call => OpenAI.ServeAsync(call);
        string config = $$"""
            listen: 127.0.0.1:{{GatewayProcess.FreePort()}}
            auth: { mode: none }
            {{Governance}}
            providers: { p: { protocol: openai, base_url: "https://example.com", api_key_env: NONE } }
            models: { m: { provider: p, max_concurrent: 1 } }
            """;
        await using GatewayProcess second = GatewayProcess.Run([], config);

        Assert.Equal(1, await second.ExitedAsync());
        await Eventually.TrueAsync(() => second.StandardError.Contains("[error] governance: ", StringComparison.Ordinal),
            "said why: " + second.StandardError);
        Assert.Equal(200, await StayAsync(scene, Scene.Token));
    }

    private static Task ResetAsync(UpstreamCall call)
    {
        call.Reset();
        return Task.CompletedTask;
    }

    private static (long, long, long) Sums(WindowUsage window) => (window.SpendNanos, window.Tokens, window.Requests);

    private static async Task<int> StayAsync(Scene scene, string key) =>
        (await scene.PostAsync(OpenAI, Body, message => OpenAI.Authorize(message.Headers, key))).Status;

    private static async Task LeaveAsync(Scene scene, Random random)
    {
        using var left = new CancellationTokenSource(random.Next(30));
        try
        {
            using HttpRequestMessage message = Scene.Message(OpenAI, new StringContent(Body), message => OpenAI.Authorize(message.Headers, Leaving));
            using HttpResponseMessage response = await scene.Client.SendAsync(message, left.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or HttpRequestException)
        {
            // Gone, which is the point.
        }
    }

    private static async Task LoadAsync(Scene scene, CancellationToken killed)
    {
        while (!killed.IsCancellationRequested)
        {
            try
            {
                using HttpRequestMessage message = Scene.Message(
                    OpenAI, new StringContent(Body), message => OpenAI.Authorize(message.Headers, Capped));
                using HttpResponseMessage response = await scene.Client.SendAsync(message, killed);
            }
            catch (Exception exception) when (exception is OperationCanceledException or HttpRequestException)
            {
                return;
            }
        }
    }

    private static Task NothingHeldAsync(Scene scene) => Eventually.HoldsAsync(async () =>
    {
        MetricsPage page = await scene.MetricsAsync();
        (double Open, double Held) now = (page["busbar_reservations_open"], page["busbar_reserved_cents"]);
        return now == (0, 0) ? null : $"{now.Open} reservations hold {now.Held} cents";
    });

    // The usage of days is read from the database, with everything settled before.
    private static async Task FlushedAsync(Scene scene)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, "/admin/usage");
        message.Headers.TryAddWithoutValidation("x-admin-token", "canary-admin-token-78");
        using HttpResponseMessage response = await scene.Client.SendAsync(message);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task StopAsync(Scene scene)
    {
        scene.Settles = false;
        scene.Gateway.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await scene.Gateway.ExitedAsync());
    }

    private static VirtualKey Key(string secret)
    {
        KeyDigest digest = KeyDigest.Of(secret);
        return new VirtualKey { Id = digest.ToKeyId(), Digest = digest, Name = "test" };
    }

    private string Governance =>
        $"governance: {{ enabled: true, admin_token: canary-admin-token-78, db_path: \"{Database}\", price_per_request_cents: 2, " +
            $"price_per_1k_tokens_cents: 1000 }}";

    private void Store(params VirtualKey[] keys)
    {
        using SqliteStore store = SqliteStore.Open(Database, TimeProvider.System);
        Assert.All(keys, key => Assert.True(store.Insert(key)));
    }

    private Task<Scene> StartAsync() => Scene.StartAsync(new SceneConfig(OpenAI)
    {
        Auth = "{ mode: none }",
        Model = "max_concurrent: 500",
        Pool = "breaker: { trip: { mode: consecutive, n: 100000 } }",
        More = Governance,
    });
}
