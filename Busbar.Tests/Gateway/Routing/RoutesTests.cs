using Busbar.Gateway.Routing;
using Busbar.Ir;
using Busbar.Protocols;

namespace Busbar.Tests.Gateway.Routing;

/// <summary>What a path says.</summary>
public sealed class RoutesTests
{
    [Theory]
    [InlineData("/v1beta/models/a:b:generateContent", "a:b", "/v1beta")]
    [InlineData("/v1/models/a:generateContent", "a", "/v1")]
    [InlineData("/v1alpha/models/ft%3Aa%2Fb:generateContent", "ft:a/b", "/v1alpha")]
    [InlineData("/v1beta1/models/a/b:generateContent", "a/b", "/v1beta1")]
    [InlineData("/models/a:generateContent", "a", null)]
    [Trait("gotcha", "T165")]
    [Trait("gotcha", "C118")]
    public void A_gemini_model_ends_at_the_last_colon_under_every_version(string path, string model, string? version)
    {
        RouteMatch match = Routes.Match("POST", path);
        Assert.Equal((GatewayEndpoint.Chat, ProtocolId.Gemini, null, model, version),
            (match.Endpoint, match.Protocol, match.Name, match.Model, match.Version));
    }

    [Theory]
    [InlineData("/model/arn%3Aaws%3Abedrock%2Fx/converse", "arn:aws:bedrock/x")]
    [InlineData("/model/a%253A0/converse", "a%3A0")]
    [InlineData("/model/anthropic.claude%3A0/converse-stream", "anthropic.claude:0")]
    [Trait("gotcha", "C120")]
    [Trait("gotcha", "T202")]
    public void A_bedrock_model_is_decoded_once(string path, string model) => Assert.Equal(model, Routes.Match("POST", path).Model);

    [Fact]
    public void Every_path_of_a_client_works_behind_a_name_and_none_of_our_own_does()
    {
        foreach (Route route in Routes.All)
        {
            foreach (string version in (string[])[.. Route.Versions, ""])
            {
                string path = route.Pattern.Replace("{v}", version).Replace("{google}", version == "/v1" ? VertexPath("google") : "")
                    .Replace("{anthropic}", VertexPath("anthropic"))
                    .Replace("/deployments/{model}", "/deployments/m").Replace("{model}", "m");
                RouteMatch bare = Routes.Match(route.Method, path);
                Assert.Equal((route.Endpoint, route.Operation, route.Streams), (bare.Endpoint, bare.Operation, bare.Streams));
                Assert.Equal(route.Pattern.Contains("/deployments/", StringComparison.Ordinal) ? "m" : null, bare.Name);

                RouteMatch named = Routes.Match(route.Method, "/some%20pool/of/us" + path);
                Assert.Equal(route.Protocol is null ? GatewayEndpoint.None : route.Endpoint, named.Endpoint);
                Assert.Equal(route.Protocol is null ? null : "some pool/of/us", named.Name);
            }
        }
    }

    [Theory]
    [InlineData("/v1beta/models/x")]
    [InlineData("/v1beta/models/:generateContent")]
    [InlineData("/v1/models/x:")]
    [InlineData("/v1/models/x:fly")]
    [InlineData("/models/x:generateAnswer")]
    [Trait("gotcha", "T166")]
    public void A_post_without_a_known_action_leads_nowhere(string path)
        => Assert.Equal(GatewayEndpoint.NoAction, Routes.Match("POST", path).Endpoint);

    [Theory]
    [InlineData("GET", "/v1/messages", ProtocolId.Anthropic, "POST")]
    [InlineData("GET", "/v1/models/x:countTokens", ProtocolId.Gemini, "POST")]
    [InlineData("PUT", "/v1beta/models", ProtocolId.Gemini, "GET")]
    [InlineData("DELETE", "/v1/models/ft:gpt:x", ProtocolId.OpenAI, "GET")]
    [InlineData("GET", "/model/foo/converse", ProtocolId.Bedrock, "POST")]
    [InlineData("GET", "/smart/v2/embed", ProtocolId.Cohere, "POST")]
    [InlineData("DELETE", "/", ProtocolId.OpenAI, "GET, HEAD, OPTIONS")]
    [Trait("gotcha", "C95")]
    public void The_wrong_method_is_told_the_right_ones(string method, string path, object spoken, string allow)
    {
        RouteMatch match = Routes.Match(method, path);
        Assert.Equal((GatewayEndpoint.WrongMethod, (ProtocolId)spoken, allow), (match.Endpoint, match.Protocol, match.Allow));
    }

