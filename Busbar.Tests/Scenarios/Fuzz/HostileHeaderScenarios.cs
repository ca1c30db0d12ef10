using System.Text;
using System.Text.Json;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Busbar.Tests.Scenarios.Harness;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Busbar.Tests.Scenarios.Fuzz;

/// <summary>Headers that nobody means well with, on every route and in every protocol, sent by sockets since no HTTP library would.</summary>
public sealed class HostileHeaderScenarios(ITestOutputHelper output) : IDisposable
{
    private const int Cases = 1200;
    private const int MaxFailures = 5;
    private const int BatchSize = 50;

    // What Kestrel says itself, without a body, to what is no HTTP.
    private static readonly int[] Unparseable = [400, 405, 408, 411, 413, 414, 431, 501, 505];

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    private readonly string _directory = Directory.CreateTempSubdirectory("busbar-hostile-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("none")]
    [InlineData("token")]
    [InlineData("passthrough")]
    [Trait("gotcha", "C89")]
    [Trait("gotcha", "C108")]
    public async Task Whatever_the_headers_the_answer_is_native_and_nobody_is_charged(string mode)
    {
        await using ScriptedUpstream collector = ScriptedUpstream.Refusing();
        await using Scene scene = await StartAsync(mode, collector.Port);
        var bounds = new FuzzBounds(Cases);
        var statuses = new SortedDictionary<int, int>();
        int number = 0;
        var failures = new List<string>();
        while (failures.Count < MaxFailures && bounds.Allows(number))
        {
            var batch = new StringBuilder();
            for (int end = number + BatchSize; number < end; number++)
            {
                var request = new HostileRequest(number);
                batch.Append($"\n--- case {number} of seed {FuzzBounds.Seed}\n{request}\n");
                try
                {
                    int status = await RunAsync(scene, request);
                    statuses[status] = statuses.GetValueOrDefault(status) + 1;
                }
                catch (Exception exception)
                {
                    failures.Add($"case {number} of seed {FuzzBounds.Seed}: {exception.Message}\n{request}");
                }
            }

            try
            {
                await IsUnharmedAsync(scene);
            }
            catch (Exception exception)
            {
                throw new XunitException($"{exception.Message}\nafter one of{batch}", exception);
            }
        }

        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
        output.WriteLine($"{number} cases: {string.Join(", ", statuses.Select(pair => $"{pair.Value} x {pair.Key}"))}");
        Assert.True(statuses.GetValueOrDefault(200) > number / 10, "hardly anything got through, so nothing was tried");
        Assert.All(scene.Upstreams.SelectMany(upstream => upstream.Requests), request => Assert.All(request.Headers, header =>
        {
            Assert.True(mode == "passthrough" || !header.Value.Contains(Scene.Token, StringComparison.Ordinal),
                $"{header.Key} has the caller's token");
            Assert.DoesNotContain(header.Value, letter => letter is < ' ' or > '~');
        }));
    }

    // Its status, 0 for no answer where none is due.
    private static async Task<int> RunAsync(Scene scene, HostileRequest request)
    {
        using RawConnection connection = await RawConnection.OpenAsync(scene.Port);
        await connection.SendAsync(request.Bytes);
        if (!request.IsWhole && !connection.HasAnswer(Patience))
        {
            connection.Finish();
        }

        if (await connection.ReadAsync(request.IsHead) is not { } reply)
        {
            Assert.False(request.IsWhole, "no answer");
            return 0;
        }

        string shown = string.Join('\n', reply.Headers) + "\n" + reply.Text;
        Assert.DoesNotContain("canary", shown, StringComparison.OrdinalIgnoreCase);
        bool isKestrels = reply is { Body.Length: 0 } && reply["Connection"] == "close" && Unparseable.Contains(reply.Status);
        Assert.True(reply.Status < 500 || isKestrels, shown);
        if (reply.Status >= 300 && !isKestrels && !request.IsHead)
        {
            Scene.SpeaksLikeTheVendor(reply);
            Assert.True(request.Names.Count == 0 ? IsAdmins(reply) : request.Names.Any(spoken => IsNative(spoken, reply)),
                $"not native: {reply.Status}\n{shown}");
        }

        // Where the next request begins is what smuggling is about.
        if (request.IsWhole && reply["Connection"] != "close")
        {
            await connection.SendAsync("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
            Reply? next = await connection.ReadAsync();
            Assert.True(next is { Status: 200, Text: "ok" },
                $"after {reply.Status} the next request on the connection was answered with {next?.Status} {next?.Text}");
        }

        return reply.Status;
    }

    private static bool IsAdmins(Reply reply) =>
        reply.Json.GetProperty("error") is var error && error.GetProperty("type").GetString()!.Length > 0
            && error.GetProperty("code").GetString()!.Length > 0 && error.GetProperty("message").GetString()!.Length > 0;

    private static bool IsNative(SpokenProtocol spoken, Reply reply)
    {
        foreach (int status in (int[])[400, 401, 403, 404, 405, 408, 411, 413, 415])
        {
            foreach (string? code in (string?[])[null, "model_not_found", "DeploymentNotFound"])
            {
                try
                {
                    spoken.IsEnvelope(reply, status, code);
                    return true;
                }
                catch (Exception exception) when (exception is XunitException or KeyNotFoundException or JsonException or InvalidOperationException)
                {
                    // Not that one.
                }
            }
        }

        return false;
    }

    // Lanes are as they were, everything is given back, and every protocol is served.
    private static async Task IsUnharmedAsync(Scene scene)
    {
        foreach (SpokenProtocol spoken in SpokenProtocol.All)
        {
            Reply good = await scene.PostAsync(spoken);
            Assert.True(good.Status == 200, $"{spoken}: {good.Status} {good.Text}");
        }

        await scene.SettledAsync();
        foreach (LaneReading lane in await scene.LanesAsync())
        {
            Assert.Equal((lane.Model, 0, 0, false, 0), (lane.Model, lane.Err, lane.ClientFault, lane.Dead, lane.Cooldown));
            Assert.All(lane.States, state => Assert.Equal("closed", state));
            Assert.Equal(0, lane.StreakIn(Scene.Pool));
        }

        MetricsPage page = await scene.MetricsAsync();
        Assert.All(page.Series.Where(series => series is "busbar_reservations_open" or "busbar_reserved_cents"),
            series => Assert.Equal(0, page[series]));
    }

    // What an auxiliary operation gets has something for everybody: it is passed on as it is.
    private static Task ServeAsync(SpokenProtocol spoken, UpstreamCall call) =>
        call.Request.Path.Contains("ount", StringComparison.Ordinal) || call.Request.Path.Contains("mbed", StringComparison.Ordinal)
            || call.Request.Path.Contains("/responses/", StringComparison.Ordinal)
            ? call.AnswerAsync(200, """{"input_tokens":5,"inputTokens":5,"totalTokens":5,"data":[],"embeddings":[],"output":[]}""")
            : spoken.ServeAsync(call);

    // Without authentication there are keys; and traces, sessions and everything else that reads headers is on.
    private async Task<Scene> StartAsync(string mode, int collector)
    {
        string database = Path.Combine(_directory, "governance.db");
        using (SqliteStore store = SqliteStore.Open(database, TimeProvider.System))
        {
            KeyDigest digest = KeyDigest.Of(Scene.Token);
            Assert.True(store.Insert(new VirtualKey { Id = digest.ToKeyId(), Digest = digest, Name = "test" }));
        }

        Scene scene = await Scene.StartAsync(new SceneConfig([.. SpokenProtocol.All])
        {
            Auth = $"{{ mode: {mode}{(mode == "token" ? $", client_tokens: [{Scene.Token}]" : "")} }}",
            Pool = "affinity: { mode: session, header_name: x-session-id }",
            Limits = "{ request_body_read_timeout_secs: 2, header_read_timeout_secs: 2, shutdown_drain_secs: 10 }",
            More = $$"""
                observability: { otlp_endpoint: "http://127.0.0.1:{{collector}}" }
                governance: { enabled: {{(mode == "none" ? "true" : "false")}}, admin_token: canary-admin-token-79, db_path: "{{database}}", price_per_request_cents: 2, price_per_1k_tokens_cents: 1000 }
                """,
        });
        foreach ((SpokenProtocol spoken, ScriptedUpstream upstream) in scene.Providers.Zip(scene.Upstreams))
        {
            upstream.Always = call => ServeAsync(spoken, call);
        }

        return scene;
    }
}
