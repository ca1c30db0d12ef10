using System.Net;
using System.Text.Json;
using Busbar.Commands;
using Busbar.Commands.Remote;
using Busbar.Configuration.Model;
using Busbar.Gateway.Server;
using Busbar.Tests.Admin;
using Busbar.Tests.Configuration;
using Busbar.Tests.Scenarios.Harness;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace Busbar.Tests.Commands.Remote;

/// <summary><c>busbar keys</c> and <c>busbar status</c> against a listener of the admin API.</summary>
public sealed class AdminCommandTests : IAsyncLifetime
{
    private readonly AdminScene _scene = new();
    private readonly int _port = GatewayProcess.FreePort();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private KestrelServer? _server;

    private string Url => $"http://127.0.0.1:{_port}";

    public async Task InitializeAsync()
    {
        _server = GatewayServer.Create(new ListenTargets([$"127.0.0.1:{_port}"], []), new LimitsConfig(), NullLoggerFactory.Instance);
        await _server.StartAsync(new AdminApplication(_scene.Api, (_, _) => Task.CompletedTask), CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        _server!.Dispose();
        await _scene.DisposeAsync();
    }

    [Fact]
    public async Task A_key_is_created_listed_rotated_and_revoked()
    {
        Assert.Equal(0, await RunAsync(
            "keys", "create", "--name", "billing \"team\"", "--pool", "fast", "--pool", "small", "--budget-cents", "500", "--period", "monthly",
            "--rpm", "60", "--tpm", "1000",
            "--max-concurrent", "3", "--soft", "--expires-in", "30d", "--group", "g", "--label", "env=production", "--label", "a=b=c"));
        Busbar.Governance.Keys.VirtualKey key = Assert.Single(_scene.Store.Keys);
        Assert.Equal(
            ("billing \"team\"", 2, 500L, 60u, 1000u, 3u, 1_767_225_600 + (30 * 86_400), "g", "production", "b=c"),
            (key.Name, key.AllowedPools.Count, key.MaxBudgetCents, key.RpmLimit, key.TpmLimit, key.MaxConcurrent, key.ExpiresAt,
                _scene.Governor.Groups.Find(key.GroupId)!.Group.Name, key.Labels["env"], key.Labels["a"]));
        string[] lines = Taken();
        Assert.Equal($"id      {key.Id}", lines[0]);
        string secret = lines[2]["secret  ".Length..];
        Assert.True(_scene.Opens(secret));
        Assert.Contains("only time", _error.ToString());

        Assert.Equal(0, await RunAsync("keys", "list"));
        Assert.Contains(Taken(), line => line.StartsWith(key.Id, StringComparison.Ordinal)
            && line.Contains("500 c monthly", StringComparison.Ordinal));
        Assert.Equal(0, await RunAsync("keys", "list", "--json"));
        Assert.Equal(key.Id, JsonDocument.Parse(string.Join('\n', Taken())).RootElement.GetProperty("keys")[0].GetProperty("id").GetString());

        Assert.Equal(0, await RunAsync("keys", "rotate", key.Id, "--overlap", "60"));
        Assert.True(_scene.Opens(secret));
        Assert.True(_scene.Opens(Taken()[2]["secret  ".Length..]));

        Assert.Equal(0, await RunAsync("keys", "usage", key.Id, "--by", "day", "--from", "2025-12-01"));
        Assert.Contains(Taken(), line => line.StartsWith("total", StringComparison.Ordinal));
        Assert.Equal(0, await RunAsync("keys", "revoke", key.Id));
        Assert.False(_scene.Opens(secret));
        Assert.Equal(0, await RunAsync("keys", "revoke", key.Id, "--delete"));
        Assert.Empty(_scene.Store.Keys);
    }

    [Fact]
    public async Task A_tree_of_groups_is_made_shown_frozen_and_removed()
    {
        Assert.Equal(0, await RunAsync("groups", "create", "--name", "org", "--limit", "budget/month:5=50000", "--limit", "requests/minute@fast=600",
            "--limit", "concurrency=8", "--child-limit", "budget/rolling:30=100"));
        string org = Taken()[0]["id      ".Length..];
        Assert.Equal(0, await RunAsync("groups", "create", "--name", "team", "--parent", org));
        string[] lines = Taken();
        string team = lines[0]["id      ".Length..];
        Assert.Contains("limit   budget/rolling 0 of 100 c", lines);
        Assert.Equal(0, await RunAsync("groups", "list"));
        Assert.Contains(Taken(), line => line.Contains("budget/month 0 of 50000 c, requests/minute@fast 0 of 600, concurrency 0 of 8",
            StringComparison.Ordinal));
        Assert.Equal(0, await RunAsync("keys", "create", "--name", "a", "--group-id", team));
        Taken();
        Assert.Equal(team, Assert.Single(_scene.Store.Keys).GroupId);
        Assert.Equal(0, await RunAsync("groups", "freeze", org));
        Taken();
        Assert.Equal(0, await RunAsync("groups", "show", team));
        Assert.Contains("frozen  above", Taken());
        Assert.Equal(0, await RunAsync("groups", "update", team, "--name", "crew", "--no-limits"));
        Assert.DoesNotContain(Taken(), line => line.StartsWith("limit", StringComparison.Ordinal));
        Assert.Equal(1, await RunAsync("groups", "delete", org));
        Assert.Equal(0, await RunAsync("keys", "update", _scene.Store.Keys[0].Id, "--group-id", "none"));
        Taken();
        Assert.Equal(0, await RunAsync("groups", "delete", team));
        Assert.Equal(0, await RunAsync("groups", "delete", org));
        Assert.Equal(0, _scene.Governor.Groups.Count);
    }

    [Fact]
    public async Task A_list_goes_through_all_pages()
    {
        for (int number = 0; number < 1005; number++)
        {
            await _scene.CreateAsync();
        }

        Assert.Equal(0, await RunAsync("keys", "list"));
        Assert.Equal(1006, Taken().Length);
    }

    [Theory]
    [InlineData("keys", "--help")]
    [InlineData("keys", "create", "-h")]
    [InlineData("status", "--help")]
    public async Task Help_is_at_hand_behind_every_command(params string[] arguments)
    {
        var output = new StringWriter();
        Assert.Equal(0, await CommandLine.RunAsync(arguments, output, _error));
        Assert.Contains("busbar keys create --name NAME", output.ToString());
    }

    [Fact]
    public async Task The_status_is_a_summary_and_fails_when_no_lane_can_serve()
    {
        Assert.Equal(0, await RunAsync("status"));
        Assert.Contains(Taken(), line => line.StartsWith("small", StringComparison.Ordinal) && line.Contains("ok", StringComparison.Ordinal));

        _scene.Gateway.Fleet.Lanes[0].IsDisabled = true;
        Assert.Equal(1, await RunAsync("status"));
        Assert.Contains("NOT USABLE", _output.ToString());
        Taken();
        Assert.Equal(1, await RunAsync("status", "--json"));
        Assert.Equal(1, JsonDocument.Parse(string.Join('\n', Taken())).RootElement.GetProperty("status").GetProperty("disabled_lanes").GetInt32());
    }

    [Theory]
    [InlineData("create, list, update, revoke, rotate or usage", "keys")]
    [InlineData("create, list, update, revoke, rotate or usage", "keys", "remove")]
    [InlineData("--name is required", "keys", "create")]
    [InlineData("--rpm takes a whole number", "keys", "create", "--name", "a", "--rpm", "many")]
    [InlineData("--label takes name=value", "keys", "create", "--name", "a", "--label", "x")]
    [InlineData("--expires-in takes a time", "keys", "create", "--name", "a", "--expires-in", "soon")]
    [InlineData("--name lacks its value", "keys", "create", "--name")]
    [InlineData("unknown option '--nme'", "keys", "create", "--nme", "a")]
    [InlineData("takes no arguments", "keys", "list", "all")]
    [InlineData("takes the id of one key", "keys", "revoke")]
    [InlineData("put the token into BUSBAR_ADMIN_TOKEN", "keys", "list", "--token", "canary")]
    [InlineData("takes no arguments", "status", "now")]
    [InlineData("did you mean '--budget-cents'?", "keys", "create", "--budget", "5")]
    [InlineData("did you mean '--pool'?", "keys", "create", "--pol", "a")]
    [InlineData("unknown option '--nothing-like-it';", "keys", "create", "--nothing-like-it", "5")]
    [InlineData("create, list, show, update, freeze, unfreeze or delete", "groups")]
    [InlineData("--name is required", "groups", "create")]
    [InlineData("--limit takes KIND/WINDOW=MAX", "groups", "create", "--name", "a", "--limit", "budget/month")]
    [InlineData("the number of days", "groups", "create", "--name", "a", "--limit", "budget/rolling:x=1")]
    [InlineData("say what to change", "groups", "update", "grp_1")]
    [InlineData("takes the id of one group", "groups", "show")]
    public async Task Arguments_that_make_no_sense_are_answered_with_what_would(string message, params string[] arguments)
    {
        Assert.Equal(2, await RunAsync(arguments));
        Assert.Contains(message, _error.ToString());
        Assert.DoesNotContain("canary", _error.ToString());
        Assert.Empty(_output.ToString());
    }

    [Theory]
    [InlineData("keys", "--help")]
    [InlineData("keys", "-h")]
    [InlineData("keys", "create", "--help")]
    [InlineData("keys", "create", "--name", "a", "-h")]
    [InlineData("keys", "list", "--help")]
    [InlineData("keys", "revoke", "--help")]
    [InlineData("keys", "rotate", "--help")]
    [InlineData("keys", "usage", "vk_0", "--help")]
    [InlineData("status", "--help")]
    [InlineData("status", "-h")]
    public async Task Help_is_there_behind_every_command_and_calls_nobody(params string[] arguments)
    {
        Assert.Equal(0, await RunAsync(new FakeEnvironment(), arguments));
        Assert.All(["keys create --name NAME", "keys revoke ID", "busbar status", "BUSBAR_ADMIN_TOKEN"],
            (string word) => Assert.Contains(word, _output.ToString()));
        Assert.Empty(_error.ToString());
        Assert.Empty(_scene.Store.Keys);
    }

    [Fact]
    public async Task Address_and_token_come_from_the_configuration_where_nothing_else_says_them()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, $$"""
                listen: 0.0.0.0:{{_port}}
                providers: { a: { protocol: openai, base_url: "https://api.example.com", api_key_env: K } }
                models: { m: { provider: a, max_concurrent: 1 } }
                governance: { enabled: true, admin_token: {{AdminScene.Token}} }
                """);
            Assert.Equal(0, await RunAsync(new FakeEnvironment(("BUSBAR_CONFIG", file)), "status"));
            Assert.Equal(0, await RunAsync(new FakeEnvironment(), "keys", "list", "--config", file));
            Assert.Equal(0, await RunAsync(new FakeEnvironment(("BUSBAR_CONFIG", file)), "keys", "list", "--url", Url));

