using System.Text;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Failover;

/// <summary>What a provider says and does, and who must bear it: the lane, the client, or nobody.</summary>
public sealed class BlameScenarios
{
    private const string Third = "breaker: { trip: { mode: consecutive, n: 3 }, base_cooldown_secs: 600, max_cooldown_secs: 600 }";

    public static TheoryData<string, string> Hops => Cases.Hops;

    public static TheoryData<string> Names => Cases.Names;

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task Streams_that_break_after_their_first_content_open_the_breaker_as_any_failure_does(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves) { Pool = Third });
        scene.Upstream.Always = async call =>
        {
            await serves.BeginAsync(call, "half");
            call.Close();
        };

        for (int request = 0; request < 3; request++)
        {
            Assert.Equal(200, (await scene.PostAsync(speaks, stream: true)).Status);
        }

        speaks.IsEnvelope(await scene.PostAsync(speaks, stream: true), 503);
        Assert.Equal(3, scene.Upstream.Requests.Count);
        await scene.ChargedAsync(0, err: 3);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task A_refusal_of_content_is_the_clients_and_goes_no_further(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves, serves) { Pool = Third });
        scene.Upstream.Always = call => call.AnswerAsync(403, serves.Error("some_error", "Your input was flagged by moderation."));

        for (int request = 0; request < 4; request++)
        {
            Reply reply = await scene.PostAsync(speaks);
            Assert.Equal(speaks == serves ? 403 : speaks.StatusOf(400), reply.Status);
            Assert.Equal("Your input was flagged by moderation.", speaks.MessageOf(reply));
        }

        Assert.Empty(scene.Upstreams[1].Requests);
        await scene.ChargedAsync(0, clientFault: 4);
        Assert.Equal("closed", (await scene.LaneAsync()).State("smart"));
    }

    [Fact]
    public async Task A_firewalls_page_is_about_the_request_until_three_different_ones_have_met_it()
    {
        SpokenProtocol spoken = SpokenProtocol.Of("openai");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken, spoken));
        scene.Upstream.Always = call => call.AnswerAsync(403, "<html><h1>403 Forbidden</h1></html>"u8.ToArray(), "text/html");
        scene.Upstreams[1].Always = call => spoken.ServeAsync(call);

        foreach ((string prompt, int status) in ((string, int)[])[("a", 403), ("a", 403), ("b", 403), ("c", 200)])
        {
            Assert.Equal(status, (await scene.PostAsync(spoken, spoken.Request("smart", stream: false, prompt))).Status);
        }

        Assert.NotNull((await scene.LaneAsync()).DeadReason);
    }

    [Fact]
    public async Task A_refusal_without_a_word_about_the_account_is_tried_once_more_and_closes_no_lane()
    {
        SpokenProtocol spoken = SpokenProtocol.Of("openai");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken, spoken, spoken));
        foreach (ScriptedUpstream upstream in scene.Upstreams)
        {
            upstream.Always = call => call.AnswerAsync(403, spoken.Error("forbidden", "canary-upstream-detail"));
        }

        spoken.IsEnvelope(await scene.PostAsync(spoken), 503);

        Assert.Equal([1, 1, 0], scene.Upstreams.Select(upstream => upstream.Requests.Count));
        Assert.All(await scene.LanesAsync(), lane => Assert.Null(lane.DeadReason));
    }

    [Fact]
    public async Task Counting_tokens_that_an_account_may_not_count_leaves_its_chat_alone()
    {
        SpokenProtocol spoken = SpokenProtocol.Of("anthropic");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { Pool = Third });
        scene.Upstream.Always = call => call.Request.Path.Contains("count_tokens", StringComparison.Ordinal)
            ? call.AnswerAsync(call.Request.Text.Contains("again", StringComparison.Ordinal) ? 401 : 403,
                spoken.Error("permission_error", "Your API key is disabled."))
            : spoken.ServeAsync(call);

        foreach (string text in (string[])["hello", "again", "again"])
        {
            using var content = new StringContent($$"""{"model":"smart","messages":[{"role":"user","content":"{{text}}"}]}""");
            using HttpRequestMessage message = Scene.Message(spoken, content);
            message.RequestUri = new Uri("/v1/messages/count_tokens", UriKind.Relative);
            using HttpResponseMessage response = await scene.Client.SendAsync(message);
        }

        Assert.NotEmpty(scene.Upstream.Requests);
        Assert.Equal(200, (await scene.PostAsync(spoken)).Status);
        Assert.Null((await scene.LaneAsync()).DeadReason);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task A_model_that_is_gone_is_its_lanes_fault_in_a_pool_and_the_answer_where_it_was_asked_for(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves, serves));
        scene.Upstream.Always = call => call.AnswerAsync(404, serves.Error("not_found_error", "The model does not exist."));
        scene.Upstreams[1].Always = call => serves.ServeAsync(call);

        Assert.Equal(200, (await scene.PostAsync(speaks)).Status);
        Reply direct = await scene.PostAsync(speaks, model: "m0");

        Assert.Equal(speaks == serves ? 404 : speaks.StatusOf(404), direct.Status);
        Assert.Equal("The model does not exist.", speaks.MessageOf(direct));
        Assert.Equal(1, (await scene.MetricsAsync())["busbar_upstream_failures_total", ("pool", "smart"), ("lane", "m0"),
            ("disposition", "model_gone")]);
        await scene.ChargedAsync(0, err: 1, clientFault: 1);
    }

    [Theory]
    [InlineData("openai", "openai", 404, "The model `old` does not exist or you do not have access to it.")]
    [InlineData("anthropic", "openai", 404, "The model `old` does not exist or you do not have access to it.")]
    [InlineData("bedrock", "bedrock", 400, "The provided model identifier is invalid.")]
    [InlineData("gemini", "bedrock", 400,
        "This model version has reached the end of its life. Please refer to the AWS documentation for more details.")]
    public async Task A_retired_model_opens_its_own_lane_and_is_told_natively_where_no_other_is_left(
        string client, string provider, int status, string said)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        string error = serves.Error("invalid_request_error", said);
        const string first = "breaker: { trip: { mode: consecutive, n: 1 }, base_cooldown_secs: 600, max_cooldown_secs: 600 }";
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves, serves)
        {
            Pool = first,
            OtherPools = "alone: { members: [{ target: m0 }], breaker: { trip: { mode: consecutive, n: 2 } } }",
        });
        scene.Upstream.Always = call => call.AnswerAsync(status, error);
        scene.Upstreams[1].Always = call => serves.ServeAsync(call);

        for (int request = 0; request < 3; request++)
        {
            Assert.Equal(200, (await scene.PostAsync(speaks)).Status);
        }

        LaneReading[] lanes = await scene.LanesAsync();
        Assert.Equal(("open", "closed"), (lanes[0].State("smart"), lanes[1].State("smart")));
        Assert.Single(scene.Upstream.Requests);

        Reply alone = await scene.PostAsync(speaks, model: "alone");
        if (speaks == serves)
        {
            Assert.Equal((status, error), (alone.Status, alone.Text));
        }
        else
        {
            speaks.IsEnvelope(alone, 503);
        }

        Assert.Equal(1, (await scene.MetricsAsync())["busbar_upstream_failures_total", ("pool", "alone"), ("lane", "m0"),
            ("disposition", "model_gone")]);
        await scene.ChargedAsync(0, err: 2);
    }

    // What a model leaves behind when it breaks: its words for a call it could not form, an error in a choice, a generation that failed.
    private static (string Whole, string[] Stream) Broken(SpokenProtocol spoken, string prelude) => spoken.Name switch
    {
        "openai" => (
            """{"id":"c","object":"chat.completion","created":1,"model":"wire","choices":[{"index":0,"message":""" +
                """{"role":"assistant","content":""},"finish_reason":"error","error":{"code":502,"message":"Generation failed."}}]}""",
            [prelude, """data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"wire","choices":[{"index":0,"delta":""" +
                """{"content":""},"finish_reason":"error","error":{"code":502,"message":"Generation failed."}}]}""" + "\n\n", "data: [DONE]\n\n"]),
        "gemini" => (
            """{"candidates":[{"content":{"role":"model"},"finishReason":"MALFORMED_FUNCTION_CALL","index":0}],"usageMetadata":""" +
                """{"promptTokenCount":5,"totalTokenCount":5},"modelVersion":"wire"}""",
            [prelude, """data: {"candidates":[{"content":{"role":"model"},"finishReason":"MALFORMED_FUNCTION_CALL","index":0}],"usageMetadata":""" +
                """{"promptTokenCount":5,"totalTokenCount":5},"modelVersion":"wire"}""" + "\n\n"]),
        "bedrock" => (
            spoken.Answer("").Replace("end_turn", "malformed_model_output", StringComparison.Ordinal),
            [prelude, SpokenBedrock.Frame("messageStop", """{"stopReason":"malformed_model_output"}""")]),
        "anthropic" => (
            spoken.Answer("").Replace("end_turn", "error", StringComparison.Ordinal),
            [prelude, "event: message_delta\ndata: " +
                "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"error\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":0}}\n\n",
            .. spoken.End.TakeLast(1)]),
        "responses" => (
            """{"id":"resp_1","object":"response","created_at":1,"model":"wire","status":"failed","error":""" +
                """{"code":"server_error","message":"Generation failed."},"output":[]}""",
            [prelude, spoken.ErrorEvent]),
        _ => (
            """{"id":"c","finish_reason":"ERROR","message":{"role":"assistant","content":[]},"error":"Generation failed."}""",
            [prelude, spoken.ErrorEvent]),
    };

    [Theory]
    [InlineData("openai", "openai")]
    [InlineData("anthropic", "openai")]
    [InlineData("gemini", "gemini")]
    [InlineData("openai", "gemini")]
    [InlineData("anthropic", "responses")]
    [InlineData("bedrock", "cohere")]
    [InlineData("bedrock", "bedrock")]
    [InlineData("anthropic", "anthropic")]
    public async Task A_model_that_breaks_is_a_failover_before_content_and_an_error_after_it(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        (string whole, string[] stream) = Broken(serves, string.Concat(serves.Prelude));
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves, serves, serves));
        var seen = new TaskCompletionSource();
        scene.Upstreams[0].Next(call => call.AnswerAsync(200, whole));
        scene.Upstreams[1].Next(call => serves.ServeAsync(call)).Next(call => call.StreamAsync(stream));
        scene.Upstreams[2].Next(call => serves.ServeAsync(call)).Next(async call =>
        {
            await serves.BeginAsync(call, "half");
            await seen.Task;
            await call.ChunkAsync(string.Concat(stream[1..]));
            await call.EndAsync();
        });

        Assert.Contains("hello", (await scene.PostAsync(speaks)).Text);
        Assert.Contains("hello", (await scene.PostAsync(speaks, stream: true)).Text);
        using HttpResponseMessage response = await scene.OpenAsync(speaks, stream: true, model: "m2");
        StreamText cut = await StreamText.OfAsync(response);
        await cut.ReadUntilAsync("half");
        seen.SetResult();
        await cut.ReadToEndAsync();

        // A client of the provider's own protocol sees the provider's own word for it.
        Assert.True(speaks == serves ? cut.Text.Contains(stream[1], StringComparison.Ordinal) : !speaks.EndsCleanly(cut.Text), cut.Text);
        await scene.ChargedAsync(0, err: 1);
        await scene.ChargedAsync(1, ok: 1, err: 1);
        await scene.ChargedAsync(2, ok: 1, err: 1);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task A_kept_connection_that_ends_as_a_call_is_sent_is_replaced_and_nobody_is_charged(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves, serves));
        scene.Upstream.Next(call => serves.ServeAsync(call));
        scene.Upstream.Next(call =>
        {
            call.Close();
            return Task.CompletedTask;
        });
        scene.Upstream.Always = call => serves.ServeAsync(call);

        Assert.Equal(200, (await scene.PostAsync(speaks)).Status);
        Assert.Equal(200, (await scene.PostAsync(speaks)).Status);

        Assert.Equal([3, 0], scene.Upstreams.Select(upstream => upstream.Requests.Count));
        Assert.Equal(scene.Upstream.Requests[1].Text, scene.Upstream.Requests[2].Text);
        await scene.ChargedAsync(0, ok: 2);
        await scene.CountedAsync("ok", 2);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task A_stream_that_nobody_asked_for_is_put_together_to_a_whole_answer(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(serves);
        scene.Upstream.Always = call => call.StreamAsync(serves.Stream("hello"));

        Reply reply = await scene.PostAsync(speaks);

        Assert.Equal((200, "application/json"), (reply.Status, reply["Content-Type"]));
        Assert.Contains("hello", reply.Json.ToString());
        await scene.ChargedAsync(0, ok: 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_lane_that_hangs_uses_up_half_of_the_time_where_another_is_ready(bool stream)
    {
        SpokenProtocol spoken = SpokenProtocol.Of("openai");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken, spoken) { Pool = "failover: { deadline_secs: 8 }" });
        scene.Upstream.Always = call => call.SilenceAsync();
        scene.Upstreams[1].Always = call => spoken.ServeAsync(call);

        Assert.Equal(200, (await scene.PostAsync(spoken, stream)).Status);
        Assert.Equal(1, (await scene.MetricsAsync())["busbar_failovers_total", ("pool", "smart"), ("reason", "attempt_timeout")]);
    }

    [Theory]
    [InlineData("openai", "x-ratelimit-reset-requests", "33m20s", "x-ratelimit-remaining-requests")]
    [InlineData("anthropic", "anthropic-ratelimit-input-tokens-reset", "@", "anthropic-ratelimit-input-tokens-remaining")]
    [InlineData("cohere", "x-ratelimit-reset", "2000", "x-ratelimit-remaining")]
    public async Task A_limit_that_is_used_up_is_waited_for(string protocol, string reset, string value, string remaining)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(spoken);
        string moment = value == "@" ? DateTimeOffset.UtcNow.AddSeconds(2000)
            .ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture) : value;
        scene.Upstream.Next(call => call.AnswerAsync(
            429, spoken.Error("rate_limit_error", "slow"), ("Retry-After", "1.5"), (reset, moment), (remaining, "0"),
            ("x-ratelimit-reset-other", "86400"), ("x-ratelimit-remaining-other", "7")));

        Reply reply = await scene.PostAsync(spoken);

        Assert.InRange((await scene.LaneAsync()).CooldownIn("smart"), 1800, 2001);
        Assert.InRange(int.Parse(reply["Retry-After"]!), 1800, 2001);
    }

    [Fact]
    public async Task A_wait_that_stands_in_a_body_is_honoured()
    {
        SpokenProtocol gemini = SpokenProtocol.Of("gemini");
        await using Scene scene = await Scene.StartAsync(gemini);
        scene.Upstream.Next(call => call.AnswerAsync(429, """
            {"error":{"code":429,"message":"Quota exceeded.","status":"RESOURCE_EXHAUSTED","details":[
            {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"2000.5s"}]}}
            """));

        await scene.PostAsync(gemini);

        Assert.InRange((await scene.LaneAsync()).CooldownIn("smart"), 1800, 2001);
    }

    [Fact]
    public async Task What_one_key_sends_does_not_shut_the_lanes_of_others()
    {
        SpokenProtocol spoken = SpokenProtocol.Of("openai");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken, spoken, spoken) { Pool = Third });
        foreach (ScriptedUpstream upstream in scene.Upstreams)
        {
            upstream.Always = call => call.Request.Text.Contains("crafted", StringComparison.Ordinal) ? call.AnswerAsync(500, "{}")
                : spoken.ServeAsync(call);
        }

        void Other(HttpRequestMessage message) => spoken.Authorize(message.Headers, "another-token");
        Assert.Equal(200, (await scene.PostAsync(spoken, change: Other)).Status);

        for (int request = 0; request < 12; request++)
        {
            await scene.PostAsync(spoken, spoken.Request("smart", stream: false, $"crafted {request}"));
        }

        Assert.All(await scene.LanesAsync(), lane => Assert.Equal("closed", lane.State("smart")));
        Assert.Equal(200, (await scene.PostAsync(spoken, change: Other)).Status);
    }
}
