using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Figures;

/// <summary>Pages that call from a browser.</summary>
public sealed class BrowserScenarios
{
    private const string App = "https://app.example.com";

    [Fact]
    public async Task A_page_of_an_allowed_origin_may_call_and_read_the_answer()
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { More = $"cors: {{ allowed_origins: [{App}] }}" });
        scene.Upstream.Always = call => spoken.ServeAsync(call);

        using var preflight = new HttpRequestMessage(HttpMethod.Options, spoken.PathOf(Scene.Pool, false));
        preflight.Headers.Add("Origin", App);
        preflight.Headers.Add("Access-Control-Request-Method", "POST");
        preflight.Headers.Add("Access-Control-Request-Headers", "authorization,content-type,x-stainless-os");
        using HttpResponseMessage allowed = await scene.Client.SendAsync(preflight);

        Assert.Equal(204, (int)allowed.StatusCode);
        Assert.Equal(App, One(allowed, "Access-Control-Allow-Origin"));
        Assert.Contains("POST", One(allowed, "Access-Control-Allow-Methods"));
        Assert.Contains("x-stainless-os", One(allowed, "Access-Control-Allow-Headers"));
        Assert.Equal("Origin", One(allowed, "Vary"));

        using HttpResponseMessage answer = await scene.OpenAsync(spoken, stream: true, change: message =>
        {
            spoken.Authorize(message.Headers, Scene.Token);
            message.Headers.Add("Origin", App);
        });
        Assert.Equal((200, App), ((int)answer.StatusCode, One(answer, "Access-Control-Allow-Origin")));
        await scene.ReadAsync(answer);

        // An error must be readable too.
        using HttpResponseMessage refused = await scene.OpenAsync(spoken, stream: false, change: message => message.Headers.Add("Origin", App));
        Assert.Equal((401, App), ((int)refused.StatusCode, One(refused, "Access-Control-Allow-Origin")));
    }

    [Theory]
    [InlineData("cors: { allowed_origins: [https://app.example.com] }", "https://evil.example.com")]
    [InlineData("cors: { allowed_origins: [https://app.example.com] }", "https://app.example.com.evil.example.com")]
    [InlineData("cors: { allowed_origins: [https://app.example.com] }", "null")]
    [InlineData("", "https://app.example.com")]
    public async Task Another_origin_is_allowed_nothing(string cors, string origin)
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { More = cors });

        using var preflight = new HttpRequestMessage(HttpMethod.Options, spoken.PathOf(Scene.Pool, false));
        preflight.Headers.Add("Origin", origin);
        preflight.Headers.Add("Access-Control-Request-Method", "POST");
        using HttpResponseMessage answer = await scene.Client.SendAsync(preflight);

        Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("Access-Control-", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("https://app.example.com/")]
    [InlineData("app.example.com")]
    [InlineData("https://user@app.example.com")]
    public async Task What_is_no_origin_is_refused_by_validate(string origin)
    {
        await using GatewayProcess gateway = GatewayProcess.Run(
            ["--validate"],
            $"cors: {{ allowed_origins: [\"{origin}\"] }}\nproviders: {{ openai: {{ api_key_env: K }} }}\nmodels: {{ m: {{ provider: openai, " +
                $"max_concurrent: 1 }} }}\n");

        Assert.Equal(1, await gateway.ExitedAsync());
        Assert.Contains("[error] cors.allowed_origins[0]", gateway.StandardError);
    }

    private static string One(HttpResponseMessage message, string name) => Assert.Single(message.Headers.GetValues(name));
}
