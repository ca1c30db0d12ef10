using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Failover;

public sealed class FailoverScenarios
{
    public static TheoryData<string, string, bool> Pairs => Cases.Pairs;

    public static TheoryData<string, string> Hops => Cases.Hops;

    [Theory]
    [MemberData(nameof(Pairs))]
    [Trait("gotcha", "C143")]
    public async Task A_failing_provider_is_replaced_by_the_next_within_the_request(string client, string provider, bool stream)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves, serves));
        scene.Upstreams[0].Next(call => call.AnswerAsync(503, serves.Error("api_error", "canary-upstream-detail")));
        scene.Upstreams[1].Next(call => serves.ServeAsync(call));

        Reply reply = await scene.PostAsync(speaks, stream);

        Assert.Equal(200, reply.Status);
        Assert.Contains("hello", reply.Text);
        Assert.True(!stream || speaks.EndsCleanly(reply.Text), reply.Text);
        await scene.ChargedAsync(0, err: 1);
        await scene.ChargedAsync(1, ok: 1);
        await scene.CountedAsync("ok");
        MetricsPage page = await scene.MetricsAsync();
        Assert.Equal(2, page.Sum("busbar_upstream_attempts_total"));
        Assert.Equal(1, page["busbar_failovers_total", ("pool", "smart"), ("reason", "transient_upstream")]);
        Assert.Equal(1, page.Sum("busbar_failovers_total"));
        Assert.Equal(1, page["busbar_upstream_failures_total", ("pool", "smart"), ("lane", "m0"), ("disposition", "transient_upstream")]);
    }

    [Fact]
    public async Task A_lane_that_cannot_take_the_request_does_not_hide_how_another_one_failed()
    {
        SpokenProtocol gemini = SpokenProtocol.Of("gemini");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(gemini, SpokenProtocol.Of("openai")));
        scene.Upstream.Always = call => call.AnswerAsync(500, "{}");

        Reply reply = await scene.PostAsync(gemini, gemini.Request(Scene.Pool, stream: false).Insert(1, "\"cachedContent\":\"cachedContents/a\","));

        gemini.IsEnvelope(reply, 503);
        Assert.Single(scene.Upstream.Requests);
        Assert.Empty(scene.Upstreams[1].Requests);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    [Trait("gotcha", "C144")]
    public async Task A_refused_connection_is_a_failover_with_its_own_reason(string client, string provider)
    {
        SpokenProtocol serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves, serves) { Refusing = 0 });
        scene.Upstreams[1].Next(call => serves.ServeAsync(call));

        Assert.Equal(200, (await scene.PostAsync(SpokenProtocol.Of(client))).Status);

        await scene.ChargedAsync(0, err: 1);
        Assert.Equal(1, (await scene.MetricsAsync())["busbar_failovers_total", ("pool", "smart"), ("reason", "connect")]);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    [Trait("gotcha", "C145")]
    [Trait("gotcha", "C147")]
    [Trait("gotcha", "C164")]
    public async Task The_cap_limits_calls_and_exhaustion_says_when_to_come_back(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            serves, serves, serves) { Pool =
            "failover: { cap: 1 }\nbreaker: { base_cooldown_secs: 1, max_cooldown_secs: 1, trip: { mode: consecutive, n: 1 } }" });
        scene.Upstreams[0].Always = call => call.AnswerAsync(429, serves.Error("rate_limit_error", "canary-upstream-detail"), ("Retry-After", "40"));
        scene.Upstreams[1].Always = call => call.AnswerAsync(429, serves.Error("rate_limit_error", "canary-upstream-detail"), ("Retry-After", "30"));
        scene.Upstreams[2].Always = call => call.AnswerAsync(429, serves.Error("rate_limit_error", "canary-upstream-detail"), ("Retry-After", "35"));

        Reply first = await scene.PostAsync(speaks);
        speaks.IsEnvelope(first, 503);
        Scene.SpeaksLikeTheVendor(first);
        Assert.Equal([1, 1, 0], scene.Upstreams.Select(upstream => upstream.Requests.Count));

        // The third lane is still ready, so the second request finds it, and the one after that finds nothing.
        Reply second = await scene.PostAsync(speaks);
        speaks.IsEnvelope(second, 503);
        Reply third = await scene.PostAsync(speaks);
        speaks.IsEnvelope(third, 503);
        Assert.InRange(int.Parse(third["Retry-After"]!), 1, 30);
        Assert.Equal([1, 1, 1], scene.Upstreams.Select(upstream => upstream.Requests.Count));
        await scene.CountedAsync("exhausted", 3);
        MetricsPage page = await scene.MetricsAsync();
        Assert.Equal(1, page.Sum("busbar_failovers_total"));
        Assert.Equal(3, page.Sum("busbar_upstream_failures_total"));
    }

    [Theory]
    [MemberData(nameof(Hops))]
    [Trait("gotcha", "C146")]
    public async Task A_cap_of_0_means_one_call(string client, string provider)
    {
        SpokenProtocol serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves, serves) { Pool = "failover: { cap: 0 }" });
        scene.Upstreams[0].Next(call => call.AnswerAsync(500, "{}"));

        SpokenProtocol.Of(client).IsEnvelope(await scene.PostAsync(SpokenProtocol.Of(client)), 503);

        Assert.Empty(scene.Upstreams[1].Requests);
        await scene.ChargedAsync(0, err: 1);
        await scene.ChargedAsync(1);
        Assert.Equal(0, (await scene.MetricsAsync()).Sum("busbar_failovers_total"));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    [Trait("gotcha", "C149")]
    public async Task A_silent_provider_costs_at_most_the_deadline(string client, string provider, bool stream)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves) { Pool = "failover: { deadline_secs: 1 }" });
        scene.Upstream.Next(call => call.SilenceAsync());

        Reply reply = await scene.PostAsync(speaks, stream);

        speaks.IsEnvelope(reply, 503);
        Assert.True(int.Parse(reply["Retry-After"]!) >= 1);
        await scene.ChargedAsync(0, err: 1);
        await scene.CountedAsync("exhausted");
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    [Trait("gotcha", "C149")]
    public async Task An_attempt_timeout_moves_on_within_the_deadline(string client, string provider, bool stream)
    {
        SpokenProtocol serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves, serves) { Members = ["attempt_timeout_ms: 200"] });
        scene.Upstreams[0].Next(call => call.SilenceAsync());
        scene.Upstreams[1].Next(call => serves.ServeAsync(call));

        Assert.Equal(200, (await scene.PostAsync(SpokenProtocol.Of(client), stream)).Status);

        await scene.ChargedAsync(0, err: 1);
        await scene.ChargedAsync(1, ok: 1);
        MetricsPage page = await scene.MetricsAsync();
        Assert.Equal(1, page["busbar_failovers_total", ("pool", "smart"), ("reason", "attempt_timeout")]);
        Assert.Equal(1, page["busbar_upstream_failures_total", ("pool", "smart"), ("lane", "m0"), ("disposition", "attempt_timeout")]);
    }

    [Theory]
    [InlineData("anthropic")]
    [InlineData("openai")]
    [InlineData("bedrock")]
    public async Task A_stream_without_content_moves_on_at_its_time_to_first_content(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken, spoken) { Members = ["first_content_timeout_ms: 300"] });
        scene.Upstreams[0].Next(async call =>
        {
            await call.BeginAsync(spoken.StreamContentType);
            foreach (string frame in spoken.Prelude)
            {
                await call.ChunkAsync(frame);
            }

            await call.SilenceAsync();
        });
        scene.Upstreams[1].Next(call => spoken.ServeAsync(call));

        Reply reply = await scene.PostAsync(spoken, stream: true);

        Assert.True(spoken.EndsCleanly(reply.Text), reply.Text);
        await scene.ChargedAsync(0, err: 1);
        await scene.ChargedAsync(1, ok: 1);
        MetricsPage page = await scene.MetricsAsync();
        Assert.Equal(1, page["busbar_failovers_total", ("pool", "smart"), ("reason", "attempt_timeout")]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_deadline_that_is_used_up_leaves_nothing_for_another_lane(bool streamed)
    {
        SpokenProtocol spoken = SpokenProtocol.Of("anthropic");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken, spoken) { Pool = "failover: { deadline_secs: 1 }" });
        scene.Upstreams[0].Always = call => call.SilenceAsync();

        Reply reply = await scene.PostAsync(spoken, streamed);

        spoken.IsEnvelope(reply, 503);
        Assert.Empty(scene.Upstreams[1].Requests);
        await scene.ChargedAsync(0, err: 1);
        await scene.ChargedAsync(1);
        await scene.CountedAsync("exhausted");
    }
}
