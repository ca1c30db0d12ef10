using System.Text;
using System.Text.Json;
using Busbar.Tests.Scenarios.Harness;
using Busbar.Tests.Upstream.SigV4;
using Busbar.Upstream;
using Busbar.Upstream.SigV4;
using UpstreamRequest = Busbar.Tests.Scenarios.Harness.UpstreamRequest;

namespace Busbar.Tests.Scenarios.Platforms;

/// <summary>How clouds are called: paths, keys, counts, probes, and what their refusals mean.</summary>
public sealed class CloudProviderScenarios
{
    private const string Conversation = """{"model":"smart","messages":[{"role":"user","content":"Say hello."}]}""";
    private const string Tripping = "breaker: { trip: { mode: consecutive, n: 1 }, base_cooldown_secs: 600, max_cooldown_secs: 600 }";

    [Theory]
    [InlineData("openai", "", "/v1/chat/completions", "/openai/v1/chat/completions")]
    [InlineData("openai", "api_version: v1", "/v1/embeddings", "/openai/v1/embeddings")]
    [InlineData("openai", "api_version: preview", "/v1/chat/completions", "/openai/v1/chat/completions?api-version=preview")]
    [InlineData("openai", "api_version: 2024-10-21", "/v1/chat/completions", "/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21")]
    [InlineData("openai", "api_version: 2024-10-21", "/v1/embeddings", "/openai/deployments/my-gpt/embeddings?api-version=2024-10-21")]
    [InlineData("responses", "", "/v1/responses", "/openai/v1/responses")]
    [InlineData("responses", "api_version: 2025-04-01-preview", "/v1/responses", "/openai/responses?api-version=2025-04-01-preview")]
    [InlineData("anthropic", "", "/v1/messages", "/anthropic/v1/messages")]
    [InlineData("anthropic", "", "/v1/messages/count_tokens", "/anthropic/v1/messages/count_tokens")]
    public async Task Azure_is_called_by_deployment_at_the_path_of_its_version_with_its_key(
        string protocol, string version, string path, string upstreamPath)
    {
        await using Scene scene = await StartAsync(protocol,
            $"platform: azure, deployments: {{ gpt-5: my-gpt }}{(version.Length > 0 ? ", " + version : "")}", "gpt-5");
        scene.Upstream.Always = call => call.AnswerAsync(200, """{"anything":1,"input_tokens":3,"choices":[{}],"output":[{}],"content":[{}]}""");

        Assert.Equal(200, (await scene.SendAsync(HttpMethod.Post, path, Conversation)).Status);

        UpstreamRequest request = Assert.Single(scene.Upstream.Requests);
        Assert.Equal(upstreamPath, request.Path);
        Assert.Equal("my-gpt", JsonDocument.Parse(request.Text).RootElement.GetProperty("model").GetString());
        Assert.Equal(Scene.KeyOf(0), request[protocol == "anthropic" ? "x-api-key" : "api-key"]);
        Assert.Null(request["Authorization"]);
        Assert.Equal(protocol == "anthropic" ? "2023-06-01" : null, request["anthropic-version"]);
    }

    [Theory]
    [InlineData("anthropic")]
    [InlineData("openai")]
    public async Task A_token_of_Entra_ID_goes_to_Azure_as_Bearer(string protocol)
    {
        const string Token = "eyJ0eXAi.canary-entra-token.x";
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await StartAsync(protocol, "platform: azure", "my-gpt", key: Token);
        scene.Upstream.Always = call => spoken.ServeAsync(call);

        Assert.Equal(200, (await scene.PostAsync(spoken)).Status);

        UpstreamRequest request = Assert.Single(scene.Upstream.Requests);
        Assert.Equal(("Bearer " + Token, null, null), (request["Authorization"], request["api-key"], request["x-api-key"]));
    }

