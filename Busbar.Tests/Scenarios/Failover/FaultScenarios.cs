using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Failover;

/// <summary>Whose fault a provider's answer is, and what becomes of the request.</summary>
public sealed class FaultScenarios
{
    public static TheoryData<string, string> Hops => Cases.Hops;

    public static TheoryData<string> Names => Cases.Names;

    [Theory]
    [MemberData(nameof(Hops))]
    [Trait("gotcha", "C156")]
    public async Task A_refused_key_of_the_gateway_takes_the_lane_out_and_the_next_one_answers(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves, serves));
        scene.Upstreams[0].Next(call => call.AnswerAsync(401, serves.Error("authentication_error", "canary-upstream-detail")));
        scene.Upstreams[1].Next(call => serves.ServeAsync(call))
            .Next(call => call.AnswerAsync(403, serves.Error("permission_error", "This API key was disabled, canary-upstream-detail")));

        Assert.Equal(200, (await scene.PostAsync(speaks)).Status);
        LaneReading refused = await scene.LaneAsync(0);
        Assert.Contains("401", refused.DeadReason);
        Assert.All(refused.States, state => Assert.Equal("open", state));
        Assert.InRange(refused.Cooldown, 1700, 1800);

        // The client's own credential was fine, so it must not look refused when nothing is left.
        Reply reply = await scene.PostAsync(speaks);
        speaks.IsEnvelope(reply, 503);
        Assert.False((await scene.LaneAsync(0)).Usable);
        Assert.Equal(503, (await scene.GetAsync("/healthz", token: null)).Status);
        Assert.Equal(2, scene.Upstreams.Sum(upstream => upstream.Requests.Count) - 1);
        Assert.Equal(1, (await scene.MetricsAsync())["busbar_failovers_total", ("pool", "smart"), ("reason", "hard_down")]);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    [Trait("gotcha", "C157")]
    [Trait("gotcha", "C192")]
    public async Task An_unpaid_account_takes_the_lane_out_of_every_pool(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves, serves));
        scene.Upstreams[0].Next(call => call.AnswerAsync(402, serves.Error("billing_error", "insufficient balance, canary-upstream-detail")));
        scene.Upstreams[1].Always = call => serves.ServeAsync(call);

        Assert.Equal(200, (await scene.PostAsync(speaks)).Status);
        Assert.Equal(200, (await scene.PostAsync(speaks)).Status);
        speaks.IsEnvelope(await scene.PostAsync(speaks, model: "m0"), 503);

        Assert.Single(scene.Upstreams[0].Requests);
        Assert.Contains("billing", (await scene.LaneAsync(0)).DeadReason);
    }

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("gotcha", "C150")]
    public async Task A_client_fault_is_relayed_byte_for_byte_without_another_call(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken, spoken));
        string body = spoken.Error("invalid_request_error", "messages: \\u0066ield required  ") + " \n";
        string idHeader = spoken.RequestIdHeader ?? "x-request-id";
        scene.Upstream.Next(call => call.AnswerAsync(422, body, (idHeader, "vendor-id-7"), ("Set-Cookie", "a=b"), ("Server", "vendor")));

        Reply reply = await scene.PostAsync(spoken);

        Assert.Equal((422, body, "vendor-id-7"), (reply.Status, reply.Text, reply[idHeader]));
        Assert.Null(reply["Set-Cookie"]);
        Assert.Null(reply["Server"]);
        Assert.Empty(scene.Upstreams[1].Requests);
        await scene.ChargedAsync(0, clientFault: 1);
        await scene.CountedAsync("client_error");
        Assert.Equal(0, (await scene.MetricsAsync()).Sum("busbar_upstream_failures_total"));
        Assert.Equal(0, (await scene.LaneAsync()).StreakIn("smart"));
    }

    [Theory]
    [MemberData(nameof(Hops))]
    [Trait("gotcha", "C151")]
    public async Task A_client_fault_of_another_protocol_is_told_in_the_clients_own(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(serves);
        scene.Upstream.Next(call => call.AnswerAsync(400, serves.Error("invalid_request_error", "temperature: too hot")));

        Reply reply = await scene.PostAsync(speaks);

        Assert.Equal(400, reply.Status);
        Assert.Contains("temperature: too hot", speaks.MessageOf(reply));
        if (speaks != serves)
        {
            speaks.IsEnvelope(reply, 400);
        }

        await scene.ChargedAsync(0, clientFault: 1);
    }

    [Fact]
    [Trait("gotcha", "C112")]
    [Trait("gotcha", "T39")]
    public async Task The_providers_own_413_in_plain_text_is_relayed_unchanged()
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using Scene scene = await Scene.StartAsync(spoken);
        scene.Upstream.Next(call => call.AnswerAsync(413, "too much"u8.ToArray(), "text/plain"));

        Reply reply = await scene.PostAsync(spoken);

        Assert.Equal((413, "too much", "text/plain"), (reply.Status, reply.Text, reply["Content-Type"]));
    }

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("gotcha", "C77")]
    public async Task A_redirect_is_relayed_and_never_followed(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken, spoken));
        string target = $"http://127.0.0.1:{scene.Upstreams[1].Port}/elsewhere";
        scene.Upstream.Next(call => call.AnswerAsync(302, "", ("Location", target)));

        Reply reply = await scene.PostAsync(spoken, change: message => spoken.Authorize(message.Headers, Scene.Token));

        Assert.Equal(302, reply.Status);
        Assert.Empty(scene.Upstreams[1].Requests);
        await scene.ChargedAsync(0, clientFault: 1);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    [Trait("gotcha", "C152")]
    [Trait("gotcha", "C154")]
    public async Task A_prompt_too_long_for_one_model_goes_to_a_larger_one(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves, serves, serves)
        {
            Members = ["context_max: 200000", "context_max: 200000", "context_max: 1000000"],
        });
        scene.Upstreams[0].Next(call => call.AnswerAsync(400, serves.ContextError));
        scene.Upstreams[2].Next(call => serves.ServeAsync(call));

        Assert.Equal(200, (await scene.PostAsync(speaks)).Status);

        Assert.Empty(scene.Upstreams[1].Requests);
        await scene.ChargedAsync(0);
        Assert.Equal((0, 0d), ((await scene.LaneAsync()).StreakIn("smart"), (await scene.LaneAsync()).Cooldown));
        Assert.Equal(1, (await scene.MetricsAsync())["busbar_failovers_total", ("pool", "smart"), ("reason", "context_length")]);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task A_prompt_that_surely_does_not_fit_is_not_sent_to_a_model(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves, serves, serves)
        {
            Members = ["context_max: 1000", "context_max: 2000", "context_max: 100000"],
        });
        scene.Upstreams[2].Next(call => serves.ServeAsync(call));

        Assert.Equal(200, (await scene.PostAsync(speaks, speaks.Request(
            Scene.Pool, stream: false, string.Concat(Enumerable.Repeat("words \\u00e9 ", 5000))))).Status);

        Assert.Equal([0, 0, 1], scene.Upstreams.Select(upstream => upstream.Requests.Count));
        Assert.Equal(0, (await scene.MetricsAsync()).Sum("busbar_failovers_total"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_prompt_that_surely_fits_no_model_is_the_native_context_error_without_a_call(string client)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(speaks, speaks)
        {
            Members = ["context_max: 1000", "context_max: 2000"],
            Pool = "on_exhausted: { action: least_bad }",
        });

        Reply reply = await scene.PostAsync(speaks, speaks.Request(Scene.Pool, stream: false, string.Concat(Enumerable.Repeat("word ", 10_000))));

        speaks.IsEnvelope(reply, 400, "context_length_exceeded");
        Scene.SpeaksLikeTheVendor(reply);
        Assert.Equal([0, 0], scene.Upstreams.Select(upstream => upstream.Requests.Count));
        await scene.CountedAsync("client_error");
    }

    [Theory]
    [MemberData(nameof(Hops))]
    [Trait("gotcha", "C153")]
    public async Task A_prompt_too_long_for_all_models_is_the_native_context_error(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves, serves));
        scene.Upstreams[0].Next(call => call.AnswerAsync(400, serves.ContextError));
        scene.Upstreams[1].Next(call => call.AnswerAsync(400, serves.ContextError));

        Reply reply = await scene.PostAsync(speaks);

        if (client == provider)
        {
            // The vendor's own words, as they were.
            Assert.Equal((400, serves.ContextError), (reply.Status, reply.Text));
        }
        else
        {
            speaks.IsEnvelope(reply, 400, "context_length_exceeded");
        }

        await scene.ChargedAsync(0);
        await scene.ChargedAsync(1);
        await scene.CountedAsync("client_error");
        Assert.Equal(1, (await scene.MetricsAsync()).Sum("busbar_failovers_total"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("gotcha", "C186")]
    [Trait("gotcha", "C200")]
    [Trait("gotcha", "T43")]
    public async Task Retry_After_is_a_floor_under_the_cooldown_and_reaches_the_client(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken)
        {
            Pool = "breaker: { base_cooldown_secs: 1, max_cooldown_secs: 2, trip: { mode: consecutive, n: 1 } }",
        });
        scene.Upstream.Next(call => call.AnswerAsync(429, spoken.Error("rate_limit_error", "slow down"), ("Retry-After", "300")));

        Reply first = await scene.PostAsync(spoken);
        Reply second = await scene.PostAsync(spoken);

        spoken.IsEnvelope(first, 503);
        spoken.IsEnvelope(second, 503);
        Assert.InRange(int.Parse(second["Retry-After"]!), 290, 300);
        Assert.Single(scene.Upstream.Requests);
        LaneReading lane = await scene.LaneAsync();
        Assert.Equal(("open", "closed"), (lane.State("smart"), lane.State("")));
        Assert.InRange(lane.CooldownIn("smart"), 290, 300);
        Assert.Equal(1, (await scene.MetricsAsync())["busbar_breaker_trips_total", ("pool", "smart"), ("lane", "m0")]);
    }

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("gotcha", "C181")]
    [Trait("gotcha", "C182")]
    public async Task A_tripped_lane_comes_back_through_a_probe(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken)
        {
            Pool = "breaker: { base_cooldown_secs: 1, max_cooldown_secs: 1, trip: { mode: consecutive, n: 1 } }",
        });
        scene.Upstream.Next(call => call.AnswerAsync(500, "{}"));
        scene.Upstream.Always = call => spoken.ServeAsync(call);

        spoken.IsEnvelope(await scene.PostAsync(spoken), 503);
        await Eventually.HoldsAsync(async () => (await scene.PostAsync(spoken)).Status == 200 ? null : "still out of rotation");

        LaneReading lane = await scene.LaneAsync();
        Assert.Equal(("closed", 0, 1L), (lane.State("smart"), lane.StreakIn("smart"), lane.Err));
        Assert.Equal(1, (await scene.MetricsAsync())["busbar_breaker_trips_total", ("pool", "smart"), ("lane", "m0")]);
    }
}