            // Not to any other machine.
            Assert.Equal(1, await RunAsync(new FakeEnvironment(("BUSBAR_CONFIG", file)), "keys", "list", "--url", "http://192.0.2.1:1"));
            Assert.Contains("set BUSBAR_ADMIN_TOKEN", _error.ToString());
            Assert.DoesNotContain(AdminScene.Token, _error.ToString());
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("", "has neither governance, which keys and groups need, nor a control_socket")]
    [InlineData("governance: { enabled: true, admin_token: '${NOT_SET}' }", "cannot be used here: [error] governance.admin_token", "NOT_SET")]
    public async Task A_configuration_that_leads_nowhere_is_told_with_the_reason(string more, params string[] says)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, $$"""
                providers: { a: { protocol: openai, base_url: "https://api.example.com", api_key_env: K } }
                models: { m: { provider: a, max_concurrent: 1 } }
                {{more}}
                """);

            Assert.Equal(1, await RunAsync(new FakeEnvironment(), "keys", "list", "--config", file));
            Assert.All(says.Append(file), word => Assert.Contains(word, _error.ToString()));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task What_the_gateway_refuses_is_said_in_its_words()
    {
        Assert.Equal(1, await RunAsync("keys", "create", "--name", "a", "--rpm", "0"));
        Assert.Contains("'rpm_limit' must be at least 1", _error.ToString());
        Assert.Equal(1, await RunAsync("keys", "revoke", "vk_0/../x?y"));
        Assert.Contains("there is no", _error.ToString());
    }

    [Fact]
    public async Task A_wrong_token_a_missing_one_and_a_silent_address_name_the_remedy()
    {
        Assert.Equal(1, await RunAsync(new FakeEnvironment(("BUSBAR_ADMIN_URL", Url), ("BUSBAR_ADMIN_TOKEN", "canary-wrong")), "keys", "list"));
        Assert.Contains("governance.admin_token", _error.ToString());
        Assert.Equal(1, await RunAsync(new FakeEnvironment(("BUSBAR_ADMIN_URL", Url)), "status"));
        Assert.Contains("set BUSBAR_ADMIN_TOKEN", _error.ToString());
        Assert.Equal(1, await RunAsync("status", "--url", $"http://127.0.0.1:{GatewayProcess.FreePort()}"));
        Assert.Contains("is the gateway running?", _error.ToString());
        Assert.Equal(1, await RunAsync("status", "--url", "ftp://x"));
        Assert.Contains("must look like", _error.ToString());
        Assert.DoesNotContain("canary-wrong", _error.ToString());
    }

    [Fact]
    public async Task The_listener_answers_as_HTTP_should()
    {
        using var client = new HttpClient { BaseAddress = new Uri(Url) };
        HttpResponseMessage refused = await client.GetAsync("/v1/models");
        Assert.Equal((HttpStatusCode.Unauthorized, "Bearer"), (refused.StatusCode, refused.Headers.WwwAuthenticate.ToString()));
        client.DefaultRequestHeaders.Add("x-admin-token", AdminScene.Token);

        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/v1/models")).StatusCode);
        HttpResponseMessage wrong = await client.PutAsync("/admin/keys", null);
        Assert.Equal(["GET", "POST"], wrong.Content.Headers.Allow.Order());
        HttpResponseMessage large = await client.PostAsync("/admin/keys", new StringContent(new string(' ', 70_000)));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        Assert.True(large.Headers.CacheControl!.NoStore);
    }

    [Fact]
    public async Task A_client_that_hangs_up_does_not_stop_what_it_asked_for()
    {
        (string id, string secret) = await _scene.CreateAsync();
        _scene.Store.Block();
        using var client = new HttpClient { BaseAddress = new Uri(Url) };
        client.DefaultRequestHeaders.Add("x-admin-token", AdminScene.Token);
        using var hangUp = new CancellationTokenSource();
        Task<HttpResponseMessage> call = client.DeleteAsync($"/admin/keys/{id}", hangUp.Token);
        await _scene.Store.Blocked;
        await hangUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        _scene.Store.Unblock();

        await Eventually.TrueAsync(() => !_scene.Opens(secret) && _scene.Store.Keys.Count == 0, "deleted");
        Assert.Equal(404, (await _scene.SendAsync("GET", $"/admin/keys/{id}")).Status);
    }

    private Task<int> RunAsync(params string[] arguments) =>
        RunAsync(new FakeEnvironment(("BUSBAR_ADMIN_URL", Url), ("BUSBAR_ADMIN_TOKEN", AdminScene.Token)), arguments);

    private Task<int> RunAsync(FakeEnvironment environment, params string[] arguments) => arguments[0] switch
    {
        "keys" => KeysCommand.RunAsync(arguments, environment, _scene.Time, _output, _error),
        "groups" => GroupsCommand.RunAsync(arguments, environment, _output, _error),
        _ => StatusCommand.RunAsync(arguments, environment, _output, _error),
    };

    private string[] Taken()
    {
        string[] lines = _output.ToString().TrimEnd().Split(Environment.NewLine);
        _output.GetStringBuilder().Clear();
        return lines;
    }
}
