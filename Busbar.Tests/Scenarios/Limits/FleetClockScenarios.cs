using System.Globalization;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Governance.Store.Postgres;
using Busbar.Tests.Governance.Store.Postgres;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Limits;

/// <summary>Whole programs on machines whose clocks are wrong by more than a day. It takes libfaketime, which a static binary ignores.</summary>
public sealed partial class FleetClockScenarios
{
    private const string Library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
    private const string Secret = "sk-bb-canary-clock";
    private const int Cap = 12;

    private static readonly SpokenProtocol OpenAI = SpokenProtocol.Of("openai");

    [SkippableFact]
    public async Task The_day_of_a_limit_and_of_usage_is_the_databases_whatever_the_clocks_of_the_nodes_say()
    {
        Skip.IfNot(File.Exists(Library), "there is no libfaketime");
        using var place = new PostgresPlace();
        Prepare(place);
        await using ScriptedUpstream upstream = ScriptedUpstream.Start();
        upstream.Always = call => OpenAI.ServeAsync(call);
        List<(GatewayProcess Process, int Port)> nodes = [];
        try
        {
            foreach (string skew in (string[])["+0h", "+26h", "-26h"])
            {
                int port = GatewayProcess.FreePort();
                nodes.Add((Start(place.Url, upstream.Address, port, skew), port));
            }

            using var client = new HttpClient();
            foreach ((GatewayProcess process, int port) in nodes)
            {
                await Eventually.HoldsAsync(() => ReadyAsync(client, port));
            }

            Skip.If(SkewOf(nodes[1].Process) < 1, "the binary takes no other clock");
            int served = 0;
            for (int i = 0; i < 3 * Cap; i++)
            {
                served += await AskAsync(client, nodes[i % nodes.Count].Port) == 200 ? 1 : 0;
            }

            Assert.Equal(Cap, served);
            Assert.Equal(1L, place.Scalar("SELECT count(DISTINCT window_start) FROM busbar.limit_counters WHERE limit_key LIKE 'requests/day/%'"));
            await Eventually.HoldsAsync(() => Task.FromResult(
                place.Scalar("SELECT coalesce(sum(requests), 0)::bigint FROM busbar.usage_daily") is (long)Cap ? null : "not all is written"));
            Assert.Equal(1L, place.Scalar("SELECT count(DISTINCT day) FROM busbar.usage_daily"));
        }
        finally
        {
            foreach ((GatewayProcess process, _) in nodes)
            {
                await process.DisposeAsync();
            }
        }
    }

    private static void Prepare(PostgresPlace place)
    {
        KeyDigest digest = KeyDigest.Of(Secret);
        using PostgresStore store = place.OpenNode();
        Assert.True(store.Insert(new VirtualKey
        {
            Id = digest.ToKeyId(),
            Digest = digest,
            Name = "clock",
            Limits = [new Limit { Kind = LimitKind.Requests, Period = LimitPeriod.Day, Max = Cap }],
        }));
    }

    private static GatewayProcess Start(string url, string upstream, int port, string skew) => GatewayProcess.Run(
        [],
        $$"""
        listen: 127.0.0.1:{{port}}
        auth: { mode: none }
        governance: { enabled: true, admin_token: canary-admin-token-77, store: postgres, postgres: { url_env: DATABASE } }
        providers: { p: { protocol: openai, base_url: "{{upstream}}", api_key_env: KEY, allow_private_network: true } }
        models: { m: { provider: p, max_concurrent: 10 } }
        """,
        new Dictionary<string, string>
        {
            ["DATABASE"] = url,
            ["KEY"] = "k",
            ["LD_PRELOAD"] = Library,
            ["FAKETIME"] = skew,
            ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",

            // Or threads that wait for a while never wake.
            ["FAKETIME_FORCE_MONOTONIC_FIX"] = "0",
        });

    // Hours by which the first line of the log is ahead.
    private static double SkewOf(GatewayProcess process) => LogTime().Match(process.StandardError) is { Success: true } time
        ? (DateTimeOffset.Parse(time.Value, CultureInfo.InvariantCulture) - DateTimeOffset.UtcNow).TotalHours : 0;

    private static async Task<string?> ReadyAsync(HttpClient client, int port)
    {
        try
        {
            return (await client.GetAsync($"http://127.0.0.1:{port}/healthz")).IsSuccessStatusCode ? null : "not ready";
        }
        catch (HttpRequestException problem)
        {
            return problem.Message;
        }
    }

    private static async Task<int> AskAsync(HttpClient client, int port)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{port}/v1/chat/completions")
        {
            Content = new StringContent("""{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"hi"}]}""", null, "application/json"),
        };
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Secret);
        using HttpResponseMessage response = await client.SendAsync(message);
        return (int)response.StatusCode;
    }

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")]
    private static partial Regex LogTime();
}
