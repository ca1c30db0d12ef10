using System.Runtime.InteropServices;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Operations;

public sealed class ShutdownScenarios
{
    public static TheoryData<string> Names => Cases.Names;

    public static TheoryData<string, string> Hops => Cases.Hops;

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("gotcha", "C8")]
    public async Task Sigterm_lets_a_running_stream_end_and_takes_no_more_connections(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        var gate = new TaskCompletionSource();
        await using Scene scene = await HoldingAsync(spoken, gate.Task, new SceneConfig(spoken));
        HttpResponseMessage response = await scene.OpenAsync(spoken, stream: true);

        scene.Gateway.Signal(PosixSignal.SIGTERM);
        await Eventually.HoldsAsync(async () =>
        {
            try
            {
                using var other = new HttpClient();
                using HttpResponseMessage answered = await other.GetAsync($"http://127.0.0.1:{scene.Port}/livez");
                return "still accepting";
            }
            catch (HttpRequestException)
            {
                return null;
            }
        });
        Assert.False(scene.Gateway.HasExited);
        gate.SetResult();

        Assert.Equal(string.Concat(spoken.Stream("hello")), (await scene.ReadAsync(response)).Text);
        Assert.Equal(0, await scene.Gateway.ExitedAsync());
    }

    [Theory]
    [InlineData(PosixSignal.SIGTERM)]
    [InlineData(PosixSignal.SIGINT)]
    public async Task A_second_signal_ends_at_once(PosixSignal signal)
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using Scene scene = await HoldingAsync(spoken, Task.Delay(Timeout.Infinite),
            new SceneConfig(spoken) { Limits = "{ shutdown_drain_secs: 600 }" });
        using HttpResponseMessage response = await scene.OpenAsync(spoken, stream: true);

        scene.Gateway.Signal(signal);
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("draining", StringComparison.Ordinal), "draining");
        scene.Gateway.Signal(signal);

        Assert.Equal(0, await scene.Gateway.ExitedAsync());
        try
        {
            // The error may still get out; nothing waits for it.
            Reply reply = await scene.ReadAsync(response);
            Assert.True(spoken.HasError(reply.Text), reply.Text);
        }
        catch (HttpRequestException)
        {
            // Cut.
        }
    }

    [Fact]
    public async Task Draining_ends_after_its_time()
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using Scene scene = await HoldingAsync(spoken, Task.Delay(Timeout.Infinite),
            new SceneConfig(spoken) { Limits = "{ shutdown_drain_secs: 1 }" });
        using HttpResponseMessage response = await scene.OpenAsync(spoken, stream: true);

        scene.Gateway.Signal(PosixSignal.SIGTERM);

        Assert.Equal(0, await scene.Gateway.ExitedAsync());
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task A_stream_longer_than_the_drain_ends_with_the_error_of_its_protocol(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await HoldingAsync(serves, Task.Delay(Timeout.Infinite),
            new SceneConfig(serves) { Limits = "{ shutdown_drain_secs: 1 }" });
        using HttpResponseMessage response = await scene.OpenAsync(speaks, stream: true);

        scene.Gateway.Signal(PosixSignal.SIGTERM);
        Reply reply = await scene.ReadAsync(response);

        Assert.Contains("hello", reply.Text);
        Assert.True(speaks.HasError(reply.Text), reply.Text);
        Assert.False(speaks.EndsCleanly(reply.Text), reply.Text);
        Scene.SpeaksLikeTheVendor(reply);
        Assert.Equal(0, await scene.Gateway.ExitedAsync());
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains(" outcome=error attempts=1 ", StringComparison.Ordinal), " outcome=error attempts=1 ");
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains(" reason=shutdown ", StringComparison.Ordinal), " reason=shutdown ");
        Assert.DoesNotContain("attempt failed", scene.Gateway.StandardError);
    }

    [Theory]
    [InlineData("openai", false, "{ shutdown_drain_secs: 1 }")]
    [InlineData("bedrock", true, "{ shutdown_drain_secs: 1 }")]
    [InlineData("anthropic", true, "{ shutdown_drain_secs: 2, stream_keepalive_secs: 1 }")]
    public async Task A_request_that_has_no_answer_by_the_end_of_the_drain_is_told_so(string protocol, bool stream, string limits)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken, spoken) { Limits = limits });
        scene.Settles = false;
        scene.Upstream.Always = call => call.SilenceAsync();
        Task<Reply> waits = scene.PostAsync(spoken, stream);
        await scene.Upstream.ArrivedAsync();

        scene.Gateway.Signal(PosixSignal.SIGTERM);
        Reply reply = await waits;

        if (reply.Status == 200)
        {
            Assert.True(spoken.HasError(reply.Text), reply.Text);
        }
        else
        {
            spoken.IsEnvelope(reply, 503);
        }

        Assert.Equal(limits.Contains("keepalive", StringComparison.Ordinal), reply.Status == 200);
        Assert.Empty(scene.Upstreams[1].Requests);
        Assert.Equal(0, await scene.Gateway.ExitedAsync());
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains(" reason=shutdown ", StringComparison.Ordinal), " reason=shutdown ");
    }

    [Fact]
    public async Task A_request_that_waits_for_a_lane_at_the_end_of_the_drain_is_told_so()
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            spoken) { Limits = "{ shutdown_drain_secs: 1 }", Model = "max_concurrent: 1" });
        scene.Settles = false;
        scene.Upstream.Always = call => call.SilenceAsync();
        Task<Reply>[] both = [scene.PostAsync(spoken), scene.PostAsync(spoken)];
        await scene.Upstream.ArrivedAsync();
        await Eventually.HoldsAsync(async () => (await scene.MetricsAsync()).Sum("busbar_pool_queued") == 1 ? null : "nobody waits");

        scene.Gateway.Signal(PosixSignal.SIGTERM);

        foreach (Reply reply in await Task.WhenAll(both))
        {
            spoken.IsEnvelope(reply, 503);
        }

        Assert.Single(scene.Upstream.Requests);
        Assert.Equal(0, await scene.Gateway.ExitedAsync());
    }

    [Fact]
    public async Task An_idle_gateway_ends_at_the_first_signal()
    {
        await using Scene scene = await Scene.StartAsync(SpokenProtocol.All[0]);
        scene.Settles = false;
        Assert.Equal(200, (await scene.GetAsync("/healthz")).Status);

        scene.Gateway.Signal(PosixSignal.SIGTERM);

        Assert.Equal(0, await scene.Gateway.ExitedAsync());
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("stopped", StringComparison.Ordinal), "stopped");
    }

    [Fact]
    public async Task Sigterm_turns_health_to_503_before_the_port_closes()
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { Limits = "{ ready_delay_secs: 600 }" });
        scene.Settles = false;
        scene.Upstream.Always = call => spoken.ServeAsync(call);
        Assert.Equal(200, (await scene.GetAsync("/healthz")).Status);

        scene.Gateway.Signal(PosixSignal.SIGTERM);
        await Eventually.HoldsAsync(async () => (await scene.GetAsync("/healthz")).Status is 503 ? null : "still ready");

        // Requests are served meanwhile, and each connection ends with its answer.
        using HttpResponseMessage response = await scene.OpenAsync(spoken, stream: false);
        Assert.Equal(200, (int)response.StatusCode);
        Assert.True(response.Headers.ConnectionClose);
        Assert.Equal(200, (await scene.GetAsync("/livez")).Status);

        scene.Gateway.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await scene.Gateway.ExitedAsync());
    }

    [Fact]
    public async Task Sigint_does_not_wait_for_balancers()
    {
        await using Scene scene = await Scene.StartAsync(new SceneConfig(SpokenProtocol.All[0]) { Limits = "{ ready_delay_secs: 600 }" });
        scene.Settles = false;

        scene.Gateway.Signal(PosixSignal.SIGINT);

        Assert.Equal(0, await scene.Gateway.ExitedAsync());
    }

    private static async Task<Scene> HoldingAsync(SpokenProtocol spoken, Task gate, SceneConfig config)
    {
        Scene scene = await Scene.StartAsync(config);
        scene.Settles = false;
        scene.Upstream.Next(async call =>
        {
            await spoken.BeginAsync(call, "hello");
            await gate;
            await call.ChunkAsync(string.Concat(spoken.End));
            await call.EndAsync();
        });
        return scene;
    }
}
