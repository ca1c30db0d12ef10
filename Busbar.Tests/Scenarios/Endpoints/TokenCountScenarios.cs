using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Endpoints;

/// <summary>Clients ask what a conversation would cost.</summary>
public sealed class TokenCountScenarios
{
    private const string Anthropic = """{ "model":"smart" ,"messages":[{"role":"user","content":"Say h\u0065llo, at some length."}],"x":1.0 }""";

    public static TheoryData<string, string, string, string, string> Native => new()
    {
        { "anthropic", "/v1/messages/count_tokens?beta=true", Anthropic, "/v1/messages/count_tokens",
            Anthropic.Replace("\"smart\"", "\"wire-0\"", StringComparison.Ordinal) },
        { "responses", "/smart/v1/responses/input_tokens", """{"input":"hello"}""", "/v1/responses/input_tokens",
            """{"input":"hello","model":"wire-0"}""" },
        { "gemini", "/v1/models/smart:countTokens", """{"generateContentRequest":{"model":"models/smart","contents":[]}}""",
            "/v1/models/wire-0:countTokens", """{"generateContentRequest":{"model":"models/wire-0","contents":[]}}""" },
        { "bedrock", "/model/smart/count-tokens", """{"input":{"converse":{}}}""", "/model/wire-0/count-tokens", """{"input":{"converse":{}}}""" },
    };

    [Theory]
    [MemberData(nameof(Native))]
    [Trait("lesson", "36")]
    public async Task A_lane_of_the_clients_protocol_counts_and_only_the_model_changes(
        string protocol, string path, string body, string upstreamPath, string upstreamBody)
    {
        await using Scene scene = await Scene.StartAsync(new SceneConfig(new SpokenBare(protocol)));
        scene.Upstream.Always = call => call.AnswerAsync(200, """{"anything": 7 }""", ("x-request-id", "vendor-1"));

        Reply reply = await scene.SendAsync(HttpMethod.Post, path, body, ("anthropic-beta", "token-counting"));

        Assert.Equal((200, """{"anything": 7 }"""), (reply.Status, reply.Text));
        UpstreamRequest request = Assert.Single(scene.Upstream.Requests);
        Assert.Equal((upstreamPath, upstreamBody), (request.Path, request.Text));
        Assert.Equal(protocol == "anthropic" ? "token-counting" : null, request["anthropic-beta"]);
        await scene.ChargedAsync(0, ok: 1);
        await scene.CountedAsync("ok");
    }

    [Fact]
    public async Task A_count_fails_over_among_lanes_of_the_protocol_and_passes_others_over()
    {
        await using Scene scene = await Scene.StartAsync(new SceneConfig(new SpokenOpenAI(), new SpokenAnthropic(), new SpokenAnthropic()));
        scene.Upstreams[1].Always = call => call.AnswerAsync(529, new SpokenAnthropic().Error("overloaded_error", "Overloaded"));
        scene.Upstreams[2].Always = call => call.AnswerAsync(200, """{"input_tokens":11}""");

        Reply reply = await scene.SendAsync(HttpMethod.Post, "/v1/messages/count_tokens", Anthropic);

        Assert.Equal("""{"input_tokens":11}""", reply.Text);
        Assert.Empty(scene.Upstreams[0].Requests);
        await scene.ChargedAsync(1, err: 1);
        await scene.ChargedAsync(2, ok: 1);
    }

    [Fact]
    public async Task A_client_fault_is_relayed_as_it_came()
    {
        await using Scene scene = await Scene.StartAsync(new SpokenAnthropic());
        string said = new SpokenAnthropic().Error("invalid_request_error", "messages: Field required");
        scene.Upstream.Always = call => call.AnswerAsync(400, said);

        Reply reply = await scene.SendAsync(HttpMethod.Post, "/v1/messages/count_tokens", """{"model":"smart"}""");

        Assert.Equal((400, said), (reply.Status, reply.Text));
    }

    [Theory]
    [InlineData("/v1/messages/count_tokens", Anthropic, "input_tokens", "{\"input_tokens\":")]
    [InlineData("/v1/responses/input_tokens", """{"model":"smart","input":"Say hello, at some length."}""", "input_tokens",
        "{\"object\":\"response.input_tokens\",\"input_tokens\":")]
    [InlineData("/v1beta/models/smart:countTokens", """{"contents":[{"role":"user","parts":[{"text":"Say hello, at some length."}]}]}""",
        "totalTokens", "{\"totalTokens\":")]
    [InlineData("/models/smart:countTokens",
        """{"generateContentRequest":{"contents":[{"role":"user","parts":[{"text":"Say hello, at some length."}]}]}}""", "totalTokens",
    "{\"totalTokens\":")]
    [InlineData("/model/smart/count-tokens",
        """{"input":{"converse":{"messages":[{"role":"user","content":[{"text":"Say hello, at some length."}]}]}}}""", "inputTokens",
    "{\"inputTokens\":")]
    [Trait("lesson", "36")]
    public async Task Without_a_lane_that_counts_the_answer_is_an_estimate_in_the_clients_shape_which_the_log_admits_once(
        string path, string body, string field, string shape)
    {
        await using Scene scene = await Scene.StartAsync(new SpokenOpenAI());

        Reply first = await scene.SendAsync(HttpMethod.Post, path, body);
        Reply second = await scene.SendAsync(HttpMethod.Post, path, body);

        Assert.Equal((200, "application/json"), (first.Status, first["Content-Type"]));
        Assert.StartsWith(shape, first.Text, StringComparison.Ordinal);
        Assert.InRange(first.Json.GetProperty(field).GetInt64(), 5, 200);
        Assert.Equal(first.Text, second.Text);
        Assert.Empty(scene.Upstream.Requests);
        await scene.CountedAsync("ok", 2);
        await Eventually.HoldsAsync(() => Task.FromResult(Estimates(scene) == 1 ? null : $"{Estimates(scene)} lines about estimates"));
    }

    [Theory]
    [InlineData(404)]
    [InlineData(529)]
    public async Task Where_lanes_that_should_count_do_not_it_is_an_estimate_too(int status)
    {
        await using Scene scene = await Scene.StartAsync(new SpokenAnthropic());
        scene.Upstream.Always = call => call.AnswerAsync(status, new SpokenAnthropic().Error("not_found_error", "Not Found"));

        Reply reply = await scene.SendAsync(HttpMethod.Post, "/v1/messages/count_tokens", Anthropic);

        Assert.Equal(200, reply.Status);
        Assert.True(reply.Json.GetProperty("input_tokens").GetInt64() > 0);
        await scene.ChargedAsync(0, err: status == 529 ? 1 : 0);
    }

    [Fact]
    public async Task What_cannot_be_estimated_is_refused_in_the_clients_words()
    {
        await using Scene scene = await Scene.StartAsync(new SpokenOpenAI());

        new SpokenAnthropic().IsEnvelope(await scene.SendAsync(HttpMethod.Post, "/v1/messages/count_tokens", """{"model":"smart"}"""), 400);
        Assert.Equal(400, (await scene.SendAsync(HttpMethod.Post, "/model/smart/count-tokens", """{"input":{"invokeModel":{"body":"e30="}}}"""))
            .Status);
        Assert.Equal(404, (await scene.SendAsync(HttpMethod.Post, "/v1/messages/count_tokens", """{"model":"nobody","messages":[]}""")).Status);
    }

    private static int Estimates(Scene scene) => scene.Gateway.StandardError.Split('\n')
        .Count(line => line.Contains("is an estimate", StringComparison.Ordinal));
}