    [Theory]
    [InlineData("/v1/models/x:countTokens", ProtocolId.Gemini)]
    [InlineData("/v1/models/x", ProtocolId.OpenAI)]
    [InlineData("/v1beta/models", ProtocolId.Gemini)]
    [InlineData("/smart/v1beta/models/x", ProtocolId.Gemini)]
    [InlineData("/v1/interactions", ProtocolId.Gemini)]
    [InlineData("/v1beta/interactions/7/cancel", ProtocolId.Gemini)]
    [InlineData("/model/foo/bar", ProtocolId.OpenAI)]
    [InlineData("/model/foo/converse", ProtocolId.Bedrock)]
    [InlineData("/model/foo/count-tokens", ProtocolId.Bedrock)]
    [InlineData("/v1/messages/count_tokens", ProtocolId.Anthropic)]
    [InlineData("/v1/responses/input_tokens", ProtocolId.Responses)]
    [InlineData("/v2/embed", ProtocolId.Cohere)]
    [InlineData("/anything", ProtocolId.OpenAI)]
    [Trait("gotcha", "C94")]
    [Trait("gotcha", "C95")]
    public void Errors_on_a_path_are_in_the_protocol_it_suggests(string path, object spoken) =>
        Assert.Equal((ProtocolId)spoken, PathClassifier.Classify(path) ?? ProtocolId.OpenAI);

    [Theory]
    [InlineData("//v1/messages", ProtocolId.Anthropic, null)]
    [InlineData("/v1//chat/completions/", ProtocolId.OpenAI, null)]
    [InlineData("/v1/v1/messages", ProtocolId.Anthropic, null)]
    [InlineData("/v1/v1/v1/responses", ProtocolId.Responses, null)]
    [InlineData("/v1/v1beta/models/m:generateContent", ProtocolId.Gemini, null)]
    [InlineData("/v1beta/v1beta/models/m:generateContent", ProtocolId.Gemini, null)]
    [InlineData("/v1/v2/chat", ProtocolId.Cohere, null)]
    [InlineData("/v2/v2/chat", ProtocolId.Cohere, null)]
    [InlineData("/v1/model/m/converse", ProtocolId.Bedrock, null)]
    [InlineData("/chat/completions", ProtocolId.OpenAI, null)]
    [InlineData("/messages", ProtocolId.Anthropic, null)]
    [InlineData("/responses/", ProtocolId.Responses, null)]
    [InlineData("/smart/chat/completions", ProtocolId.OpenAI, "smart")]
    [InlineData("/smart/v1/v1/messages", ProtocolId.Anthropic, "smart")]
    [InlineData("/smart//v1/messages", ProtocolId.Anthropic, "smart")]
    [InlineData("/org/smart/v1/messages", ProtocolId.Anthropic, "org/smart")]
    public void A_path_that_people_mistyped_is_read_as_it_was_meant(string path, object protocol, string? name)
    {
        RouteMatch match = Routes.Match("POST", path);
        Assert.Equal((GatewayEndpoint.Chat, (ProtocolId)protocol, name), (match.Endpoint, match.Protocol, match.Name));
    }

    [Theory]
    [InlineData("/messages")]
    [InlineData("/v1/messages/")]
    public void A_repaired_path_has_the_methods_of_the_one_it_means(string path) => Assert.Equal("POST", Routes.Match("GET", path).Allow);

    [Theory]
    [InlineData("/v1/message")]
    [InlineData("//")]
    [InlineData("/healthz/")]
    [InlineData("/v1/chat/completions/x")]
    public void What_means_nothing_stays_unknown(string path) =>
        Assert.True(Routes.Match("POST", path).Endpoint is GatewayEndpoint.None or GatewayEndpoint.WrongMethod);

