using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Failover;

/// <summary>Answers under the status of success that are none.</summary>
public sealed class WrongAnswerScenarios
{
    public static TheoryData<string> Names => Cases.Names;

    private static string ErrorOf(SpokenProtocol spoken) => spoken.Name switch
    {
        "anthropic" => """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""",
        "gemini" => """{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}""",
        "responses" => """{"id":"resp_1","object":"response","status":"failed","error":{"code":"server_error","message":"boom"},"output":[]}""",
        "cohere" => """{"id":"c","finish_reason":"ERROR","message":{"role":"assistant","content":[]},"error":"boom"}""",
        _ => """{"id":"x", "error" : {"message":"The server is overloaded","type":"server_error","code":null}}""",
    };

    [Theory]
    [InlineData("anthropic")]
    [InlineData("openai")]
    [InlineData("gemini")]
    [InlineData("responses")]
    [InlineData("cohere")]
    [Trait("lesson", "18")]
    public async Task An_error_in_place_of_a_whole_answer_is_a_failover(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken, spoken));
        scene.Upstreams[0].Next(call => call.AnswerAsync(200, ErrorOf(spoken)));
        scene.Upstreams[1].Next(call => spoken.ServeAsync(call));

        Reply reply = await scene.PostAsync(spoken);

        Assert.Equal((200, spoken.Answer("hello")), (reply.Status, reply.Text));
        await scene.ChargedAsync(0, err: 1);
    }

    [Theory]
    [InlineData("anthropic")]
    [InlineData("openai")]
    [InlineData("gemini")]
    [InlineData("responses")]
    [InlineData("cohere")]
    public async Task Where_no_lane_does_better_the_client_gets_the_error_as_it_was(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(spoken);
        scene.Upstream.Next(call => call.AnswerAsync(200, ErrorOf(spoken)));

        Reply reply = await scene.PostAsync(spoken);

        Assert.Equal((200, ErrorOf(spoken)), (reply.Status, reply.Text));
        await scene.ChargedAsync(0, err: 1);
        await scene.CountedAsync("error");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_page_in_place_of_a_stream_is_a_failover_and_never_an_empty_answer(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken, spoken));
        scene.Upstreams[0].Next(call => call.AnswerAsync(200, "<html>maintenance</html>"u8.ToArray(), "text/html"));
        scene.Upstreams[1].Next(call => spoken.ServeAsync(call));

        Reply reply = await scene.PostAsync(spoken, stream: true);

        Assert.Equal(string.Concat(spoken.Stream("hello")), reply.Text);
        await scene.ChargedAsync(0, err: 1);
    }

    [Fact]
    public async Task A_whole_answer_becomes_a_stream_for_a_client_that_reads_nothing_else()
    {
        SpokenProtocol bedrock = SpokenProtocol.Of("bedrock");
        await using Scene scene = await Scene.StartAsync(bedrock);
        scene.Upstream.Next(call => call.AnswerAsync(200, bedrock.Answer("hello")));

        Reply reply = await scene.PostAsync(bedrock, stream: true);

        Assert.Equal((200, bedrock.StreamContentType), (reply.Status, reply["Content-Type"]));
        Assert.Contains("hello", reply.Text, StringComparison.Ordinal);
        Assert.True(bedrock.EndsCleanly(reply.Text));
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("bedrock")]
    public async Task A_connection_that_breaks_before_the_last_words_of_a_finished_answer_is_an_error(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        var seen = new TaskCompletionSource();
        await using Scene scene = await Scene.StartAsync(spoken);
        scene.Upstream.Next(async call =>
        {
            await call.BeginAsync();
            await call.ChunkAsync(string.Concat(spoken.Prelude) + spoken.First("hello") + string.Concat(spoken.End.Take(spoken.End.Count - 1)));
            await seen.Task;
            call.Reset();
        });

        using HttpResponseMessage response = await scene.OpenAsync(spoken, stream: true);
        StreamText text = await StreamText.OfAsync(response);
        await text.ReadUntilAsync("hello");
        seen.SetResult();
        await text.ReadToEndAsync();

        Assert.True(spoken.HasError(text.Text));
        await scene.ChargedAsync(0, err: 1);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_terminal_alone_is_no_answer(string client)
    {
        SpokenProtocol openai = SpokenProtocol.Of("openai");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(openai, openai));
        scene.Upstreams[0].Next(call => call.StreamAsync(["data: [DONE]\n\n"]));
        scene.Upstreams[1].Next(call => openai.ServeAsync(call));

        Assert.Contains("hello", (await scene.PostAsync(SpokenProtocol.Of(client), stream: true)).Text, StringComparison.Ordinal);
        await scene.ChargedAsync(0, err: 1);
    }

    [Fact]
    public async Task An_encoding_that_nobody_asked_for_is_named()
    {
        SpokenProtocol openai = SpokenProtocol.Of("openai");
        await using Scene scene = await Scene.StartAsync(openai);
        scene.Upstream.Next(call => call.AnswerAsync(200, [0x1f, 0x8b, 8, 0], "application/json", ("Content-Encoding", "gzip")));

        Reply reply = await scene.PostAsync(openai);

        Assert.Equal<byte>([0x1f, 0x8b, 8, 0], reply.Body);
        Assert.Equal("gzip", reply["Content-Encoding"]);
    }
}
