using System.Net.Sockets;
using System.Text;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Connections;

/// <summary>Clients that leave, and clients that read slowly: never a provider's fault.</summary>
public sealed class DisconnectScenarios
{
    public static TheoryData<string, string, bool> Pairs => Cases.Pairs;

    public static TheoryData<string, string> Hops => Cases.Hops;

    public static TheoryData<string> Names => Cases.Names;

    [Theory]
    [MemberData(nameof(Pairs))]
    [Trait("gotcha", "C138")]
    [Trait("lesson", "28")]
    public async Task A_client_that_leaves_while_waiting_ends_the_call_and_harms_nobody(string client, string provider, bool stream)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        var closed = new TaskCompletionSource();
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves, serves));
        scene.Upstream.Next(async call =>
        {
            await call.SilenceAsync();
            closed.SetResult();
        });
        using var leaving = new CancellationTokenSource();

        Task<HttpResponseMessage> opening = scene.OpenAsync(speaks, stream, cancellation: leaving.Token);
        await scene.Upstream.ArrivedAsync();
        Assert.Equal(1, (await scene.LaneAsync()).Inflight);
        leaving.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening);

        await closed.Task.WaitAsync(Eventually.Bound);
        await IsNobodysFaultAsync(scene, ok: 0);
        Assert.Empty(scene.Upstreams[1].Requests);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    [Trait("gotcha", "C138")]
    [Trait("lesson", "28")]
    public async Task A_client_that_leaves_a_stream_ends_the_call_and_harms_nobody(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        var closed = new TaskCompletionSource();
        await using Scene scene = await Scene.StartAsync(serves);
        scene.Upstream.Next(async call =>
        {
            await serves.BeginAsync(call, "hello");
            await call.SilenceAsync();
            closed.SetResult();
        });

        using (HttpResponseMessage response = await scene.OpenAsync(speaks, stream: true))
        {
            await (await StreamText.OfAsync(response)).ReadUntilAsync("hello");
            Assert.Equal(1, (await scene.LaneAsync()).Inflight);
        }

        await closed.Task.WaitAsync(Eventually.Bound);
        await IsNobodysFaultAsync(scene, ok: 0);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    [Trait("gotcha", "C138")]
    public async Task A_client_that_leaves_between_two_pieces_ends_the_call_and_harms_nobody(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        var closed = new TaskCompletionSource();
        await using Scene scene = await Scene.StartAsync(serves);
        scene.Upstream.Next(async call =>
        {
            await serves.BeginAsync(call, "hello");
            try
            {
                while (true)
                {
                    await call.ChunkAsync(serves.More(new string('x', 1000)));
                    await Task.Yield();
                }
            }
            catch (IOException)
            {
                closed.SetResult();
                throw;
            }
        });

        using (HttpResponseMessage response = await scene.OpenAsync(speaks, stream: true))
        {
            await (await StreamText.OfAsync(response)).ReadUntilAsync("hello");
        }

        await closed.Task.WaitAsync(Eventually.Bound);
        await IsNobodysFaultAsync(scene, ok: 0);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    [Trait("gotcha", "C155")]
    public async Task A_probe_whose_client_leaves_can_be_sent_again_at_once(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves)
        {
            Pool = "breaker: { base_cooldown_secs: 1, max_cooldown_secs: 1, trip: { mode: consecutive, n: 1 } }",
        });
        scene.Upstream.Next(call => call.AnswerAsync(500, "{}")).Next(call => call.SilenceAsync()).Next(call => serves.ServeAsync(call));
        Assert.Equal(503, (await scene.PostAsync(speaks)).Status);
        using var leaving = new CancellationTokenSource();

        await Eventually.HoldsAsync(async () => (await scene.LaneAsync()).CooldownIn("smart") == 0 ? null : "cooling down");
        Task<HttpResponseMessage> probe = scene.OpenAsync(speaks, stream: false, cancellation: leaving.Token);
        await scene.Upstream.ArrivedAsync(2);
        Assert.Equal("half_open", (await scene.LaneAsync()).State("smart"));
        Assert.Equal(503, (await scene.PostAsync(speaks)).Status);
        leaving.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => probe);
        await scene.SettledAsync();

        Assert.Equal(200, (await scene.PostAsync(speaks)).Status);
        Assert.Equal("closed", (await scene.LaneAsync()).State("smart"));
    }

    [Theory]
    [MemberData(nameof(Hops))]
    [Trait("gotcha", "C138")]
    [Trait("lesson", "28")]
    public async Task Where_a_pool_drains_the_answer_of_a_client_that_left_is_read_to_its_end_and_nobody_is_blamed(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        TaskCompletionSource left = new(), ended = new();
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves) { Pool = "on_client_disconnect: drain" });
        scene.Upstream.Next(async call =>
        {
            await serves.BeginAsync(call, "hello");
            await left.Task;

            // Far more than a connection holds that nobody reads from: a call that is cancelled ends before this.
            for (int piece = 0; piece < 1000; piece++)
            {
                await call.ChunkAsync(serves.More(new string('x', 8000)));
            }

            Assert.Equal(1, (await scene.LaneAsync()).Inflight);
            await call.ChunkAsync(string.Concat(serves.End));
            await call.EndAsync();
            ended.SetResult();
        });

        using (HttpResponseMessage response = await scene.OpenAsync(speaks, stream: true))
        {
            await (await StreamText.OfAsync(response)).ReadUntilAsync("hello");
        }

        left.SetResult();
        await ended.Task.WaitAsync(Eventually.Bound);
        await IsNobodysFaultAsync(scene, ok: 0);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Draining_has_its_limit_in_time_and_a_failure_in_it_is_nobodys(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            spoken, spoken) { Pool = "on_client_disconnect: drain", Limits = "{ drain_secs: 1 }" });
        var closed = new TaskCompletionSource();
        scene.Upstream.Next(async call =>
        {
            await call.SilenceAsync();
            closed.SetResult();
        });
        using var leaving = new CancellationTokenSource();
        Task<HttpResponseMessage> opening = scene.OpenAsync(spoken, stream: true, cancellation: leaving.Token);
        await scene.Upstream.ArrivedAsync();
        leaving.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening);

        await closed.Task.WaitAsync(Eventually.Bound);
        await IsNobodysFaultAsync(scene, ok: 0);
        Assert.Empty(scene.Upstreams[1].Requests);
    }

    [Theory]
    [InlineData("openai", "openai")]
    [InlineData("anthropic", "openai")]
    [InlineData("bedrock", "bedrock")]
    [InlineData("gemini", "responses")]
    public async Task A_slow_reader_holds_up_its_provider_and_nobody_is_blamed(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        // 80 MB: Linux may grow the two receive buffers on the way to 32 MiB each.
        const int Pieces = 10_000;
        int sent = 0;
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves) { Limits = "{ upstream_idle_timeout_secs: 6 }" });
        scene.Upstream.Next(async call =>
        {
            await serves.BeginAsync(call, "hello");
            for (int piece = 0; piece < Pieces; piece++)
            {
                await call.ChunkAsync(serves.More(new string('x', 8000)));
                Interlocked.Increment(ref sent);
            }

            await call.ChunkAsync(string.Concat(serves.End));
            await call.EndAsync();
        });

        using HttpResponseMessage response = await scene.OpenAsync(speaks, stream: true);
        var text = await StreamText.OfAsync(response);
        await text.ReadUntilAsync("hello");

        // The limit leaves a busy machine time to send. Nothing is read for longer than the provider's own idle limit: buffers fill, and then the
        // provider has to wait.
        int before = -1;
        long since = Environment.TickCount64;
        await Eventually.HoldsAsync(() =>
        {
            int now = Volatile.Read(ref sent);
            since = now == before ? since : Environment.TickCount64;
            before = now;
            return Task.FromResult(Environment.TickCount64 - since > 7500 ? null : "the provider still makes progress");
        });
        Assert.InRange(Volatile.Read(ref sent), 0, Pieces - 1);

        // A stream is no success before its end.
        Assert.Equal((0L, 0L), ((await scene.LaneAsync()).Ok, (await scene.LaneAsync()).Err));
        await text.ReadToEndAsync();

        Assert.True(speaks.EndsCleanly(text.Text), text.Text[^400..]);
        await scene.ChargedAsync(0, ok: 1);
        await scene.CountedAsync("ok");
    }

    [Fact]
    public async Task A_client_that_leaves_while_it_sends_its_body_is_counted_once()
    {
        await using Scene scene = await Scene.StartAsync(SpokenProtocol.All[0]);
        using (var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            await socket.ConnectAsync("127.0.0.1", scene.Port);
            await socket.SendAsync(Encoding.ASCII.GetBytes(
                $"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {Scene.Token}\r\nContent-Length: 1000\r\n\r\n{{\"model\""));
            await Eventually.HoldsAsync(async () => (await scene.MetricsAsync())["busbar_pooled_buffers"] > 0 ? null : "the body is not being read");
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }

        await scene.CountedAsync("client_error");
        await scene.ChargedAsync(0);
    }

    private static async Task IsNobodysFaultAsync(Scene scene, int ok)
    {
        await scene.SettledAsync();
        await scene.ChargedAsync(0, ok: ok);
        LaneReading lane = await scene.LaneAsync();
        Assert.Equal(("closed", 0, 0d), (lane.State("smart"), lane.StreakIn("smart"), lane.Cooldown));
        await scene.CountedAsync("client_error");
        Assert.Equal(0, (await scene.MetricsAsync()).Sum("busbar_upstream_failures_total"));
    }
}
