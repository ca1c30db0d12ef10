using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Failover;

/// <summary>A second call beside one that is slow to begin its answer: <c>pools.*.hedge</c>.</summary>
public sealed class HedgeScenarios
{
    private const string Always = "hedge: { after: 150, at_most: 1 }";

    public static IEnumerable<object[]> Hops => Cases.Hops;

    public static TheoryData<string, bool> Forms
    {
        get
        {
            var forms = new TheoryData<string, bool>();
            foreach (SpokenProtocol spoken in SpokenProtocol.All)
            {
                forms.Add(spoken.Name, false);
                forms.Add(spoken.Name, true);
            }

            return forms;
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task The_second_call_answers_and_the_first_is_given_up(string protocol, bool streamed)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken, spoken) { Pool = Always, More = "response_headers: debug" });
        scene.Upstreams[0].Always = call => call.SilenceAsync();
        scene.Upstreams[1].Always = call => spoken.ServeAsync(call);

        Reply reply = await scene.PostAsync(spoken, streamed);

        Assert.Equal(200, reply.Status);
        Assert.Contains("hello", reply.Text);
        Assert.Contains(reply.Headers, header => header.Value == "hedge");
        await scene.SettledAsync();
        await scene.ChargedAsync(0);
        await scene.ChargedAsync(1, ok: 1);
        Assert.Equal(1, (await scene.MetricsAsync())["busbar_hedges_total", ("pool", Scene.Pool), ("outcome", "won")]);
        await scene.CountedAsync("ok");
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task Lanes_of_two_protocols_run_beside_each_other(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(speaks, serves) { Pool = Always });
        scene.Upstreams[0].Always = call => call.SilenceAsync();
        scene.Upstreams[1].Always = call => serves.ServeAsync(call);

        Reply reply = await scene.PostAsync(speaks, stream: true);

        Assert.Contains("hello", reply.Text);
        Assert.True(speaks.EndsCleanly(reply.Text), reply.Text);
        await scene.ChargedAsync(1, ok: 1);
    }

    [Fact]
    public async Task The_first_call_may_still_win()
    {
        SpokenProtocol spoken = SpokenProtocol.Of("anthropic");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken, spoken) { Pool = Always });
        var gate = new TaskCompletionSource();
        scene.Upstreams[0].Always = async call =>
        {
            await gate.Task;
            await spoken.ServeAsync(call, "hello from the first");
        };
        scene.Upstreams[1].Always = async call =>
        {
            gate.SetResult();
            await call.SilenceAsync();
        };

        Assert.Contains("hello from the first", (await scene.PostAsync(spoken)).Text);

        await scene.ChargedAsync(0, ok: 1);
        await scene.ChargedAsync(1);
        Assert.Equal(1, (await scene.MetricsAsync())["busbar_hedges_total", ("pool", Scene.Pool), ("outcome", "lost")]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_call_that_fails_leaves_the_other_to_answer(int failing)
    {
        SpokenProtocol spoken = SpokenProtocol.Of("openai");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken, spoken) { Pool = Always });
        var both = new TaskCompletionSource();
        var failed = new TaskCompletionSource();
        scene.Upstreams[failing].Always = async call =>
        {
            await both.Task;
            await call.AnswerAsync(500, spoken.Error("server_error", "no"));
            failed.SetResult();
        };
        scene.Upstreams[1 - failing].Always = async call =>
        {
            await (failing == 0 ? Task.CompletedTask : both.Task);
            both.TrySetResult();
            await failed.Task;
            await Eventually.HoldsAsync(async () => (await scene.LaneAsync(failing)).Err == 1 ? null : "not yet charged");
            await spoken.ServeAsync(call);
        };
        if (failing == 1)
        {
            _ = Task.Run(async () =>
            {
                await scene.Upstreams[1].ArrivedAsync();
                both.TrySetResult();
            });
        }

        Reply reply = await scene.PostAsync(spoken);

        Assert.Equal(200, reply.Status);
        await scene.ChargedAsync(failing, err: 1);
        await scene.ChargedAsync(1 - failing, ok: 1);
        Assert.Equal([1, 1], scene.Upstreams.Select(upstream => upstream.Requests.Count));
        await scene.CountedAsync("ok");
    }

    [Fact]
    public async Task When_both_fail_the_third_lane_answers()
    {
        SpokenProtocol spoken = SpokenProtocol.Of("openai");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken, spoken, spoken) { Pool = Always });
        var both = new TaskCompletionSource();
        scene.Upstreams[0].Always = async call =>
        {
            await both.Task;
            await call.AnswerAsync(500, spoken.Error("server_error", "no"));
        };
        scene.Upstreams[1].Always = async call =>
        {
            both.SetResult();
            await call.AnswerAsync(503, spoken.Error("server_error", "no"));
        };
        scene.Upstreams[2].Always = call => spoken.ServeAsync(call);

        Assert.Equal(200, (await scene.PostAsync(spoken)).Status);

        await scene.ChargedAsync(0, err: 1);
        await scene.ChargedAsync(1, err: 1);
        await scene.ChargedAsync(2, ok: 1);
    }

    [Fact]
    public async Task A_client_that_leaves_ends_both_calls_and_nobody_is_charged()
    {
        SpokenProtocol spoken = SpokenProtocol.Of("anthropic");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken, spoken) { Pool = Always });
        foreach (ScriptedUpstream upstream in scene.Upstreams)
        {
            upstream.Always = call => call.SilenceAsync();
        }

        using var leaving = new CancellationTokenSource();
        Task<HttpResponseMessage> asking = scene.OpenAsync(spoken, stream: true, cancellation: leaving.Token);
        await scene.Upstreams[1].ArrivedAsync();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await asking);

        await scene.SettledAsync();
        await scene.ChargedAsync(0);
        await scene.ChargedAsync(1);
        await scene.CountedAsync("client_error");
    }

    [Fact]
    public async Task No_more_than_the_share_is_called_for_twice()
    {
        SpokenProtocol spoken = SpokenProtocol.Of("openai");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken, spoken) { Pool = "hedge: { after: 1, at_most: 0.25 }" });
        int calls = 0;
        foreach (ScriptedUpstream upstream in scene.Upstreams)
        {
            upstream.Always = async call =>
            {
                Interlocked.Increment(ref calls);
                await Task.Delay(30);
                await spoken.ServeAsync(call);
            };
        }

        for (int request = 0; request < 20; request++)
        {
            Assert.Equal(200, (await scene.PostAsync(spoken)).Status);
        }

        await scene.SettledAsync();
        Assert.InRange((await scene.MetricsAsync()).Sum("busbar_hedges_total"), 1, 5);
        Assert.InRange(calls, 21, 25);
    }

    [Fact]
    public async Task Without_another_ready_lane_there_is_one_call()
    {
        SpokenProtocol spoken = SpokenProtocol.Of("openai");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { Pool = Always });
        scene.Upstream.Always = async call =>
        {
            await Task.Delay(500);
            await spoken.ServeAsync(call);
        };

        Assert.Equal(200, (await scene.PostAsync(spoken)).Status);

        Assert.Single(scene.Upstream.Requests);
        Assert.Equal(0, (await scene.MetricsAsync()).Sum("busbar_hedges_total"));
    }
}
