using System.Text.Json;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Platforms;

/// <summary>Clients that were made for a cloud, in front of lanes of any protocol.</summary>
public sealed class PlatformIngressScenarios
{
    private const string Google = "/v1/projects/any-1/locations/global/publishers/google/models/smart";
    private const string Claude = """{"anthropic_version":"bedrock-2023-05-31","max_tokens":64,"messages":[{"role":"user","content":"hi"}]}""";

    public static TheoryData<string, string> Crossings
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (SpokenProtocol lane in SpokenProtocol.All)
            {
                foreach (string client in (string[])["vertex", "bedrock-invoke", "azure", "azure-v1", "azure-responses", "foundry", "vertex-gemini"])
                {
                    data.Add(client, lane.Name);
                }
            }

            return data;
        }
    }

    public static TheoryData<string> Clouds => ["vertex", "bedrock-invoke"];

    [Theory]
    [MemberData(nameof(Crossings))]
    public async Task A_clouds_client_is_answered_in_its_own_form_by_every_lane(string cloud, string lane)
    {
        SpokenProtocol provider = SpokenProtocol.Of(lane);
        await using Scene scene = await Scene.StartAsync(provider);
        scene.Upstream.Always = call => provider.ServeAsync(call, "hello");
        (SpokenProtocol client, string path, string streamPath) = Of(cloud);

        Reply whole = await scene.SendAsync(HttpMethod.Post, path, client.Request("smart", stream: false));
        Reply streamed = await scene.SendAsync(HttpMethod.Post, streamPath, client.Request("smart", stream: true));

        Assert.Equal((200, "application/json"), (whole.Status, whole["Content-Type"]));
        Assert.Equal(client.Name is "bedrock-invoke" or "vertex" or "anthropic" ? "message" : null, whole.Json.TryGetProperty("type", out JsonElement type)
            ? type.GetString() : null);
        Assert.Contains("hello", whole.Text, StringComparison.Ordinal);
        Assert.Equal(200, streamed.Status);
        Assert.StartsWith(client.StreamContentType, streamed["Content-Type"], StringComparison.Ordinal);
        Assert.True(client.EndsCleanly(streamed.Text), streamed.Text);
        Assert.Equal([provider.PathOf("wire-0", stream: false), provider.PathOf("wire-0", stream: true)],
            scene.Upstream.Requests.Select(request => request.Path));
        await scene.ChargedAsync(0, ok: 2);
    }

    [Theory]
    [MemberData(nameof(Clouds))]
    public async Task A_clouds_client_at_its_own_cloud_gets_and_sends_every_byte_as_it_is(string cloud)
    {
        SpokenProtocol spoken = Of(cloud).Client;
        await using Scene scene = await Scene.StartAsync(spoken);
        string odd = spoken.Answer("hi").Replace("{\"id\"", " {\n\"zeta\" : [ ], \"id\"", StringComparison.Ordinal) + "\n";
        string[] frames = [.. spoken.Prelude, spoken.First("one"), spoken.More("two"), .. spoken.End];
        scene.Upstream.Always = call => spoken.IsStream(call.Request) ? call.StreamAsync(frames, ("x-amzn-bedrock-x", "1"))
            : call.AnswerAsync(200, odd);
        string body = spoken.Request("smart", stream: false)
            .Replace("\"max_tokens\":64", "\"max_tokens\" : 64 ,\"anthropic_beta\":[ \"b\" ],\"n\u00e4me\":\"\\u00e4\"", StringComparison.Ordinal)
            + "\r\n";

        Reply whole = await scene.PostAsync(spoken, body);
        Reply streamed = await scene.PostAsync(spoken, stream: true);

        Assert.Equal((200, odd), (whole.Status, whole.Text));
        Assert.Equal(string.Concat(frames), streamed.Text);
        Assert.Equal("1", streamed["x-amzn-bedrock-x"]);
        Assert.Equal(body, scene.Upstream.Requests[0].Text);
        MetricsPage page = await scene.MetricsAsync();
        Assert.Equal(2, page.Sum("busbar_requests_total", "ingress_protocol", cloud == "vertex" ? "anthropic" : "bedrock"));
    }

    [Theory]
    [InlineData("vertex")]
    [InlineData("bedrock-invoke")]
    public async Task Errors_before_an_answer_are_the_clouds_own(string cloud)
    {
        SpokenProtocol client = Of(cloud).Client;
        await using Scene scene = await Scene.StartAsync(new SceneConfig(new SpokenOpenAI()) { Refusing = 0 });

        Reply unknown = await scene.SendAsync(HttpMethod.Post, client.PathOf("nobody", stream: false), client.Request("nobody", stream: false));
        Reply exhausted = await scene.PostAsync(client);
        Reply wrongKey = await scene.PostAsync(client, change: message => client.Authorize(message.Headers, "not-a-key"));

        client.IsEnvelope(unknown, 404);
        client.IsEnvelope(exhausted, 503);
        client.IsEnvelope(wrongKey, 401);
        Assert.All((Reply[])[unknown, exhausted, wrongKey], Scene.SpeaksLikeTheVendor);
    }

    [Theory]
    [InlineData("vertex", "anthropic")]
    [InlineData("vertex", "openai")]
    [InlineData("vertex", "bedrock-invoke")]
    [InlineData("bedrock-invoke", "anthropic")]
    [InlineData("bedrock-invoke", "vertex")]
    [InlineData("bedrock-invoke", "openai")]
    [InlineData("anthropic", "bedrock-invoke")]
    [InlineData("anthropic", "vertex")]
    public async Task An_error_in_a_stream_that_has_begun_is_told_in_the_clients_form(string cloud, string lane)
    {
        SpokenProtocol client = Of(cloud).Client, provider = Of(lane).Client;
        await using Scene scene = await Scene.StartAsync(provider);
        scene.Upstream.Always = async call =>
        {
            await provider.BeginAsync(call, "hello");
            await scene.Upstream.ArrivedAsync();
            await Task.Yield();
            await call.ChunkAsync(provider.ErrorEvent);
            await call.EndAsync();
        };
        using HttpResponseMessage response = await scene.OpenAsync(client, stream: true);

        Reply reply = await scene.ReadAsync(response);

        Assert.True(client.HasError(reply.Text) || reply.Status == 503, reply.Text);
        Assert.False(client.EndsCleanly(reply.Text));
        await scene.ChargedAsync(0, err: 1);
    }

    [Theory]
    [InlineData("""{"max_tokens":64,"messages":[{"role":"user","content":"hi"}]}""", "required key [anthropic_version] not found")]
    [InlineData("""{"anthropic_version":7,"max_tokens":64,"messages":[]}""", "required key [anthropic_version] not found")]
    [InlineData("""{"anthropic_version":"bedrock-2023-05-31","stream":true,"max_tokens":64,"messages":[{"role":"user","content":"hi"}]}""",
        "extraneous key [stream] is not permitted")]
    [InlineData("""{"anthropic_version":"bedrock-2023-05-31","model":"smart","max_tokens":64,"messages":[{"role":"user","content":"hi"}]}""",
        "extraneous key [model] is not permitted")]
    public async Task A_body_that_InvokeModel_refuses_is_refused_in_its_words(string body, string words)
    {
        await using Scene scene = await Scene.StartAsync(new SpokenAnthropic());

        foreach (string action in (string[])["invoke", "invoke-with-response-stream"])
        {
            Reply reply = await scene.SendAsync(HttpMethod.Post, $"/model/smart/{action}", body);

            new SpokenInvoke().IsEnvelope(reply, 400);
            Assert.Equal($"Malformed input request: #: {words}, please reformat your input and try again.",
                reply.Json.GetProperty("message").GetString());
        }

        Assert.Empty(scene.Upstream.Requests);
    }

    [Theory]
    [InlineData("{\"inputText\":\"hi\" , \"textGenerationConfig\":{\"maxTokenCount\":64}}", "{\"results\":[{\"outputText\":\"hello\"}]}")]
    [InlineData("{\"schemaVersion\":\"messages-v1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"hi\"}]}]}",
        "{\"output\":{\"message\":{\"content\":[{\"text\":\"hello\"}]}},\"usage\":{\"inputTokens\":3,\"outputTokens\":4}}")]
    public async Task A_body_of_another_family_goes_to_a_lane_of_Bedrock_untouched(string body, string answer)
    {
        await using Scene scene = await Scene.StartAsync(new SceneConfig(new SpokenOpenAI(), new SpokenBedrock(), new SpokenInvoke()));
        string[] frames =
        [
            SpokenBedrock.Frame("chunk", $$"""{"bytes":"{{Base64("{\"outputText\":\"hel\"}")}}","p":"ab"}"""),
            SpokenBedrock.Frame(
                "chunk", $$"""{"bytes":"{{Base64("{\"outputText\":\"lo\",\"amazon-bedrock-invocationMetrics\":{\"inputTokenCount\":3,\"outputTokenCount\":4}}")}}"}"""),
        ];
        scene.Upstreams[1].Always = call => call.Request.Path.EndsWith("stream", StringComparison.Ordinal)
            ? call.StreamAsync(frames)
            : call.AnswerAsync(200, answer, ("X-Amzn-Bedrock-Input-Token-Count", "3"), ("X-Amzn-Bedrock-Output-Token-Count", "4"));

        Reply whole = await scene.SendAsync(HttpMethod.Post, "/model/smart/invoke", body);
        Reply streamed = await scene.SendAsync(HttpMethod.Post, "/model/smart/invoke-with-response-stream", body);

        Assert.Equal((200, answer), (whole.Status, whole.Text));
        Assert.Equal(("application/vnd.amazon.eventstream", string.Concat(frames)), (streamed["Content-Type"], streamed.Text));
        Assert.Equal([body, body], scene.Upstreams[1].Requests.Select(request => request.Text));
        Assert.Equal(["/model/wire-1/invoke", "/model/wire-1/invoke-with-response-stream"],
            scene.Upstreams[1].Requests.Select(request => request.Path));
        Assert.Empty(scene.Upstreams[0].Requests);
        Assert.Empty(scene.Upstreams[2].Requests);
        await Eventually.HoldsAsync(async () =>
        {
            double output = (await scene.MetricsAsync()).Sum("busbar_tokens_total", "kind", "output");
            return output == 8 ? null : $"{output} tokens were counted";
        });
        await scene.ChargedAsync(1, ok: 2);
    }

    [Fact]
    public async Task A_stream_of_another_family_that_ends_between_messages_is_whole_and_one_that_ends_within_is_not()
    {
        await using Scene scene = await Scene.StartAsync(new SpokenBedrock());
        string frame = SpokenBedrock.Frame("chunk", $$"""{"bytes":"{{Base64("{\"generation\":\"hello\"}")}}"}""");
        scene.Upstream.Next(call => call.StreamAsync([frame])).Next(call => call.StreamAsync([frame, frame[..^3]]));

        Reply whole = await scene.SendAsync(HttpMethod.Post, "/model/smart/invoke-with-response-stream", """{"prompt":"hi"}""");
        Reply cut = await scene.SendAsync(HttpMethod.Post, "/model/smart/invoke-with-response-stream", """{"prompt":"hi"}""");

        Assert.Equal(frame, whole.Text);
        Assert.StartsWith(frame, cut.Text, StringComparison.Ordinal);
        Assert.Contains(":exception-type", cut.Text, StringComparison.Ordinal);
        await scene.ChargedAsync(0, ok: 1, err: 1);
    }

    [Theory]
    [InlineData("rawPredict")]
    [InlineData("streamRawPredict")]
    public async Task Claude_on_Vertex_AI_without_a_version_is_refused_in_its_words(string action)
    {
        await using Scene scene = await Scene.StartAsync(new SpokenAnthropic());

        Reply reply = await scene.SendAsync(HttpMethod.Post, $"{SpokenVertex.Models}smart:{action}",
            """{"max_tokens":64,"messages":[{"role":"user","content":"hi"}]}""");

        new SpokenVertex().IsEnvelope(reply, 400);
        Assert.Equal("anthropic_version: Field required", new SpokenVertex().MessageOf(reply));
        Assert.Empty(scene.Upstream.Requests);
    }

    [Theory]
    [InlineData("streamRawPredict", ",\"stream\":false", false)]
    [InlineData("streamRawPredict", "", true)]
    [InlineData("rawPredict", ",\"stream\":true", true)]
    [InlineData("rawPredict", "", false)]
    public async Task The_body_of_Claude_on_Vertex_AI_says_whether_it_wants_a_stream_and_else_its_path(string action, string stream, bool streams)
    {
        SpokenProtocol provider = new SpokenOpenAI();
        await using Scene scene = await Scene.StartAsync(provider);
        scene.Upstream.Always = call => provider.ServeAsync(call, "hello");

        Reply reply = await scene.SendAsync(HttpMethod.Post, $"{SpokenVertex.Models}smart:{action}",
            Claude.Replace("}]}", "}]" + stream + "}", StringComparison.Ordinal));

        Assert.Equal((200, streams ? "text/event-stream" : "application/json"), (reply.Status, reply["Content-Type"]));
    }

    [Theory]
    [InlineData("/openai/deployments/smart/chat/completions?api-version=soon", 404, "404")]
    [InlineData("/openai/deployments/nobody/chat/completions?api-version=2024-10-21", 404, "DeploymentNotFound")]
    [InlineData("/openai/v1/chat/completions?api-version=2024-13-01", 404, "404")]
    public async Task What_Azure_does_not_know_is_told_in_its_words(string path, int status, string code)
    {
        SpokenProtocol client = new SpokenOpenAI();
        await using Scene scene = await Scene.StartAsync(client);

        Reply reply = await scene.SendAsync(HttpMethod.Post, path, client.Request("smart", stream: false));

        Assert.Equal((status, code), (reply.Status, reply.Json.GetProperty("error").GetProperty("code").GetString()));
        Assert.Empty(scene.Upstream.Requests);
    }

    [Fact]
    public async Task A_deployment_is_the_name_of_a_model_whatever_the_body_says_and_its_key_is_taken_from_its_header()
    {
        SpokenProtocol provider = new SpokenOpenAI();
        await using Scene scene = await Scene.StartAsync(provider);
        scene.Upstream.Always = call => provider.ServeAsync(call);
        using var message = Scene.Message(provider, new StringContent("""{"messages":[{"role":"user","content":"hi"}]}"""),
            change: message => message.Headers.Add("api-key", Scene.Token));
        message.RequestUri = new Uri("/openai/deployments/m0/chat/completions?api-version=2024-10-21", UriKind.Relative);

        Assert.Equal(200, (await scene.ReadAsync(await scene.Client.SendAsync(message))).Status);
        Assert.Equal(200, (await scene.SendAsync(HttpMethod.Post, "/openai/deployments/m0/chat/completions",
            """{"model":"else","messages":[{"role":"user","content":"hi"}]}""")).Status);
        Assert.Equal(200, (await scene.GetAsync("/openai/v1/models")).Status);
        Assert.Equal(200, (await scene.GetAsync("/openai/models?api-version=2024-10-21")).Status);

        Assert.All(scene.Upstream.Requests, request => Assert.Contains("\"model\":\"wire-0\"", request.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pool_that_is_called_openai_keeps_its_paths()
    {
        SpokenProtocol provider = new SpokenOpenAI();
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            provider, provider) { Pooled = 1, OtherPools = "openai: { members: [{ target: m1 }] }" });
        scene.Upstreams[1].Always = call => provider.ServeAsync(call);

        Assert.Equal(200, (await scene.SendAsync(HttpMethod.Post, "/openai/v1/chat/completions", provider.Request("smart", stream: false))).Status);
        Assert.Single(scene.Upstreams[1].Requests);
    }

    private static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));

    private static (SpokenProtocol Client, string Path, string StreamPath) Of(string cloud)
    {
        SpokenProtocol client = cloud switch
        {
            "vertex" => new SpokenVertex(),
            "bedrock-invoke" => new SpokenInvoke(),
            "vertex-gemini" => new SpokenGemini(),
            "azure-responses" => new SpokenResponses(),
            "azure" or "azure-v1" => new SpokenOpenAI(),
            "foundry" => SpokenProtocol.Of("anthropic"),
            _ => SpokenProtocol.Of(cloud),
        };
        return cloud switch
        {
            "vertex-gemini" => (client, $"{Google}:generateContent", $"{Google}:streamGenerateContent?alt=sse"),
            "azure" => (client, "/openai/deployments/smart/chat/completions?api-version=2024-10-21",
                "/openai/deployments/smart/chat/completions?api-version=2025-04-01-preview"),
            "foundry" => (client, "/anthropic/v1/messages", "/anthropic/v1/messages"),
            "azure-v1" => (client, "/openai/v1/chat/completions", "/openai/v1/chat/completions?api-version=preview"),
            "azure-responses" => (client, "/openai/responses?api-version=2025-03-01-preview", "/openai/v1/responses"),
            _ => (client, client.PathOf("smart", stream: false), client.PathOf("smart", stream: true)),
        };
    }
}
