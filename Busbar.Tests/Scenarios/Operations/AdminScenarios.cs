using System.Net;
using System.Text.Json;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Operations;

/// <summary>The admin API and its command line against the real program.</summary>
public sealed class AdminScenarios
{
    private const string Admin = "canary-admin-token-77";

    private static readonly SpokenProtocol Client = SpokenProtocol.Of("openai");

    [Fact]
    public async Task A_key_made_by_command_opens_its_pool_until_it_is_revoked()
    {
        await using Scene scene = await StartAsync();
        (int code, string made) = await CommandAsync(scene, "keys", "create", "--name", "team", "--pool", Scene.Pool, "--json");
        Assert.Equal(0, code);
        JsonElement key = JsonDocument.Parse(made).RootElement;
        string secret = key.GetProperty("secret").GetString()!;

        Assert.Equal(200, await ChatAsync(scene, secret));
        Assert.Equal(401, await ChatAsync(scene, Scene.Token));
        Assert.Equal(401, await ChatAsync(scene, Admin));
        (_, string usage) = await CommandAsync(scene, "keys", "usage", "--by", "model");
        Assert.Contains("m0", usage);
        Assert.Equal((0, true), (await CommandAsync(scene, "status")) is var (status, text) ? (status, text.Contains("m0", StringComparison.Ordinal))
            : default);
        Assert.Equal(0, (await CommandAsync(scene, "keys", "revoke", key.GetProperty("id").GetString()!)).Code);
        Assert.Equal(401, await ChatAsync(scene, secret));
        Assert.DoesNotContain(secret, scene.Gateway.StandardError);
        Assert.DoesNotContain(Admin, scene.Gateway.StandardError);
    }

    [Fact]
    [Trait("gotcha", "C101")]
    public async Task C101_paths_of_the_admin_API_are_judged_by_the_admin_token_alone_and_its_neighbours_are_not()
    {
        await using Scene scene = await StartAsync();
        string secret = await KeyAsync(scene);

        Assert.Equal((401, "invalid_admin_token"), await RefusedAsync("/admin/v1/messages", secret));
        Assert.Equal((404, "not_found"), await RefusedAsync("/admin/v1/messages", Admin));
        Assert.Equal((401, "invalid_admin_token"), await RefusedAsync("/admin", null));
        Assert.NotEqual("invalid_admin_token", (await RefusedAsync("/adminx/v1/messages", secret)).Code);
        Assert.Equal(401, (await RefusedAsync("/adminx/v1/messages", Admin)).Status);

        async Task<(int Status, string? Code)> RefusedAsync(string path, string? token)
        {
            Reply reply = await scene.GetAsync(path, token);
            return (reply.Status, reply.Json.GetProperty("error").TryGetProperty("code", out JsonElement code) ? code.GetString() : null);
        }
    }

    [Fact]
    public async Task With_a_listener_of_its_own_the_admin_API_is_gone_from_the_port_for_clients()
    {
        int port = GatewayProcess.FreePort();
        await using Scene scene = await StartAsync($", admin_listen: '127.0.0.1:{port}'");
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        client.DefaultRequestHeaders.Add("x-admin-token", Admin);
        HttpResponseMessage made = await client.PostAsync("/admin/keys", new StringContent("""{"name":"a"}""", null, "application/json"));
        string secret = JsonDocument.Parse(await made.Content.ReadAsStringAsync()).RootElement.GetProperty("secret").GetString()!;

        Assert.Equal(401, (await scene.GetAsync("/admin/keys", Admin)).Status);
        Assert.Equal(404, (await scene.GetAsync("/admin/keys", secret)).Status);
        Assert.Equal(200, await ChatAsync(scene, secret));
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/v1/models")).StatusCode);
        scene.Gateway.Signal(System.Runtime.InteropServices.PosixSignal.SIGTERM);
        Assert.Equal(0, await scene.Gateway.ExitedAsync());
    }

