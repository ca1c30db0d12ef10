using System.Text.Json;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Endpoints;

/// <summary>Clients find out what they may call, each in its vendor's shape.</summary>
public sealed class ModelListScenarios
{
    private static readonly string[] Names = ["smart", "m0", "m1"];

    [Fact]
    public async Task A_list_has_pools_then_models_in_the_shape_that_path_and_headers_ask_for()
    {
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            new SpokenOpenAI(), new SpokenAnthropic()) { Members = ["context_max: 1000", "context_max: 5000"] });

        foreach (string path in (string[])["/v1/models", "/smart/v1/models", "/models?limit=2"])
        {
            JsonElement openAI = (await scene.SendAsync(HttpMethod.Get, path)).Json;
            Assert.Equal(["object", "data"], openAI.EnumerateObject().Select(member => member.Name));
            Assert.Equal(Names, openAI.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()));
        }

        Reply reply = await scene.SendAsync(HttpMethod.Get, "/v1/models", null, ("anthropic-version", "2023-06-01"));
        Assert.StartsWith("req_", reply["request-id"], StringComparison.Ordinal);
        Assert.Equal(["data", "has_more", "first_id", "last_id"], reply.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal(("smart", "m1", false), (reply.Json.GetProperty("first_id").GetString(), reply.Json.GetProperty("last_id").GetString(),
            reply.Json.GetProperty("has_more").GetBoolean()));
        JsonElement first = reply.Json.GetProperty("data")[0];
        Assert.Equal(
            ["type", "id", "display_name", "created_at", "capabilities", "lifecycle", "line", "max_input_tokens", "max_tokens", "deprecated_at",
                "retires_at"],
            first.EnumerateObject().Select(member => member.Name));
        Assert.Equal(("model", "smart", "active", 5000), (first.GetProperty("type").GetString(), first.GetProperty("id").GetString(),
            first.GetProperty("lifecycle").GetString(), first.GetProperty("max_input_tokens").GetInt32()));

        foreach ((string path, string header) in ((string, string)[])
            [("/v1beta/models", "x-none"), ("/v1alpha/models", "anthropic-version"), ("/v1/models", "x-goog-api-client"),
                ("/v1/models?key=k", "x-none"), ("/smart/v1/models", "x-goog-api-key")])
        {
            JsonElement gemini = (await scene.SendAsync(HttpMethod.Get, path, null, (header, "1"))).Json.GetProperty("models");
            Assert.Equal(Names.Select(name => "models/" + name), gemini.EnumerateArray().Select(model => model.GetProperty("name").GetString()));
            Assert.Contains("countTokens", gemini[0].GetProperty("supportedGenerationMethods").EnumerateArray().Select(method => method.GetString()));
        }
    }

    [Fact]
    public async Task One_model_is_found_by_its_name_and_an_unknown_one_is_a_native_404()
    {
        await using Scene scene = await Scene.StartAsync(new SpokenAnthropic());

        Assert.Equal("m0", (await scene.SendAsync(HttpMethod.Get, "/v1/models/m0")).Json.GetProperty("id").GetString());
        Assert.Equal("models/smart", (await scene.SendAsync(HttpMethod.Get, "/v1beta/models/smart")).Json.GetProperty("name").GetString());
        Assert.Equal("m0", (await scene.SendAsync(HttpMethod.Get, "/v1/models/m0", null, ("anthropic-version", "2026-10-21")))
            .Json.GetProperty("display_name").GetString());

        Reply openAI = await scene.SendAsync(HttpMethod.Get, "/v1/models/vendor/unknown");
        new SpokenOpenAI().IsEnvelope(openAI, 404, "model_not_found");
        Assert.Contains("vendor/unknown", openAI.Text, StringComparison.Ordinal);
        new SpokenAnthropic().IsEnvelope(await scene.SendAsync(HttpMethod.Get, "/v1/models/unknown", null, ("anthropic-version", "1")), 404);
        new SpokenOpenAI().IsEnvelope(await scene.SendAsync(HttpMethod.Get, "/nobody/v1/models"), 404, "model_not_found");
        Reply gemini = await scene.SendAsync(HttpMethod.Get, "/v1beta/models/unknown");
        Assert.Equal((404, "NOT_FOUND"), (gemini.Status, gemini.Json.GetProperty("error").GetProperty("status").GetString()));
    }

    [Fact]
    public async Task A_list_asks_for_a_credential_in_any_carrier_and_refuses_in_the_callers_protocol()
    {
        await using Scene scene = await Scene.StartAsync(new SpokenOpenAI());

        Reply gemini = await scene.GetAsync("/v1beta/models", token: null);
        Assert.Equal((400, "INVALID_ARGUMENT"), (gemini.Status, gemini.Json.GetProperty("error").GetProperty("status").GetString()));
        new SpokenOpenAI().IsEnvelope(await scene.GetAsync("/v1/models", token: null), 401);
        Assert.Equal(200, (await scene.GetAsync("/v1/models?key=" + Scene.Token, token: null)).Status);
    }

    [Theory]
    [InlineData("/v1beta/models/smart", "v1beta", "models/smart", "generateContent")]
    [InlineData("/v1beta/models/:generateContent", "v1beta", "models/:generateContent", "generateContent")]
    [InlineData("/v1beta/models/a:b:fly", "v1beta", "models/a:b", "fly")]
    [InlineData("/v1/models/x:generateContent", "v1", "models/x", "generateContent")]
    [InlineData("/v1beta/models/x:streamGenerateContent", "v1beta", "models/x", "streamGenerateContent")]
    [Trait("gotcha", "T166")]
    [Trait("gotcha", "C119")]
    public async Task A_gemini_404_names_model_version_and_action(string path, string version, string model, string action)
    {
        await using Scene scene = await Scene.StartAsync(new SpokenOpenAI());

        Reply reply = await scene.SendAsync(HttpMethod.Post, path, "{}");

        Assert.Equal(404, reply.Status);
        Assert.StartsWith(
            $"{model} is not found for API version {version}, or is not supported for {action}.",
            reply.Json.GetProperty("error").GetProperty("message").GetString(),
            StringComparison.Ordinal);
        Scene.SpeaksLikeTheVendor(reply);
    }

    [Fact]
    [Trait("gotcha", "T167")]
    public async Task A_path_that_openai_has_too_is_refused_in_its_shape_without_an_action()
    {
        await using Scene scene = await Scene.StartAsync(new SpokenOpenAI());

        new SpokenOpenAI().IsEnvelope(await scene.SendAsync(HttpMethod.Post, "/v1/models/x", "{}"), 404);
        Assert.Equal("NOT_FOUND", (await scene.SendAsync(HttpMethod.Post, "/v1/models/x", "{}", ("x-goog-api-client", "genai-js")))
            .Json.GetProperty("error").GetProperty("status").GetString());
        Assert.Equal("NOT_FOUND", (await scene.SendAsync(HttpMethod.Post, "/v1beta/interactions", "{}")).Json.GetProperty("error")
            .GetProperty("status").GetString());
    }
}
