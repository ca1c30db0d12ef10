using System.Runtime.InteropServices;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios;

public sealed class ShutdownScenarios
{
    public static TheoryData<string> Dialects => Cases.Dialects;

    [Theory]
    [MemberData(nameof(Dialects))]
    [Trait("gotcha", "C8")]
    public async Task Sigterm_lets_a_running_stream_end_and_takes_no_more_connections(string protocol)
    {
        Dialect dialect = Dialect.Of(protocol);
        var gate = new TaskCompletionSource();
        await using Scene scene = await HoldingAsync(dialect, gate.Task, new SceneConfig(dialect));
        HttpResponseMessage response = await scene.OpenAsync(dialect, stream: true);

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

        Assert.Equal(string.Concat(dialect.Stream("hello")), (await scene.ReadAsync(response)).Text);
        Assert.Equal(0, await scene.Gateway.ExitedAsync());
    }

    [Theory]
    [InlineData(PosixSignal.SIGTERM)]
    [InlineData(PosixSignal.SIGINT)]
    public async Task A_second_signal_ends_at_once(PosixSignal signal)
    {
        Dialect dialect = Dialect.All[0];
        await using Scene scene = await HoldingAsync(dialect, Task.Delay(Timeout.Infinite), new SceneConfig(dialect) { Limits = "{ shutdown_drain_secs: 600 }" });
        using HttpResponseMessage response = await scene.OpenAsync(dialect, stream: true);

        scene.Gateway.Signal(signal);
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("draining", StringComparison.Ordinal), "draining");
        scene.Gateway.Signal(signal);

        Assert.Equal(0, await scene.Gateway.ExitedAsync());
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => scene.ReadAsync(response));
    }

    [Fact]
    public async Task Draining_ends_after_its_time()
    {
        Dialect dialect = Dialect.All[0];
        await using Scene scene = await HoldingAsync(dialect, Task.Delay(Timeout.Infinite), new SceneConfig(dialect) { Limits = "{ shutdown_drain_secs: 1 }" });
        using HttpResponseMessage response = await scene.OpenAsync(dialect, stream: true);

        scene.Gateway.Signal(PosixSignal.SIGTERM);

        Assert.Equal(0, await scene.Gateway.ExitedAsync());
    }

    [Fact]
    public async Task An_idle_gateway_ends_at_the_first_signal()
    {
        await using Scene scene = await Scene.StartAsync(Dialect.All[0]);
        scene.Settles = false;
        Assert.Equal(200, (await scene.GetAsync("/healthz")).Status);

        scene.Gateway.Signal(PosixSignal.SIGTERM);

        Assert.Equal(0, await scene.Gateway.ExitedAsync());
        Assert.Contains("stopped", scene.Gateway.StandardError);
    }

    [Fact]
    public async Task Sigterm_turns_health_to_503_before_the_port_closes()
    {
        Dialect dialect = Dialect.All[0];
        await using Scene scene = await Scene.StartAsync(new SceneConfig(dialect) { Limits = "{ ready_delay_secs: 600 }" });
        scene.Settles = false;
        scene.Upstream.Always = call => dialect.ServeAsync(call);
        Assert.Equal(200, (await scene.GetAsync("/healthz")).Status);

        scene.Gateway.Signal(PosixSignal.SIGTERM);
        await Eventually.HoldsAsync(async () => (await scene.GetAsync("/healthz")).Status is 503 ? null : "still ready");

        // Requests are served meanwhile, and each connection ends with its answer.
        using HttpResponseMessage response = await scene.OpenAsync(dialect, stream: false);
        Assert.Equal(200, (int)response.StatusCode);
        Assert.True(response.Headers.ConnectionClose);
        Assert.Equal(200, (await scene.GetAsync("/livez")).Status);

        scene.Gateway.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await scene.Gateway.ExitedAsync());
    }

    [Fact]
    public async Task Sigint_does_not_wait_for_balancers()
    {
        await using Scene scene = await Scene.StartAsync(new SceneConfig(Dialect.All[0]) { Limits = "{ ready_delay_secs: 600 }" });
        scene.Settles = false;

        scene.Gateway.Signal(PosixSignal.SIGINT);

        Assert.Equal(0, await scene.Gateway.ExitedAsync());
    }

    private static async Task<Scene> HoldingAsync(Dialect dialect, Task gate, SceneConfig config)
    {
        Scene scene = await Scene.StartAsync(config);
        scene.Settles = false;
        scene.Upstream.Next(async call =>
        {
            await dialect.BeginAsync(call, "hello");
            await gate;
            await call.ChunkAsync(string.Concat(dialect.End));
            await call.EndAsync();
        });
        return scene;
    }
}
