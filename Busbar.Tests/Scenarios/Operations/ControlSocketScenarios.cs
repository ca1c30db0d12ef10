using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Operations;

/// <summary>The socket for who administers the machine that the gateway runs on.</summary>
public sealed class ControlSocketScenarios : IDisposable
{
    private const string AdminToken = "canary-admin-token-78";

    private static readonly SpokenProtocol OpenAI = SpokenProtocol.Of("openai");

    private readonly string _directory = Directory.CreateTempSubdirectory("busbar-control-").FullName;

    private string Socket => Path.Combine(_directory, "control.sock");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Without_governance_lanes_are_seen_reset_and_taken_out_of_service_over_it()
    {
        await using Scene scene = await StartAsync();
        scene.Upstream.Always = call => call.AnswerAsync(401, OpenAI.Error("invalid_request_error", "Incorrect API key provided."));
        Assert.Equal(503, (await scene.PostAsync(OpenAI)).Status);
        scene.Upstream.Always = call => OpenAI.ServeAsync(call);
        Assert.Equal(503, (await scene.PostAsync(OpenAI)).Status);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Socket));

        Assert.Contains("\"dead\":true", await SayAsync(scene, 0, "lanes", "--json"));
        Assert.DoesNotMatch(@"m0 +p0 +0 +ok", await SayAsync(scene, 0, "lanes"));
        Assert.Contains("NOT USABLE", await SayAsync(scene, 1, "status"));
        Assert.Matches(@"m0 +p0 +0 +ok", await SayAsync(scene, 0, "lanes", "reset"));
        Assert.Equal(200, (await scene.PostAsync(OpenAI)).Status);

        await SayAsync(scene, 0, "lanes", "disable", "m0");
        Assert.Equal(503, (await scene.PostAsync(OpenAI)).Status);
        await SayAsync(scene, 0, "lanes", "enable", "m0");
        Assert.Equal(200, (await scene.PostAsync(OpenAI)).Status);
        Assert.Equal("m0", JsonDocument.Parse(await SayAsync(scene, 0, "lanes", "list", "--json"))
            .RootElement.GetProperty("lanes")[0].GetProperty("model").GetString());
        Assert.Contains("no governance", await SayAsync(scene, 0, "status"));
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("admin: lane.reset m0", StringComparison.Ordinal), "admin: lane.reset m0");
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("from control socket", StringComparison.Ordinal), "from control socket");
    }

    [Fact]
    public async Task Whoever_comes_by_the_port_for_clients_is_let_in_no_more_than_before()
    {
        await using Scene scene = await StartAsync();

        Assert.Equal(401, (await scene.SendAsync(HttpMethod.Get, "/admin/lanes")).Status);
        Assert.Equal(401, (await scene.SendAsync(HttpMethod.Post, "/admin/lanes/m0/reset")).Status);
        Assert.Contains("governance is off", (await scene.SendAsync(HttpMethod.Get, "/admin/ui")).Text);
    }

    [Fact]
    public async Task What_needs_governance_says_so()
    {
        await using Scene scene = await StartAsync();

        Assert.Contains("governance is off", await SayAsync(scene, 1, "keys", "list"));
        Assert.Contains("there is no lane with this name; did you mean 'm0'?", await SayAsync(scene, 1, "lanes", "reset", "m00"));
    }

    [Fact]
    public async Task It_is_where_the_service_manager_wants_it_and_gone_with_the_process()
    {
        Dictionary<string, string> environment = new() { ["RUNTIME_DIRECTORY"] = _directory };
        await using Scene scene = await Scene.StartAsync(new SceneConfig(OpenAI) { Environment = environment });
        scene.Settles = false;

        await using GatewayProcess lanes = GatewayProcess.Run(["lanes"], File.ReadAllText(scene.Gateway.ConfigFile), environment);
        Assert.Equal(0, await lanes.ExitedAsync());
        Assert.Contains("m0", lanes.StandardOutput);
        scene.Gateway.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await scene.Gateway.ExitedAsync());
        Assert.Empty(Directory.GetFiles(_directory));

        await using GatewayProcess late = GatewayProcess.Run(["lanes"], File.ReadAllText(scene.Gateway.ConfigFile), environment);
        Assert.Equal(1, await late.ExitedAsync());
        Assert.Contains($"nothing answers at {Socket}; is the gateway running?", late.StandardError);
    }

    [Fact]
    public async Task What_a_killed_process_left_is_replaced()
    {
        await using (Scene killed = await StartAsync())
        {
            killed.Settles = false;
            await killed.Gateway.KillAsync();
        }

        Assert.True(File.Exists(Socket));
        await using Scene scene = await StartAsync();
        Assert.Contains("m0", await SayAsync(scene, 0, "lanes"));
    }

    [Fact]
    public async Task One_that_answers_is_left_to_its_process()
    {
        await using Scene scene = await StartAsync();
        await using GatewayProcess second = GatewayProcess.Run([], Config(GatewayProcess.FreePort()));

        Assert.Equal(1, await second.ExitedAsync());
        Assert.Contains($"[error] control_socket: cannot bind {Socket}: another process answers at {Socket}", second.StandardError);
        Assert.DoesNotContain("   at ", second.StandardError);
        Assert.Contains("m0", await SayAsync(scene, 0, "lanes"));
    }

    [Fact]
    public async Task A_file_that_is_no_socket_is_left_alone()
    {
        File.WriteAllText(Socket, "dear");
        await using GatewayProcess process = GatewayProcess.Run([], Config(GatewayProcess.FreePort()));

        Assert.Equal(1, await process.ExitedAsync());
        Assert.Contains("is no socket", process.StandardError);
        Assert.Equal("dear", File.ReadAllText(Socket));
    }

    [Fact]
    public async Task A_new_version_beside_the_old_one_takes_it_over()
    {
        int port = GatewayProcess.FreePort();
        string config = Config(port) + "reuse_port: true\n";
        await using GatewayProcess old = GatewayProcess.Run([], config);
        await Eventually.TrueAsync(() => old.StandardError.Contains("is listening on", StringComparison.Ordinal), "listening");
        await using GatewayProcess next = GatewayProcess.Run([], config);
        await Eventually.TrueAsync(() => next.StandardError.Contains("is listening on", StringComparison.Ordinal), "listening");
        old.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await old.ExitedAsync());

        await using GatewayProcess lanes = GatewayProcess.Run(["lanes", "--socket", Socket]);
        Assert.Equal(0, await lanes.ExitedAsync());
        Assert.Matches(@"m +openai", lanes.StandardOutput);
    }

    [Fact]
    public async Task A_client_that_says_nothing_holds_up_nobody()
    {
        await using Scene scene = await StartAsync();
        using var silent = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await silent.ConnectAsync(new UnixDomainSocketEndPoint(Socket));

        Assert.Contains("m0", await SayAsync(scene, 0, "lanes"));
    }

    [Fact]
    public async Task With_governance_the_same_commands_go_over_the_admin_api_and_every_command_takes_variables_from_a_file()
    {
        string file = Path.Combine(_directory, "environment");
        await File.WriteAllTextAsync(file, $"ADMIN={AdminToken}\n");
        await using Scene scene =
            await StartAsync($"governance: {{ enabled: true, admin_token: '${{ADMIN}}', db_path: \"{_directory}/governance.db\" }}",
            new() { ["ADMIN"] = AdminToken });
        scene.Settles = false;
        string config = await File.ReadAllTextAsync(scene.Gateway.ConfigFile);
        foreach (string[] command in (string[][])[["lanes"], ["lanes", "reset", "m0"], ["status"], ["keys", "list"], ["--validate"]])
        {
            await using GatewayProcess process = GatewayProcess.Run([.. command, "--env-file", file], config);
            Assert.True(await process.ExitedAsync() == 0, string.Join(' ', command) + process.StandardError);
        }

        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("admin: lane.reset m0  from 127.0.0.1", StringComparison.Ordinal), "admin: lane.reset m0  from 127.0.0.1");

        // Without the token there is the socket, for keys too.
        await using GatewayProcess keys = GatewayProcess.Run(["keys", "create", "--name", "team", "--socket", Socket], config);
        Assert.True(await keys.ExitedAsync() == 0, keys.StandardError);
        Assert.Contains("secret", keys.StandardOutput);
    }

    [Theory]
    [InlineData("here.sock", "not an absolute path")]
    [InlineData("/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "longer than")]
    public async Task A_path_that_no_socket_can_have_is_an_error(string path, string message)
    {
        await using GatewayProcess process = GatewayProcess.Run(["--validate"], Config(1).Replace(Socket, path, StringComparison.Ordinal));

        Assert.Equal(1, await process.ExitedAsync());
        Assert.Contains("[error] control_socket", process.StandardError);
        Assert.Contains(message, process.StandardError);
    }

    [Theory]
    [InlineData("busbar lanes list, reset, disable, enable or probe", "restart")]
    [InlineData("takes no arguments", "list", "m0")]
    [InlineData("the name of one lane", "reset", "m0", "m1")]
    [InlineData("takes the name of a lane", "disable")]
    [InlineData("unknown option '--all'", "reset", "--all")]
    public async Task Arguments_that_make_no_sense_are_answered_with_what_would(string message, params string[] arguments)
    {
        await using GatewayProcess process = GatewayProcess.Run(["lanes", .. arguments]);

        Assert.Equal(2, await process.ExitedAsync());
        Assert.Contains(message, process.StandardError);
    }

    private async Task<string> SayAsync(Scene scene, int exit, params string[] arguments)
    {
        await using GatewayProcess process = GatewayProcess.Run(arguments, File.ReadAllText(scene.Gateway.ConfigFile));
        int code = await process.ExitedAsync();
        Assert.True(code == exit, $"{code}: {process.StandardError}");
        return process.StandardOutput + process.StandardError;
    }

    private Task<Scene> StartAsync(string more = "", Dictionary<string, string>? environment = null) =>
        Scene.StartAsync(new SceneConfig(OpenAI) { More = $"control_socket: {Socket}\n{more}", Environment = environment ?? [] });

    private string Config(int port) => $$"""
        listen: 127.0.0.1:{{port}}
        control_socket: {{Socket}}
        auth: { mode: token, client_tokens: [{{Scene.Token}}] }
        providers: { openai: { api_key_env: KEY } }
        models: { m: { provider: openai, max_concurrent: 1 } }

        """;
}
