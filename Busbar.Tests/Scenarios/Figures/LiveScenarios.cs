using System.Text.Json;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Figures;

/// <summary>What operators see of a running gateway, and what they try there.</summary>
public sealed class LiveScenarios
{
    private const string Admin = "canary-admin-token-78";

    private static readonly SpokenProtocol Client = SpokenProtocol.Of("openai");

    [Fact]
    public async Task A_request_is_listed_with_every_attempt_and_its_lane_with_what_became_of_the_breaker()
    {
        await using Scene scene = await StartAsync();
        scene.Upstreams[0].Always = call => call.AnswerAsync(401, Client.Error("authentication_error", "no"));
        string secret = await KeyAsync(scene);
        await scene.PostAsync(Client, model: Scene.Pool, change: message => Client.Authorize(message.Headers, secret));

        JsonElement request = (await AdminAsync(scene, HttpMethod.Get, "/admin/requests")).Json.GetProperty("requests")[0];
        JsonElement failure = request.GetProperty("failures")[0];
        JsonElement moment = (await AdminAsync(scene, HttpMethod.Get, "/admin/lanes/m0/history")).Json.GetProperty("changes")[0];

        Assert.Equal(("team", "m1", 200), (request.GetProperty("key_name").GetString(), request.GetProperty("lane").GetString(),
            request.GetProperty("status").GetInt32()));
        Assert.Equal(("m0", 401), (failure.GetProperty("lane").GetString(), failure.GetProperty("status").GetInt32()));
        Assert.Equal("open", moment.GetProperty("to").GetString());
    }

    [Fact]
    public async Task Events_arrive_while_they_happen_and_end_when_the_process_goes_down()
    {
        await using Scene scene = await StartAsync();
        string secret = await KeyAsync(scene);
        using var message = new HttpRequestMessage(HttpMethod.Get, "/admin/events");
        message.Headers.Add("x-admin-token", Admin);
        using HttpResponseMessage answer = await scene.Client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(("text/event-stream", "no-store"), (answer.Content.Headers.ContentType!.MediaType, answer.Headers.CacheControl!.ToString()));
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
        await scene.PostAsync(Client, model: Scene.Pool, change: request => Client.Authorize(request.Headers, secret));

        HashSet<string> heard = [];
        while (heard.Count < 3)
        {
            string line = await lines.ReadLineAsync() ?? throw new EndOfStreamException();
            if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                heard.Add(line["event: ".Length..]);
            }
        }

        Assert.Equal(["lanes", "requests", "tick"], heard.Order());
        scene.Gateway.Signal(System.Runtime.InteropServices.PosixSignal.SIGTERM);
        await lines.ReadToEndAsync();
        Assert.Equal(0, await scene.Gateway.ExitedAsync());
    }

    [Fact]
    public async Task The_page_is_served_where_governance_is_on_and_nobody_switched_it_off()
    {
        await using Scene scene = await StartAsync();
        Reply page = await scene.GetAsync("/admin/ui", token: null);
        Reply again = await scene.SendAsync(HttpMethod.Get, "/admin/ui", null, ("If-None-Match", page["ETag"]!));
        Reply head = await scene.GetAsync("/admin/ui/app.js", token: null, HttpMethod.Head);

        Assert.Equal((200, 304, 200, ""), (page.Status, again.Status, head.Status, head.Text));
        await using Scene other = await StartAsync(", admin_ui: false");
        Assert.Equal(401, (await other.GetAsync("/admin/ui", token: null)).Status);
    }

    [Fact]
    public async Task Tenants_reach_nothing_of_it()
    {
        await using Scene scene = await StartAsync();
        string secret = await KeyAsync(scene);

        foreach (string path in (string[])["/admin/events", "/admin/requests", "/admin/figures", "/admin/config/preview", "/admin/lanes/m0/history"])
        {
            Assert.Equal(401, (await scene.GetAsync(path, secret)).Status);
        }

        Assert.Equal(401, (await scene.SendAsync(HttpMethod.Post, "/admin/try/v1/chat/completions", Client.Request(Scene.Pool, stream: false),
            ("x-admin-token", secret))).Status);
        Assert.Empty(scene.Upstreams[0].Requests);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("team")]
    public async Task An_operator_sends_a_request_in_the_name_of_a_key_or_of_nobody(string? key)
    {
        await using Scene scene = await StartAsync();
        string id = (await AdminAsync(scene, HttpMethod.Post, "/admin/keys", """{"name":"team","allowed_pools":["m0"]}""")).Json.GetProperty("id")
            .GetString()!;
        (string, string)[] headers = [("x-admin-token", Admin), .. key is null ? [] : ((string, string)[])[("x-busbar-key-id", id)]];
        string body = Client.Request(Scene.Pool, stream: true);

        Reply answer = await scene.SendAsync(HttpMethod.Post, "/admin/try/v1/chat/completions", body, headers);
        Assert.Equal(key is null ? 200 : 403, answer.Status);
        Assert.NotEmpty(answer["x-busbar-request-id"]!);
        if (key is null)
        {
            Assert.Equal("m0", answer["x-busbar-lane"]);
            Assert.DoesNotContain(Admin, string.Join('\n', scene.Upstreams[0].Requests.Select(
                request => string.Join('\n', request.Headers.Select(header => $"{header}")))));
        }

        JsonElement request = (await AdminAsync(scene, HttpMethod.Get, $"/admin/requests?id={answer["x-busbar-request-id"]}"))
            .Json.GetProperty("requests")[0];
        Assert.Equal(key, request.GetProperty("key_name").GetString());
    }

    [Theory]
    [InlineData("/admin/try/admin/keys")]
    [InlineData("/admin/try/metrics")]
    [InlineData("/admin/try/admin/try/v1/chat/completions")]
    public async Task Nothing_but_calls_of_models_can_be_tried(string path)
    {
        await using Scene scene = await StartAsync();

        Assert.Equal(404, (await AdminAsync(scene, HttpMethod.Post, path, "{}")).Status);
    }

    private static async Task<Scene> StartAsync(string more = "")
    {
        Scene scene = await Scene.StartAsync(new SceneConfig(
            Client, Client) { More = $"governance: {{ enabled: true, admin_token: {Admin}{more} }}" });
        scene.Settles = false;
        foreach (ScriptedUpstream upstream in scene.Upstreams)
        {
            upstream.Always = call => Client.ServeAsync(call);
        }

        return scene;
    }

    private static async Task<string> KeyAsync(Scene scene) =>
        (await AdminAsync(scene, HttpMethod.Post, "/admin/keys", """{"name":"team"}""")).Json.GetProperty("secret").GetString()!;

    private static Task<Reply> AdminAsync(Scene scene, HttpMethod method, string path, string? body = null)
        => scene.SendAsync(method, path, body, ("x-admin-token", Admin));
}
