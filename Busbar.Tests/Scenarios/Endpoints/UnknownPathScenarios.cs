using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Endpoints;

/// <summary>Paths that are not served, and those that clients and balancers ask without need.</summary>
public sealed class UnknownPathScenarios
{
    public static TheoryData<string> Names => Cases.Names;

    [Theory]
    [InlineData("anthropic", "/v1/files")]
    [InlineData("anthropic", "/api/event_logging/batch")]
    [InlineData("openai", "/v1/files")]
    [InlineData("gemini", "/upload/v9/files")]
    [InlineData("cohere", "/v1/chat")]
    [InlineData("cohere", "/v1/embed")]
    [InlineData("cohere", "/v2/rerank")]
    [InlineData("bedrock", "/model/m/invoke")]
    public async Task A_good_key_gets_the_native_not_found_and_never_a_401(string client, string path)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(client);
        await using Scene scene = await Scene.StartAsync(spoken);

        using HttpRequestMessage message = Scene.Message(spoken, new StringContent("{}"));
        message.RequestUri = new Uri(path, UriKind.Relative);
        if (client == "anthropic")
        {
            message.Headers.TryAddWithoutValidation("anthropic-version", "2023-06-01");
        }

        Reply reply = await scene.ReadAsync(await scene.Client.SendAsync(message));

        Assert.Equal(404, reply.Status);
        Assert.NotEmpty(spoken.MessageOf(reply));
    }

    [Theory]
    [InlineData("HEAD", "/api/hello")]
    [InlineData("GET", "/api/hello")]
    [InlineData("HEAD", $"/{Scene.Pool}/api/hello")]
    [InlineData("OPTIONS", "/")]
    public async Task What_clients_and_balancers_ask_first_is_no_refused_credential(string method, string path)
    {
        await using Scene scene = await Scene.StartAsync(SpokenProtocol.All[0]);

        Reply reply = await scene.GetAsync(path, token: null, new HttpMethod(method));

        Assert.Equal((200, ""), (reply.Status, reply.Text));
        Assert.DoesNotMatch("busbar_auth_rejections_total{[^}]*} [1-9]", (await scene.GetAsync("/metrics")).Text);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_base_url_with_its_version_twice_is_served(string client)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(client);
        await using Scene scene = await Scene.StartAsync(spoken);
        scene.Upstream.Always = call => spoken.ServeAsync(call);

        using HttpRequestMessage message = Scene.Message(spoken, new StringContent(spoken.Request(Scene.Pool, false)));
        message.RequestUri = new Uri("/v1" + spoken.PathOf(Scene.Pool, false), UriKind.Relative);

        Assert.Equal(200, (await scene.ReadAsync(await scene.Client.SendAsync(message))).Status);
    }
}
