using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Operations;

public sealed class CommandLineScenarios
{
    private const string Minimal = "providers: { openai: { api_key_env: KEY } }\nmodels: { m: { provider: openai, max_concurrent: 1 } }\n";

    [Theory]
    [InlineData("--version")]
    [InlineData("-V")]
    [Trait("gotcha", "C1")]
    public async Task The_version_needs_no_file(string flag)
    {
        await using var process = GatewayProcess.Run([flag]);

        Assert.Equal(0, await process.ExitedAsync());
        Assert.Matches(
            @"^busbar \d+\.\d+\.\d+\S*\ncommit \S+\n\.NET 10\.\d+\.\d+\nOpenSSL 3\.\d+\.\d+\nSQLite 3\.\d+\.\d+$",
            process.StandardOutput.Trim());
        Assert.Empty(process.StandardError.Trim());
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [Trait("gotcha", "C2")]
    public async Task The_help_names_variables_and_routes(string flag)
    {
        await using var process = GatewayProcess.Run([flag]);

        Assert.Equal(0, await process.ExitedAsync());
        Assert.All(["BUSBAR_CONFIG", "BUSBAR_PROVIDERS", "/v1/chat/completions", "/v1/messages", "/healthz", "/metrics"],
            (string word) => Assert.Contains(word, process.StandardOutput));
    }

    [Theory]
    [InlineData("--demo", "--help")]
    [InlineData("--validate", "--help")]
    [InlineData("--providers", "--help")]
    [InlineData("keys", "create", "--help")]
    [InlineData("status", "--help")]
    [InlineData("lanes", "--help")]
    [InlineData("lanes", "reset", "-h")]
    public async Task Help_is_there_behind_every_command(params string[] arguments)
    {
        await using var process = GatewayProcess.Run(arguments);

        Assert.Equal(0, await process.ExitedAsync());
        Assert.All(["BUSBAR_ADMIN_TOKEN", "busbar keys create"], (string word) => Assert.Contains(word, process.StandardOutput));
        Assert.Empty(process.StandardError.Trim());
    }

    [Fact]
    public async Task A_file_that_is_missing_behind_its_flag_is_no_other_flag()
    {
        await using var process = GatewayProcess.Run(["--config", "--help"], Minimal);

        Assert.Equal(2, await process.ExitedAsync());
        Assert.Contains("'--config'", process.StandardError);
    }

    [Theory]
    [InlineData("did you mean '--validate'?", "validate")]
    [InlineData("did you mean '--demo'?", "demo")]
    [InlineData("did you mean 'doctor'?", "docter")]
    [InlineData("busbar --config FILE", "serve", "--config", "config.yaml")]
    [InlineData("lacks the name of its file", "--config")]
    public async Task What_is_nearly_a_command_is_answered_with_the_command(string says, params string[] arguments)
    {
        await using var process = GatewayProcess.Run(arguments);

        Assert.Equal(2, await process.ExitedAsync());
        Assert.Contains(says, process.StandardError);
    }

    [Fact]
    [Trait("gotcha", "C3")]
    public async Task An_unknown_argument_is_one_line_and_2()
    {
        await using var process = GatewayProcess.Run(["--bogus"], Minimal);

        Assert.Equal(2, await process.ExitedAsync());
        string line = Assert.Single(process.StandardError.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("'--bogus'", line);
        Assert.Contains("--help", line);
    }

    [Theory]
    [InlineData(null, "BUSBAR_CONFIG")]
    [InlineData("listen: [", "config.yaml")]
    [InlineData("listen: nonsense\nprovidres: {}\nmodels: { m: { provider: nobody } }\n", "providers", "nobody")]
    [Trait("gotcha", "C4")]
    [Trait("gotcha", "C5")]
    [Trait("gotcha", "C6")]
    public async Task A_deployment_that_cannot_be_used_is_named_without_a_stack_trace_and_1(string? config, params string[] words)
    {
        await using var process = GatewayProcess.Run([], config);

        Assert.Equal(1, await process.ExitedAsync());
        Assert.All(words, word => Assert.Contains(word, process.StandardError));
        Assert.DoesNotContain("   at ", process.StandardError);
        Assert.DoesNotContain("Exception", process.StandardError);
    }

    [Fact]
    [Trait("gotcha", "C13")]
    public async Task A_port_in_use_is_1_with_the_address_in_the_message()
    {
        await using Scene scene = await Scene.StartAsync(SpokenProtocol.All[0]);
        string address = $"127.0.0.1:{scene.Port}";
        await using var process = GatewayProcess.Run([], $"listen: {address}\n" + Minimal);

        Assert.Equal(1, await process.ExitedAsync());
        Assert.Contains(address, process.StandardError);
        Assert.DoesNotContain("   at ", process.StandardError);
    }

    [Fact]
    [Trait("gotcha", "C14")]
    public async Task Validation_says_what_a_start_would_say_and_opens_nothing()
    {
        await using Scene scene = await Scene.StartAsync(SpokenProtocol.All[0]);
        await using var good = GatewayProcess.Run(["--validate"], $"listen: 127.0.0.1:{scene.Port}\n" + Minimal);
        await using var bad = GatewayProcess.Run(["--validate"], Minimal + "poools: {}\n");

        Assert.Equal(0, await good.ExitedAsync());
        Assert.Equal(1, await bad.ExitedAsync());
        Assert.Contains("poools", bad.StandardError);
    }

    [Theory]
    [InlineData("", "no auth mode is configured", "error")]
    [InlineData("auth: { mode: none }\n", "auth mode is 'none'", "error")]
    [InlineData("auth: { mode: token, client_tokens: [canary] }\n", null, "nonsense")]
    [Trait("gotcha", "C9")]
    [Trait("gotcha", "C10")]
    [Trait("gotcha", "C11")]
    [Trait("gotcha", "C12")]
    public async Task An_open_relay_cannot_be_missed_and_a_missing_key_is_a_warning(string auth, string? banner, string level)
    {
        int port = GatewayProcess.FreePort();
        await using var process = GatewayProcess.Run([], $"listen: 127.0.0.1:{port}\n" + auth + Minimal, new Dictionary<string,
            string> { ["BUSBAR_LOG"] = level });
        using var client = new HttpClient();
        await Eventually.HoldsAsync(async () =>
        {
            try
            {
                return (await client.GetAsync($"http://127.0.0.1:{port}/livez")).IsSuccessStatusCode ? null : "not live";
            }
            catch (HttpRequestException exception)
            {
                return process.HasExited ? throw new InvalidOperationException(process.StandardError) : exception.Message;
            }
        });

        await Eventually.TrueAsync(() => process.StandardError.Contains(banner ?? "is listening on", StringComparison.Ordinal), "logged");
        Assert.Equal(banner is not null, process.StandardError.Contains("OPEN RELAY", StringComparison.Ordinal));
        Assert.Contains("KEY", process.StandardError);
        Assert.Contains("openai", process.StandardError);
        Assert.DoesNotContain("canary", process.StandardError);
    }
}
