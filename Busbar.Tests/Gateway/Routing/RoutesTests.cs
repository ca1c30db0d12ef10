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
        Assert.Equal((GatewayEndpoint.Chat, ProtocolId.Gemini, null, model, version), (match.Endpoint, match.Protocol, match.Name, match.Model, match.Version));
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
                string path = route.Pattern.Replace("{v}", version).Replace("{model}", "m");
                RouteMatch bare = Routes.Match(route.Method, path);
                Assert.Equal((route.Endpoint, route.Operation, route.Streams), (bare.Endpoint, bare.Operation, bare.Streams));
                Assert.Null(bare.Name);

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
    public void A_post_without_a_known_action_leads_nowhere(string path) => Assert.Equal(GatewayEndpoint.NoAction, Routes.Match("POST", path).Endpoint);

    [Theory]
    [InlineData("GET", "/v1/messages", ProtocolId.Anthropic, "POST")]
    [InlineData("GET", "/v1/models/x:countTokens", ProtocolId.Gemini, "POST")]
    [InlineData("PUT", "/v1beta/models", ProtocolId.Gemini, "GET")]
    [InlineData("DELETE", "/v1/models/ft:gpt:x", ProtocolId.OpenAI, "GET")]
    [InlineData("GET", "/model/foo/converse", ProtocolId.Bedrock, "POST")]
    [InlineData("GET", "/smart/v2/embed", ProtocolId.Cohere, "POST")]
    [InlineData("DELETE", "/", ProtocolId.OpenAI, "GET, HEAD")]
    [Trait("gotcha", "C95")]
    public void The_wrong_method_is_told_the_right_ones(string method, string path, object dialect, string allow)
    {
        RouteMatch match = Routes.Match(method, path);
        Assert.Equal((GatewayEndpoint.WrongMethod, (ProtocolId)dialect, allow), (match.Endpoint, match.Protocol, match.Allow));
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
    public void Errors_on_a_path_are_in_the_dialect_it_suggests(string path, object dialect) => Assert.Equal((ProtocolId)dialect, PathClassifier.Classify(path));

    [Fact]
    public void Protocols_have_the_paths_that_routes_ask_for()
    {
        foreach (Route route in Routes.All.Where(route => route.Endpoint is GatewayEndpoint.Chat or GatewayEndpoint.Auxiliary))
        {
            string path = ProtocolTable.Get(route.Protocol!.Value).EgressPath("m", new EgressCall(route.Operation, route.Streams));
            Assert.Equal(route.Pattern.Replace("{v}", "/v1beta").Replace("{model}", "m"), path.Split('?')[0]);
        }
    }

    [Fact]
    public void A_gemini_hop_keeps_the_version_and_the_form_of_the_stream()
    {
        Protocol gemini = ProtocolTable.Get(ProtocolId.Gemini);
        Assert.Equal("/v1/models/m:streamGenerateContent", gemini.EgressPath("m", new EgressCall(Operation.Chat, true, "/v1", true)));
        Assert.Equal("/v1alpha/models/m%2Fn:streamGenerateContent?alt=sse", gemini.EgressPath("m/n", new EgressCall(Operation.Chat, true, "/v1alpha")));
        Assert.Equal("/v1beta/tunedModels/m:countTokens", gemini.EgressPath("tunedModels/m", new EgressCall(Operation.CountTokens)));
    }
}
