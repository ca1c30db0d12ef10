using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Failover;

/// <summary>
/// A provider that thinks for long before it begins a stream: its client has the head of one by then, and every way out stays open.
/// </summary>
public sealed class EarlyAnswerScenarios
{
    private const string Limits = "{ stream_keepalive_secs: 1 }";

    public static IEnumerable<object[]> Hops => Cases.Hops;

    public static TheoryData<string> Names => Cases.Names;

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task The_head_comes_before_the_providers_and_the_answer_behind_it_is_whole(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        var gate = new TaskCompletionSource();
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves) { Limits = Limits });
        scene.Upstream.Next(async call =>
        {
            await gate.Task;
            await serves.ServeAsync(call);
        });

        using HttpResponseMessage response = await scene.OpenAsync(speaks, stream: true);
        Assert.Equal((200, speaks.StreamContentType), ((int)response.StatusCode, response.Content.Headers.ContentType?.ToString()));
        Assert.False(gate.Task.IsCompleted);
        gate.SetResult();
        Reply reply = await scene.ReadAsync(response);

        Assert.Contains("hello", reply.Text);
        Assert.True(speaks.EndsCleanly(reply.Text), reply.Text);
        Assert.False(speaks.HasError(reply.Text), reply.Text);
        Assert.Equal("no-cache", reply["Cache-Control"]);
        Scene.SpeaksLikeTheVendor(reply);
        await scene.ChargedAsync(0, ok: 1);
        await scene.CountedAsync("ok");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Another_lane_may_still_answer(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            spoken, spoken) { Limits = Limits, Members = ["attempt_timeout_ms: 2500"] });
        var gate = new TaskCompletionSource();
        scene.Upstreams[0].Always = call => call.SilenceAsync();
        scene.Upstreams[1].Always = async call =>
        {
            await gate.Task;
            await spoken.ServeAsync(call);
        };

        // The other lane does not answer before the client has the head.
        using HttpResponseMessage response = await scene.OpenAsync(spoken, stream: true);
        gate.SetResult();
        Reply reply = await scene.ReadAsync(response);

        Assert.Equal(200, reply.Status);
        Assert.Contains("hello", reply.Text);
        Assert.True(spoken.EndsCleanly(reply.Text), reply.Text);
        await scene.ChargedAsync(0, err: 1);
        await scene.ChargedAsync(1, ok: 1);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task An_exhausted_pool_is_an_error_in_the_stream(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves) { Limits = Limits, Pool = "failover: { deadline_secs: 2 }" });
        scene.Upstream.Always = call => call.SilenceAsync();

        Reply reply = await scene.PostAsync(speaks, stream: true);

        Assert.Equal((200, speaks.StreamContentType), (reply.Status, reply["Content-Type"]));
        Assert.True(speaks.HasError(reply.Text), reply.Text);
        Assert.False(speaks.EndsCleanly(reply.Text), reply.Text);
        Scene.SpeaksLikeTheVendor(reply);
        await scene.ChargedAsync(0, err: 1);
        await scene.CountedAsync("exhausted");
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task A_refusal_is_told_in_the_stream_in_the_providers_words(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves) { Limits = Limits });
        scene.Upstream.Always = async call =>
        {
            await Task.Delay(1500);
            await call.AnswerAsync(400, serves.Error("some_error", "temperature: too warm"));
        };

        Reply reply = await scene.PostAsync(speaks, stream: true);

        Assert.Equal(200, reply.Status);
        Assert.True(speaks.HasError(reply.Text), reply.Text);
        Assert.Contains("temperature: too warm", reply.Text);
        await scene.ChargedAsync(0, clientFault: 1);
        await scene.CountedAsync("client_error");
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task A_whole_answer_behind_it_becomes_a_stream(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves) { Limits = Limits });
        scene.Upstream.Always = async call =>
        {
            await Task.Delay(1500);
            await call.AnswerAsync(200, serves.Answer("hello"));
        };

        Reply reply = await scene.PostAsync(speaks, stream: true);

        Assert.Equal((200, speaks.StreamContentType), (reply.Status, reply["Content-Type"]));
        Assert.Contains("hello", reply.Text);
        Assert.True(speaks.EndsCleanly(reply.Text), reply.Text);
        await scene.ChargedAsync(0, ok: 1);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Who_waits_for_a_busy_lane_has_the_head_too(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { Limits = Limits, Model = "max_concurrent: 1" });
        var gate = new TaskCompletionSource();
        scene.Upstream.Always = async call =>
        {
            await gate.Task;
            await spoken.ServeAsync(call);
        };
        Task<Reply> first = scene.PostAsync(spoken);
        await scene.Upstream.ArrivedAsync();

        using HttpResponseMessage response = await scene.OpenAsync(spoken, stream: true);
        Assert.Single(scene.Upstream.Requests);
        gate.SetResult();
        Reply second = await scene.ReadAsync(response);

        Assert.Equal(200, (await first).Status);
        Assert.Contains("hello", second.Text);
        Assert.True(spoken.EndsCleanly(second.Text), second.Text);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Who_wants_no_stream_gets_a_status(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { Limits = Limits, Pool = "failover: { deadline_secs: 2 }" });
        scene.Upstream.Always = call => call.SilenceAsync();

        spoken.IsEnvelope(await scene.PostAsync(spoken), 503);
    }
}
