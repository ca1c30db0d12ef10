using System.Diagnostics;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Operations;

/// <summary>
/// What a crash takes along: at most what was settled within one flush interval before it. The order of events says so, not a stopwatch. A connection
/// serves one request after the other, so a request is settled once the next one on its connection is answered; and the program says itself, by
/// <c>busbar_ledger_lag_seconds</c>, up to when everything settled is in the database.
/// </summary>
public sealed class CrashScenarios : IDisposable
{
    private const int Clients = 8;
    private const int Lives = 3;
    private const int Readings = 5;

    // Beside the interval, for the writer's turn and its commit on a machine that does other things too.
    private static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(150);

    private static readonly SpokenProtocol OpenAI = SpokenProtocol.Of("openai");
    private static readonly string Body = OpenAI.Request(Scene.Pool, stream: false);

    private readonly string _directory = Directory.CreateTempSubdirectory("busbar-crash-").FullName;

    private string Database => Path.Combine(_directory, "governance.db");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    [Trait("lesson", "24")]
    public async Task A_crash_loses_at_most_what_was_settled_within_one_flush_interval()
    {
        using (SqliteStore store = SqliteStore.Open(Database, TimeProvider.System))
        {
            Assert.All(Enumerable.Range(0, Clients), client => Assert.True(store.Insert(Key(client))));
            Assert.True(store.Insert(Key(Scene.Token)));
        }

        long[] least = new long[Clients];
        long[] most = new long[Clients];
        for (int life = 0; ; life++)
        {
            await using Scene scene = await StartAsync();
            long[] stored = await StoredAsync(scene);
            Assert.All(Enumerable.Range(0, Clients), client => Assert.InRange(stored[client], least[client], most[client]));
            if (life == Lives)
            {
                break;
            }

            scene.Settles = false;
            scene.Upstream.Always = call => OpenAI.ServeAsync(call);
            using var killed = new CancellationTokenSource();
            Task<List<long>>[] loads = [.. Enumerable.Range(0, Clients).Select(client => LoadAsync(scene, Secret(client), killed.Token))];
            long surely = await FlushedUntilAsync(scene);
            await scene.Gateway.KillAsync();
            await killed.CancelAsync();
            for (int client = 0; client < Clients; client++)
            {
                List<long> answered = await loads[client];
                least[client] = stored[client] + Math.Max(0, answered.Count(time => time < surely) - 1);
                most[client] = stored[client] + answered.Count + 1;
            }

            Assert.True(least.Sum() > stored.Sum(), "nothing was settled in time");
        }
    }

    // The time before which all that was settled is in the database; read when the program is at most one interval behind, and has been for a while.
    private static async Task<long> FlushedUntilAsync(Scene scene)
    {
        TimeSpan most = Ledger.Interval + Margin;
        (int good, long surely) = (0, 0L);
        await Eventually.HoldsAsync(async () =>
        {
            await Task.Delay(Ledger.Interval);
            long asked = Stopwatch.GetTimestamp();
            var lag = TimeSpan.FromSeconds((await scene.MetricsAsync())["busbar_ledger_lag_seconds"]);
            surely = asked - (long)(lag.TotalSeconds * Stopwatch.Frequency);
            good = lag <= most ? good + 1 : 0;
            return good >= Readings ? null : $"the database is {lag} behind";
        });
        return surely;
    }

    // When each answer had come whole.
    private static async Task<List<long>> LoadAsync(Scene scene, string secret, CancellationToken killed)
    {
        List<long> answered = [];
        byte[] request = System.Text.Encoding.ASCII.GetBytes(
            $"POST {OpenAI.Path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\nContent-Length: {Body.Length}\r\n\r\n{Body}");
        using RawConnection connection = await RawConnection.OpenAsync(scene.Port);
        while (!killed.IsCancellationRequested)
        {
            await connection.SendAsync(request);
            if (await connection.ReadAsync() is not { } reply || !reply.Text.EndsWith('}'))
            {
                break;
            }

            Assert.Equal(200, reply.Status);
            answered.Add(Stopwatch.GetTimestamp());
        }

        return answered;
    }

    // A cent for each.
    private static async Task<long[]> StoredAsync(Scene scene)
    {
        MetricsPage page = await scene.MetricsAsync();
        return [.. Enumerable.Range(0, Clients).Select(client => (long)page.Sum("busbar_key_spend_cents", "key", Key(client).Id))];
    }

    private static string Secret(int client) => $"sk-bb-canary-crash-{client}";

    private static VirtualKey Key(int client) => Key(Secret(client)) with { MaxBudgetCents = 1_000_000 };

    private static VirtualKey Key(string secret)
    {
        KeyDigest digest = KeyDigest.Of(secret);
        return new VirtualKey { Id = digest.ToKeyId(), Digest = digest, Name = "test" };
    }

    private Task<Scene> StartAsync() => Scene.StartAsync(new SceneConfig(OpenAI)
    {
        Auth = "{ mode: none }",
        Model = "max_concurrent: 100",
        More = $"governance: {{ enabled: true, admin_token: canary-admin-token-81, db_path: \"{Database}\", price_per_request_cents: 1 }}",
    });
}
