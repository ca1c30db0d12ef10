using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Connections;

/// <summary>What a pool does when none of its lanes is left.</summary>
public sealed class ExhaustionScenarios
{
    private const string Tripping = "breaker: { trip: { mode: consecutive, n: 1 } }";

    public static TheoryData<string, string, bool> Pairs => Cases.Pairs;

    public static TheoryData<string, string> Hops => Cases.Hops;

    public static TheoryData<string, bool> Forms => Cases.Forms;

    [Theory]
    [MemberData(nameof(Pairs))]
    [Trait("gotcha", "C166")]
    [Trait("gotcha", "C172")]
    public async Task A_fallback_pool_serves_without_calling_a_lane_again(string client, string provider, bool stream)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(speaks, serves)
        {
            Pooled = 1,
            Pool = "on_exhausted: { action: \"fallback_pool:spare\" }",
            OtherPools = "spare: { members: [{ target: m0, weight: 1000 }, { target: m1 }] }",
        });
        scene.Upstreams[0].Next(call => call.AnswerAsync(503, speaks.Error("api_error", "canary-upstream-detail")));
        scene.Upstreams[1].Next(call => serves.ServeAsync(call));

        Reply reply = await scene.PostAsync(speaks, stream);

        Assert.Equal(200, reply.Status);
        Assert.Contains("hello", reply.Text);
        Assert.True(!stream || speaks.EndsCleanly(reply.Text), reply.Text);
        Assert.Single(scene.Upstreams[0].Requests);
        await scene.ChargedAsync(0, err: 1);
        await scene.ChargedAsync(1, ok: 1);
        await scene.CountedAsync("ok");
        MetricsPage page = await scene.MetricsAsync();
        Assert.Equal(1, page.Sum("busbar_requests_total", "pool", "smart"));
        Assert.Equal(1, page["busbar_upstream_attempts_total", ("pool", "smart"), ("lane", "m0")]);
        Assert.Equal(0, page["busbar_upstream_attempts_total", ("pool", "spare"), ("lane", "m0")]);
        Assert.Equal(1, page["busbar_upstream_attempts_total", ("pool", "spare"), ("lane", "m1")]);
        Assert.Equal(1, page["busbar_upstream_failures_total", ("pool", "smart"), ("lane", "m0"), ("disposition", "transient_upstream")]);
        Assert.Equal(1, page["busbar_failovers_total", ("pool", "smart"), ("reason", "transient_upstream")]);
        Assert.Equal(1, page.Sum("busbar_failovers_total"));
    }

    [Theory]
    [MemberData(nameof(Hops))]
    [Trait("gotcha", "C168")]
    public async Task A_fallback_pool_fails_over_and_penalises_by_its_own_rules_and_with_hops_of_its_own(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves, serves, serves)
        {
            Pooled = 1,
            Pool = "failover: { cap: 0 }\non_exhausted: { action: \"fallback_pool:spare\" }",
            OtherPools = $"spare: {{ members: [{{ target: m1, weight: 1000 }}, {{ target: m2 }}], failover: {{ cap: 1 }}, {Tripping} }}",
        });
        scene.Upstreams[0].Next(call => call.AnswerAsync(500, "{}"));
        scene.Upstreams[1].Next(call => call.AnswerAsync(500, "{}"));
        scene.Upstreams[2].Next(call => serves.ServeAsync(call));

        Assert.Equal(200, (await scene.PostAsync(speaks)).Status);

        await scene.ChargedAsync(1, err: 1);
        LaneReading first = await scene.LaneAsync(0), second = await scene.LaneAsync(1);
        Assert.Equal("closed", first.State("smart"));
        Assert.Equal(("open", "closed"), (second.State("spare"), second.State("")));
        MetricsPage page = await scene.MetricsAsync();
        Assert.Equal(1, page["busbar_failovers_total", ("pool", "spare"), ("reason", "transient_upstream")]);
        Assert.Equal(1, page["busbar_breaker_trips_total", ("pool", "spare"), ("lane", "m1")]);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_saturated_pool_hands_on_at_once_instead_of_waiting(string protocol, bool stream)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        var gate = new TaskCompletionSource();
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken, spoken)
        {
            Pooled = 1,
            Model = "max_concurrent: 1",
            Pool = "on_exhausted: { action: \"fallback_pool:spare\" }",
            OtherPools = "spare: { members: [{ target: m1 }] }",
        });
        scene.Upstreams[0].Next(async call =>
        {
            await gate.Task;
            await spoken.ServeAsync(call);
        });
        scene.Upstreams[1].Next(call => spoken.ServeAsync(call));
        Task<Reply> first = scene.PostAsync(spoken, stream);
        await scene.Upstreams[0].ArrivedAsync();

        Assert.Equal(200, (await scene.PostAsync(spoken, stream)).Status);

        Assert.False(first.IsCompleted);
        gate.SetResult();
        Assert.Equal(200, (await first).Status);
        await scene.CountedAsync("ok", 2);
        Assert.Equal(0, (await scene.MetricsAsync()).Sum("busbar_failovers_total"));
    }

    [Theory]
    [MemberData(nameof(Hops))]
    [Trait("gotcha", "C166")]
    public async Task The_deadline_of_the_first_pool_binds_its_fallback(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves, serves)
        {
            Pooled = 1,
            Pool = "failover: { deadline_secs: 1 }\non_exhausted: { action: \"fallback_pool:spare\" }",
            OtherPools = "spare: { members: [{ target: m1 }] }",
        });
        scene.Upstreams[0].Next(call => call.SilenceAsync());

        speaks.IsEnvelope(await scene.PostAsync(speaks), 503);

        Assert.Empty(scene.Upstreams[1].Requests);
        await scene.CountedAsync("exhausted");
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task Retry_after_is_that_of_the_pool_which_is_ready_first(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves, serves)
        {
            Pooled = 1,
            Pool = "on_exhausted: { action: \"fallback_pool:spare\" }",
            OtherPools = "spare: { members: [{ target: m1 }] }",
        });
        scene.Upstreams[0].Next(call => call.AnswerAsync(429, "{}", ("Retry-After", "200")));
        scene.Upstreams[1].Next(call => call.AnswerAsync(429, "{}", ("Retry-After", "900")));

        Reply reply = await scene.PostAsync(speaks);

        speaks.IsEnvelope(reply, 503);
        Assert.InRange(int.Parse(reply["Retry-After"]!), 140, 200);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    [Trait("gotcha", "C169")]
    public async Task Least_bad_calls_an_open_lane_and_its_success_leaves_it_open(string client, string provider, bool stream)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            serves, serves) { Pool = $"{Tripping}\non_exhausted: {{ action: least_bad }}" });
        scene.Upstreams[0].Next(call => call.AnswerAsync(429, "{}", ("Retry-After", "900"))).Next(call => call.AnswerAsync(500, "{}"));
        scene.Upstreams[1].Next(call => call.AnswerAsync(429, "{}", ("Retry-After", "200")));

        // Both trip, so the one that is back sooner gets another chance, here within the same request.
        scene.Upstreams[1].Always = call => serves.ServeAsync(call);
        Assert.Equal(200, (await scene.PostAsync(speaks, stream)).Status);
        Assert.Equal(200, (await scene.PostAsync(speaks, stream)).Status);

        Assert.Single(scene.Upstreams[0].Requests);
        Assert.Equal(3, scene.Upstreams[1].Requests.Count);
        Assert.Equal("open", (await scene.LaneAsync(1)).State("smart"));
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("least bad", StringComparison.Ordinal),
            "logged that a least bad lane was used");
        await scene.CountedAsync("ok", 2);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    [Trait("gotcha", "C169")]
    public async Task Least_bad_is_one_call(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            serves, serves) { Pool = $"failover: {{ cap: 0 }}\n{Tripping}\non_exhausted: {{ action: least_bad }}" });
        scene.Upstreams[0].Next(call => call.AnswerAsync(500, "{}"));
        scene.Upstreams[1].Next(call => call.AnswerAsync(500, "{}"));

        Reply reply = await scene.PostAsync(speaks);

        speaks.IsEnvelope(reply, 503);
        Assert.Equal([1, 1], scene.Upstreams.Select(upstream => upstream.Requests.Count));
        await scene.CountedAsync("exhausted");
    }
}