    [Fact]
    public void Protocols_have_the_paths_that_routes_ask_for()
    {
        foreach (Route route in Routes.All.Where(route => route.Endpoint is GatewayEndpoint.Chat or GatewayEndpoint.Auxiliary))
        {
            if (route.Platform == Platform.Azure)
            {
                continue;
            }

            bool isClaude = route.Pattern.Contains("{anthropic}", StringComparison.Ordinal) || route.Platform == Platform.BedrockInvoke;
            Protocol protocol = ProtocolTable.Get(isClaude ? ProtocolId.Anthropic : route.Protocol!.Value, isClaude && route.Platform == Platform.None
                ? Platform.Vertex : route.Platform);
            string model = protocol == ProtocolTable.Get(ProtocolId.Anthropic, Platform.Vertex) ? VertexPath("anthropic")[1..] + "/models/m" : "m";
            string path = protocol.EgressPath(model, new EgressCall(route.Operation, route.Streams));
            Assert.Equal(
                route.Pattern.Replace("{v}{anthropic}", "/v1" + VertexPath("anthropic")).Replace("{v}{google}", "/v1beta").Replace("{model}", "m"),
                path.Split('?')[0]);
        }
    }

    [Theory]
    [InlineData("/v1/projects/p/locations/l/publishers/google/models/a:generateContent", ProtocolId.Gemini, "/v1", "a")]
    [InlineData("/v1beta1/projects/p/locations/global/publishers/google/models/a:countTokens", ProtocolId.Gemini, "/v1beta1", "a")]
    [InlineData("/v1beta1/publishers/google/models/a:streamGenerateContent", ProtocolId.Gemini, "/v1beta1", "a")]
    [InlineData("/projects/p/locations/l/publishers/anthropic/models/claude-x@20250514:rawPredict", ProtocolId.Anthropic, null, "claude-x@20250514")]
    [InlineData("/v1/projects/p/locations/l/publishers/anthropic/models/claude-x%4020250514:streamRawPredict", ProtocolId.Anthropic, "/v1",
        "claude-x@20250514")]
    [InlineData("/v1/projects/p/locations/l/publishers/anthropic/models/count-tokens:rawPredict", ProtocolId.Anthropic, "/v1", null)]
    public void Paths_of_Vertex_AI_name_model_and_version_and_nothing_else_matters(string path, object protocol, string? version, string? model)
    {
        RouteMatch match = Routes.Match("POST", path);
        Assert.Equal((Platform.Vertex, (ProtocolId)protocol, version, model, null),
            (match.Platform, match.Protocol, match.Version, match.Model, match.Name));
    }

    [Theory]
    [InlineData("/v1/projects//locations/l/publishers/anthropic/models/a:rawPredict")]
    [InlineData("/v1/projects/p/publishers/anthropic/models/a:rawPredict")]
    [InlineData("/v1/models/a:rawPredict")]
    public void What_only_resembles_such_a_path_is_none(string path)
    {
        RouteMatch match = Routes.Match("POST", path);
        Assert.False(match is { Endpoint: GatewayEndpoint.Chat, Name: null }, match.ToString());
    }

    private static string VertexPath(string publisher) => $"/projects/p/locations/l/publishers/{publisher}";

    [Fact]
    public void A_gemini_hop_keeps_the_version_and_the_form_of_the_stream()
    {
        Protocol gemini = ProtocolTable.Get(ProtocolId.Gemini);
        Assert.Equal("/v1/models/m:streamGenerateContent", gemini.EgressPath("m", new EgressCall(Operation.Chat, true, "/v1", true)));
        Assert.Equal("/v1alpha/models/m%2Fn:streamGenerateContent?alt=sse",
            gemini.EgressPath("m/n", new EgressCall(Operation.Chat, true, "/v1alpha")));
        Assert.Equal("/v1beta/tunedModels/m:countTokens", gemini.EgressPath("tunedModels/m", new EgressCall(Operation.CountTokens)));
    }
}