    [Theory]
    [InlineData("global", "", "", ":generateContent", "/v1/projects/acme-1/locations/global/publishers/google/models/gemini-3-pro:generateContent")]
    [InlineData("us-central1", ", api_version: v1beta1", "", ":countTokens",
        "/v1beta1/projects/acme-1/locations/us-central1/publishers/google/models/gemini-3-pro:countTokens")]
    [InlineData("global", "", "/v1beta", ":streamGenerateContent?alt=sse",
        "/v1/projects/acme-1/locations/global/publishers/google/models/gemini-3-pro:streamGenerateContent?alt=sse")]
    [InlineData("global", "", "/v1beta1/projects/p/locations/l/publishers/google", ":generateContent",
        "/v1beta1/projects/acme-1/locations/global/publishers/google/models/gemini-3-pro:generateContent")]
    public async Task Gemini_at_Vertex_AI_is_called_in_its_project_and_location(
        string location, string version, string front, string action, string upstreamPath)
    {
        SpokenProtocol gemini = new SpokenGemini();
        await using Scene scene = await StartAsync("gemini", $"platform: vertex, project: acme-1, location: {location}{version}", "gemini-3-pro");
        scene.Upstream.Always = call => call.Request.Path.Contains("stream", StringComparison.Ordinal) ? call.StreamAsync(gemini.Stream("hello"))
            : call.AnswerAsync(200, gemini.Answer("hello"));

        Assert.Equal(200, (await scene.SendAsync(HttpMethod.Post, $"{front}/models/smart{action}", gemini.Request("smart", stream: false))).Status);

        UpstreamRequest request = Assert.Single(scene.Upstream.Requests);
        Assert.Equal((upstreamPath, "Bearer " + Scene.KeyOf(0), null), (request.Path, request["Authorization"], request["x-goog-api-key"]));
    }

