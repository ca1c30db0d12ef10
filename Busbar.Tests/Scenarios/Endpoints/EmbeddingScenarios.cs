using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Endpoints;

/// <summary>Embeddings pass through lanes of the client's protocol, and through no others.</summary>
public sealed class EmbeddingScenarios
{
    private const string OpenAI = """{"model":"smart","input":"hello"}""";

    public static TheoryData<string, string, string, string, string> Native => new()
    {
        { "openai", "/v1/embeddings", OpenAI, "/v1/embeddings", """{"model":"wire-0","input":"hello"}""" },
        { "cohere", "/smart/v2/embed", """{"model":"x", "texts":["a"]}""", "/v2/embed", """{"model":"wire-0", "texts":["a"]}""" },
        { "gemini", "/v1beta/models/smart:embedContent", """{"content":{"parts":[{"text":"a"}]}}""", "/v1beta/models/wire-0:embedContent",
            """{"content":{"parts":[{"text":"a"}]}}""" },
        { "gemini", "/v1/models/smart:batchEmbedContents?key=k", """{"requests":[{"model":"models/smart"}]}""",
            "/v1/models/wire-0:batchEmbedContents", """{"requests":[{"model":"models/wire-0"}]}""" },
    };

    [Theory]
    [MemberData(nameof(Native))]
    public async Task A_lane_of_the_clients_protocol_answers_and_only_the_model_changes(
        string protocol, string path, string body, string upstreamPath, string upstreamBody)
    {
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            new SpokenBare(protocol)) { Provider = "allow_private_network: true, path: /elsewhere" });
        string answer = "{\"data\": [" + string.Join(", ", Enumerable.Repeat("0.12345", 20_000)) + "]}";
        scene.Upstream.Always = call => call.AnswerAsync(200, answer);

        Reply reply = await scene.SendAsync(HttpMethod.Post, path, body);

        Assert.Equal((200, answer), (reply.Status, reply.Text));
        UpstreamRequest request = Assert.Single(scene.Upstream.Requests);
        Assert.Equal((upstreamPath, upstreamBody), (request.Path, request.Text));
        await scene.ChargedAsync(0, ok: 1);
    }

    [Fact]
    public async Task A_call_fails_over_among_lanes_of_the_protocol()
    {
        await using Scene scene = await Scene.StartAsync(new SceneConfig(new SpokenAnthropic(), new SpokenOpenAI(), new SpokenOpenAI()));
        scene.Upstreams[1].Always = call => call.AnswerAsync(503, new SpokenOpenAI().Error("server_error", "busy"));
        scene.Upstreams[2].Always = call => call.AnswerAsync(200, "{}");

        Assert.Equal("{}", (await scene.SendAsync(HttpMethod.Post, "/v1/embeddings", OpenAI)).Text);
        Assert.Empty(scene.Upstreams[0].Requests);
        await scene.ChargedAsync(1, err: 1);
    }

    [Fact]
    public async Task Lanes_of_the_protocol_that_are_down_are_no_404()
    {
        await using Scene scene = await Scene.StartAsync(new SceneConfig(new SpokenAnthropic(), new SpokenOpenAI()));
        scene.Upstreams[1].Always = call => call.AnswerAsync(503, new SpokenOpenAI().Error("server_error", "busy"));

        new SpokenOpenAI().IsEnvelope(await scene.SendAsync(HttpMethod.Post, "/v1/embeddings", OpenAI), 503);
    }

    [Theory]
    [InlineData("/v1/embeddings", OpenAI)]
    [InlineData("/v2/embed", """{"model":"smart","texts":["a"]}""")]
    [InlineData("/v1/models/smart:embedContent", "{}")]
    [InlineData("/v1beta/models/smart:batchEmbedContents", "{}")]
    public async Task Without_such_a_lane_it_is_a_native_404(string path, string body)
    {
        await using Scene scene = await Scene.StartAsync(new SpokenAnthropic());

        Reply reply = await scene.SendAsync(HttpMethod.Post, path, body);

        Assert.Equal(404, reply.Status);
        Assert.Contains("smart", reply.Text, StringComparison.Ordinal);
        Assert.Equal(path.Contains("models", StringComparison.Ordinal), reply.Text.Contains("NOT_FOUND", StringComparison.Ordinal));
        Scene.SpeaksLikeTheVendor(reply);
        Assert.Empty(scene.Upstream.Requests);
    }
}
