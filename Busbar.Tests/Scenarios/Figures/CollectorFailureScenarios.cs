using System.Runtime.InteropServices;
using System.Text;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Figures;

/// <summary>
/// Trace collectors that want nothing, in every way: requests do not notice, what is lost is counted, and nothing is repeated to anybody.
/// </summary>
public sealed class CollectorFailureScenarios
{
    private const int Requests = 30;
    private const int SpansEach = 2;

    // What the collector is shown, and the form in which it travels.
    private const string Pair = "us:canary-collector-pass";

    private static readonly string Basic = Convert.ToBase64String(Encoding.UTF8.GetBytes(Pair));

    [Theory]
    [InlineData("refuses connections")]
    [InlineData("401 with what it was sent")]
    [InlineData("500 with a body")]
    [InlineData("500 without an end")]
    [InlineData("no HTTP")]
    [Trait("gotcha", "C108")]
    public async Task A_collector_that_takes_nothing_delays_nothing_and_is_repeated_nowhere(string way)
    {
        await using ScriptedUpstream collector = way == "refuses connections" ? ScriptedUpstream.Refusing() : ScriptedUpstream.Start();
        collector.Always = call => FailAsync(call, way);
        SpokenProtocol[] all = SpokenProtocol.All;
        await using Scene scene = await Scene.StartAsync(new SceneConfig(all)
        {
            More = $"observability: {{ otlp_endpoint: \"http://{Pair}@127.0.0.1:{collector.Port}\" }}",
        });
        foreach ((SpokenProtocol spoken, ScriptedUpstream upstream) in scene.Providers.Zip(scene.Upstreams))
        {
            upstream.Always = call => spoken.ServeAsync(call, "hidden-answer");
        }

        for (int request = 0; request < Requests; request++)
        {
            Assert.Equal(200, (await scene.PostAsync(all[request % all.Length], stream: request % 2 == 0)).Status);
        }

        await Eventually.HoldsAsync(async () => (await scene.MetricsAsync())["busbar_otlp_spans_dropped_total"] is var dropped
            && dropped == SpansEach * Requests ? null : $"{dropped} spans are counted as lost");
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains(
            "the collector at 127.0.0.1 does not take them", StringComparison.Ordinal), "said so");
        Assert.Equal(0, (await scene.MetricsAsync())["busbar_otlp_spans_exported_total"]);
        await scene.SettledAsync();
        scene.Settles = false;
        scene.Gateway.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await scene.Gateway.ExitedAsync());
        string log = scene.Gateway.StandardError + scene.Gateway.StandardOutput;
        Assert.All([Basic, "canary", "hidden", "collector-body", Scene.Token], (string word) => Assert.DoesNotContain(word, log));
        Assert.All(collector.Requests, request => Assert.DoesNotMatch("canary|hidden", Encoding.Latin1.GetString(request.Body)));
    }

    private static async Task FailAsync(UpstreamCall call, string way)
    {
        string echo = string.Join(' ', call.Request.Headers.Select(header => header.Value));
        switch (way)
        {
            case "401 with what it was sent":
                await call.AnswerAsync(401, $"{{\"collector-body\":\"{echo} canary\"}}", ("WWW-Authenticate", echo), ("x-echo", echo));
                return;
            case "500 with a body":
                await call.AnswerAsync(500, "collector-body " + echo);
                return;
            case "500 without an end":
                await call.RawAsync("HTTP/1.1 500 Status\r\nContent-Length: 1000000\r\n\r\ncollector-body");
                await call.SilenceAsync();
                return;
            case "no HTTP":
                await call.RawAsync("collector-body " + echo + "\r\n\r\n");
                call.Close();
                return;
            default:
                throw new ArgumentOutOfRangeException(nameof(way));
        }
    }
}