    [Fact]
    public async Task A_call_built_for_Gemini_at_Vertex_AI_has_no_ids_of_function_calls()
    {
        SpokenProtocol gemini = new SpokenGemini();
        await using Scene scene = await StartAsync("gemini", "platform: vertex, project: acme-1, location: global", "gemini-3-pro");
        scene.Upstream.Always = call => gemini.ServeAsync(call);

        await scene.SendAsync(
            HttpMethod.Post,
            "/v1/messages",
            """{"model":"smart","max_tokens":9,"tools":[{"name":"f","input_schema":{"type":"object"}}],"messages":""" +
                """[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"f","input":{}}]},""" +
                """{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"x"}]}]}""");

        Assert.DoesNotContain("\"id\"", Assert.Single(scene.Upstream.Requests).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Ainference-profile%2Feu.anthropic.claude-sonnet-4-5-20250929-v1%3A0")]
    [InlineData("eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0")]
    public async Task InvokeModel_is_signed_for_the_path_it_is_sent_to(string model, string segment)
    {
        SpokenProtocol invoke = new SpokenInvoke();
        await using Scene scene = await StartAsync("bedrock", "platform: bedrock-invoke, region: eu-central-1", $"\"{model}\"",
            key: "AKIDINVOKE:canary-invoke-secret");
        scene.Upstream.Always = call => invoke.ServeAsync(call);

        Assert.Equal(200, (await scene.PostAsync(new SpokenAnthropic())).Status);
        Assert.Equal(200, (await scene.PostAsync(new SpokenOpenAI(), stream: true)).Status);

        Assert.Equal([$"/model/{segment}/invoke", $"/model/{segment}/invoke-with-response-stream"],
            scene.Upstream.Requests.Select(request => request.Path));
        Assert.All(scene.Upstream.Requests, request =>
        {
            Assert.Contains("/eu-central-1/bedrock/aws4_request", request["Authorization"], StringComparison.Ordinal);
            Assert.Equal(SigV4Result.Valid, SigV4Check.Verify(
                new SigV4Inbound("POST", request.Path, "", name => request[name]), request.Body, _ => "canary-invoke-secret", DateTimeOffset.UtcNow,
                out _));
        });
    }

    [Fact]
    public async Task Vertex_AI_counts_Claudes_tokens_at_a_path_that_names_no_model()
    {
        await using Scene scene = await Scene.StartAsync(new SpokenVertex());
        scene.Upstream.Always = call => call.AnswerAsync(200, """{"input_tokens":7}""");

        Reply fromVendor = await scene.SendAsync(HttpMethod.Post, "/v1/messages/count_tokens", Conversation);
        Reply fromCloud = await scene.SendAsync(HttpMethod.Post, $"{SpokenVertex.Models}count-tokens:rawPredict",
            Conversation.Replace("{\"model\"", "{\"anthropic_version\":\"vertex-2023-10-16\",\"model\"", StringComparison.Ordinal));

        Assert.All([fromVendor, fromCloud], reply => Assert.Equal((200, """{"input_tokens":7}"""), (reply.Status, reply.Text)));
        Assert.All(scene.Upstream.Requests, request => Assert.Equal(
            ($"{SpokenVertex.Models}count-tokens:rawPredict", "wire-0"),
            (request.Path, JsonDocument.Parse(request.Text).RootElement.GetProperty("model").GetString())));
        Assert.Equal("""{"model":"wire-0","anthropic_version":"vertex-2023-10-16","messages":[{"role":"user","content":"Say hello."}]}""",
            scene.Upstream.Requests[0].Text);
    }

    [Fact]
    public async Task Bedrock_counts_what_would_be_invoked_and_the_client_hears_it_in_its_own_form()
    {
        await using Scene scene = await Scene.StartAsync(new SpokenInvoke());
        scene.Upstream.Always = call => call.AnswerAsync(200, """{"inputTokens":7}""");

        Reply reply = await scene.SendAsync(HttpMethod.Post, "/v1/messages/count_tokens", Conversation, ("anthropic-beta", "token-counting"));

        Assert.Equal((200, """{"input_tokens":7}"""), (reply.Status, reply.Text));
        UpstreamRequest request = Assert.Single(scene.Upstream.Requests);
        Assert.Equal("/model/wire-0/count-tokens", request.Path);
        string invoked = Encoding.UTF8.GetString(JsonDocument.Parse(request.Text).RootElement.GetProperty("input").GetProperty("invokeModel")
            .GetProperty("body").GetBytesFromBase64());
        Assert.Equal(
            """{"anthropic_version":"bedrock-2023-05-31","max_tokens":4096,"anthropic_beta":["token-counting"],"messages":""" +
            """[{"role":"user","content":"Say hello."}]}""", invoked);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(403)]
    [InlineData(404)]
    public async Task Where_Bedrock_does_not_count_a_model_the_count_is_an_estimate_and_the_lane_unharmed(int status)
    {
        await using Scene scene = await Scene.StartAsync(new SpokenInvoke());
        scene.Upstream.Always = call => call.AnswerAsync(status, """{"message":"The provided model doesn't support counting tokens."}""");

        Reply reply = await scene.SendAsync(HttpMethod.Post, "/v1/messages/count_tokens", Conversation);
        Reply invoked = await scene.SendAsync(
            HttpMethod.Post,
            "/model/smart/count-tokens",
            "{\"input\":{\"invokeModel\":{\"body\":\"" + Convert.ToBase64String(
                Encoding.UTF8.GetBytes(new SpokenInvoke().Request("smart", stream: false, "Say hello."))) + "\"}}}");

        Assert.True(reply.Json.GetProperty("input_tokens").GetInt64() > 0);
        Assert.Equal(reply.Json.GetProperty("input_tokens").GetInt64(), invoked.Json.GetProperty("inputTokens").GetInt64());
        await scene.ChargedAsync(0);
    }

    [Theory]
    [InlineData("bedrock-invoke", 429, "ThrottlingException", """{"message":"Too many tokens, please wait before trying again."}""", false)]
    [InlineData("bedrock-invoke", 400, "ServiceQuotaExceededException", """{"message":"Quota."}""", false)]
    [InlineData("bedrock-invoke", 424, "ModelErrorException", """{"message":"The model had an error.","originalStatusCode":500}""", false)]
    [InlineData("bedrock-invoke", 503, "ServiceUnavailableException", """{"message":"Bedrock is unable to process your request."}""", false)]
    [InlineData("bedrock-invoke", 403, "UnrecognizedClientException", """{"message":"The security token included in the request is invalid."}""",
        true)]
    [InlineData("vertex", 429, null,
        """{"error":{"code":429,"message":"Quota exceeded for aiplatform.googleapis.com","status":"RESOURCE_EXHAUSTED"}}""", false)]
    [InlineData("vertex", 529, null, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", false)]
    [InlineData("vertex", 401, null,
        """[{"error":{"code":401,"message":"Request had invalid authentication credentials.","status":"UNAUTHENTICATED"}}]""", true)]
    public async Task A_clouds_refusal_is_judged_and_the_next_lane_tried(string lane, int status, string? type, string body, bool dead)
    {
        SpokenProtocol provider = lane == "vertex" ? new SpokenVertex() : new SpokenInvoke();
        var client = new SpokenAnthropic();
        await using Scene scene = await Scene.StartAsync(new SceneConfig(provider, client));
        scene.Upstreams[0].Always = call => call.AnswerAsync(
            status, body, type is null ? [] : [("x-amzn-errortype", type + ":http://internal.amazon.com/coral/com.amazon.bedrock/")]);
        scene.Upstreams[1].Always = call => client.ServeAsync(call);

        Assert.Equal(200, (await scene.PostAsync(client)).Status);

        await scene.ChargedAsync(0, err: 1, dead: dead);
        await scene.ChargedAsync(1, ok: 1);
    }

    [Theory]
    [InlineData("vertex", """{"error":{"code":400,"message":"messages.0: canary is wrong here","status":"INVALID_ARGUMENT"}}""")]
    [InlineData("bedrock-invoke", """{"message":"messages.0: canary is wrong here"}""")]
    public async Task A_clouds_word_about_the_request_reaches_the_client_in_its_own_form(string lane, string body)
    {
        SpokenProtocol provider = lane == "vertex" ? new SpokenVertex() : new SpokenInvoke();
        var client = new SpokenAnthropic();
        await using Scene scene = await Scene.StartAsync(provider);
        scene.Upstream.Always = call => call.AnswerAsync(400, body.Replace("canary", "this", StringComparison.Ordinal), ("x-amzn-requestid", "1"));

        Reply reply = await scene.PostAsync(client);

        client.IsEnvelope(reply, 400);
        Assert.Contains("messages.0: this is wrong here", client.MessageOf(reply), StringComparison.Ordinal);
        await scene.ChargedAsync(0, clientFault: 1);
    }

    [Theory]
    [InlineData("bedrock-invoke")]
    [InlineData("vertex")]
    public async Task A_tripped_lane_of_a_cloud_is_probed_as_it_is_called(string lane)
    {
        SpokenProtocol provider = lane == "vertex" ? new SpokenVertex() : new SpokenInvoke();
        var config = new SceneConfig(provider) { Pool = Tripping, Provider =
            "allow_private_network: true, health: { mode: dead, interval_secs: 1, timeout_secs: 20 }" };
        await using Scene scene = await Scene.StartAsync(config);
        scene.Upstream.Next(call => call.AnswerAsync(500, "{}")).Next(call => provider.ServeAsync(call));

        Assert.Equal(503, (await scene.PostAsync(provider)).Status);
        UpstreamRequest probe = await scene.Upstream.ArrivedAsync(2);
        await Eventually.HoldsAsync(async () => (await scene.LaneAsync()).State("smart") == "closed" ? null : "still open");

        Assert.Equal(provider.PathOf("wire-0", stream: false), probe.Path);
        JsonElement body = JsonDocument.Parse(probe.Text).RootElement;
        Assert.False(body.TryGetProperty("model", out _));
        Assert.Equal(16, body.GetProperty("max_tokens").GetInt32());
        Assert.True(body.TryGetProperty("anthropic_version", out _));
    }

    [Theory]
    [InlineData("vertex")]
    [InlineData("bedrock-invoke")]
    public async Task Betas_that_a_provider_denies_are_left_out_wherever_a_client_names_them(string lane)
    {
        SpokenProtocol provider = lane == "vertex" ? new SpokenVertex() : new SpokenInvoke();
        var client = new SpokenAnthropic();
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            provider) { Provider = "allow_private_network: true, deny_betas: [bad-1, bad-2]" });
        scene.Upstream.Always = call => provider.ServeAsync(call);

        foreach (SpokenProtocol from in (SpokenProtocol[])[client, new SpokenInvoke()])
        {
            string body = from.Request("smart", stream: false)
                .Replace("\"max_tokens\"", "\"anthropic_beta\":[\"bad-1\",\"in-body\"],\"max_tokens\"", StringComparison.Ordinal);
            await scene.PostAsync(from, body, message =>
            {
                from.Authorize(message.Headers, Scene.Token);
                message.Headers.TryAddWithoutValidation("anthropic-beta", "bad-2,in-header");
            });
        }

        Assert.All(scene.Upstream.Requests, request =>
        {
            string asked = request["anthropic-beta"] + request.Text;
            Assert.DoesNotContain("bad-", asked, StringComparison.Ordinal);
            Assert.Contains("in-body", asked, StringComparison.Ordinal);
        });
        Assert.Contains("in-header", scene.Upstream.Requests[0]["anthropic-beta"] + scene.Upstream.Requests[0].Text, StringComparison.Ordinal);
        Assert.True((await scene.MetricsAsync()).Sum("busbar_denied_betas_total") >= 3);
    }

    private static async Task<Scene> StartAsync(string protocol, string provider, string model, string? key = null)
    {
        SpokenProtocol spoken = protocol == "bedrock" ? new SpokenInvoke() : SpokenProtocol.Of(protocol);
        ScriptedUpstream[] upstreams = [ScriptedUpstream.Start(spoken.StreamContentType)];
        return await Scene.StartAsync(
            upstreams,
            [spoken],
            port => $$"""
                listen: 127.0.0.1:{{port}}
                auth: { mode: token, client_tokens: [{{Scene.Token}}] }
                providers:
                  cloud: { protocol: {{protocol}}, base_url: "http://127.0.0.1:{{upstreams[0].Port}}", api_key_env: KEY, allow_private_network: true, {{provider}} }
                models:
                  smart: { provider: cloud, upstream_model: {{model}}, max_concurrent: 4 }
                """,
            new Dictionary<string, string> { ["KEY"] = key ?? Scene.KeyOf(0) });
    }
}