    [Fact]
    public async Task A_disabled_lane_is_passed_over_on_every_way_and_stays_out_when_the_files_are_read_again()
    {
        SceneConfig config = Config("") with { Lanes = [Client, Client] };
        await using Scene scene = await StartAsync(config);
        string secret = await KeyAsync(scene);
        Assert.Equal(200, (await AdminAsync(scene, HttpMethod.Post, "/admin/lanes/m0/disable")).Status);

        Assert.Equal(200, await ChatAsync(scene, secret));
        Assert.Equal(503, await ChatAsync(scene, secret, "m0"));
        File.AppendAllText(scene.Gateway.ConfigFile, "user_agent: other\n");
        Assert.Equal(200, (await AdminAsync(scene, HttpMethod.Post, "/admin/reload")).Status);
        Assert.Equal(200, await ChatAsync(scene, secret));
        Assert.Equal((0, 2), (scene.Upstreams[0].Requests.Count, scene.Upstreams[1].Requests.Count));
        Assert.Contains("disabled", (await scene.GetAsync("/stats", Admin)).Text);

        await AdminAsync(scene, HttpMethod.Post, "/admin/lanes/m0/enable");
        Assert.Equal(200, await ChatAsync(scene, secret, "m0"));
        Assert.Contains("\"ok\":true", (await AdminAsync(scene, HttpMethod.Post, "/admin/lanes/m0/probe")).Text);
    }

    [Fact]
    public async Task A_disabled_lane_is_not_probed()
    {
        await using Scene scene = await StartAsync(Config("") with
        {
            Lanes = [Client, Client],
            Provider = "allow_private_network: true, health: { mode: active, interval_secs: 1 }",
            Always = call => Client.ServeAsync(call),
        });
        Assert.Equal(200, (await AdminAsync(scene, HttpMethod.Post, "/admin/lanes/m0/disable")).Status);
        (int before, int beside) = (scene.Upstreams[0].Requests.Count, scene.Upstreams[1].Requests.Count);

        await scene.Upstreams[1].ArrivedAsync(beside + 4);

        // One may have been under way.
        Assert.InRange(scene.Upstreams[0].Requests.Count, before, before + 1);
    }

    [Fact]
    public async Task A_reload_that_fails_keeps_everything_and_says_why_without_secrets()
    {
        await using Scene scene = await StartAsync();
        string secret = await KeyAsync(scene);
        string config = await File.ReadAllTextAsync(scene.Gateway.ConfigFile);
        foreach (string broken in (string[])[config + "limts: {}\n", config.Replace("enabled: true", "enabled: false", StringComparison.Ordinal)])
        {
            await File.WriteAllTextAsync(scene.Gateway.ConfigFile, broken);
            Reply reply = await AdminAsync(scene, HttpMethod.Post, "/admin/reload");

            Assert.Equal(409, reply.Status);
            Assert.Contains(broken.Contains("limts", StringComparison.Ordinal) ? "limts" : "governance.enabled", reply.Text);
            Assert.DoesNotContain(Admin, reply.Text);
            Assert.Equal(200, await ChatAsync(scene, secret));
        }
    }

    [Fact]
    public async Task Without_governance_every_path_of_the_admin_API_is_401()
    {
        await using Scene scene = await Scene.StartAsync(Client);

        Assert.Equal(401, (await scene.GetAsync("/admin/keys")).Status);
        Assert.Equal(401, (await scene.GetAsync("/admin")).Status);
    }

    private static SceneConfig Config(string governance) => new(
        Client) { More = $"governance: {{ enabled: true, admin_token: {Admin}{governance} }}" };

    private static Task<Scene> StartAsync(string governance = "") => StartAsync(Config(governance));

    private static async Task<Scene> StartAsync(SceneConfig config)
    {
        Scene scene = await Scene.StartAsync(config);

        // The scene's own token opens nothing where keys do.
        scene.Settles = false;
        foreach (ScriptedUpstream upstream in scene.Upstreams)
        {
            upstream.Always = call => Client.ServeAsync(call);
        }

        return scene;
    }

    private static async Task<string> KeyAsync(Scene scene)
    {
        Reply made = await AdminAsync(scene, HttpMethod.Post, "/admin/keys", """{"name":"a"}""");
        Assert.Equal(201, made.Status);
        return made.Json.GetProperty("secret").GetString()!;
    }

    private static async Task<Reply> AdminAsync(Scene scene, HttpMethod method, string path, string? body = null) =>
        await scene.SendAsync(method, path, body, ("x-admin-token", Admin));

    private static async Task<int> ChatAsync(Scene scene, string token, string model = Scene.Pool) =>
        (await scene.PostAsync(Client, model: model, change: message => Client.Authorize(message.Headers, token))).Status;

    private static async Task<(int Code, string Output)> CommandAsync(Scene scene, params string[] arguments)
    {
        await using GatewayProcess command = GatewayProcess.Run(
            arguments, environment: new Dictionary<string, string> { ["BUSBAR_ADMIN_URL"] = $"http://127.0.0.1:{scene.Port}", ["BUSBAR_ADMIN_TOKEN"] =
                Admin });
        int code = await command.ExitedAsync();
        return (code, command.StandardOutput);
    }
}
