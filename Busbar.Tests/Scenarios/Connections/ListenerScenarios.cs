using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Connections;

/// <summary>What the process listens on.</summary>
public sealed class ListenerScenarios
{
    private static readonly Dictionary<string, string> Key = new() { ["KEY"] = "k" };

    [Fact]
    public async Task Several_addresses_are_served_at_once()
    {
        (int first, int second) = (GatewayProcess.FreePort(), GatewayProcess.FreePort());
        await using GatewayProcess gateway = GatewayProcess.Run([], Config($"[\"127.0.0.1:{first}\", \"127.0.0.1:{second}\"]"), Key);

        await LivesAsync($"http://127.0.0.1:{first}");
        await LivesAsync($"http://127.0.0.1:{second}");
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("[::]")]
    public async Task A_host_of_both_families_is_served_on_both(string host)
    {
        if (!Socket.OSSupportsIPv6)
        {
            return;
        }

        int port = GatewayProcess.FreePort();
        await using GatewayProcess gateway = GatewayProcess.Run([], Config($"\"{host}:{port}\""), Key);

        await LivesAsync($"http://127.0.0.1:{port}");
        await LivesAsync($"http://[::1]:{port}");
    }

    [Fact]
    public async Task A_second_process_takes_over_a_port_that_may_be_shared()
    {
        int port = GatewayProcess.FreePort();
        string config = Config($"127.0.0.1:{port}") + "reuse_port: true\n";
        await using GatewayProcess old = GatewayProcess.Run([], config, Key);
        await LivesAsync($"http://127.0.0.1:{port}");

        await using GatewayProcess next = GatewayProcess.Run([], config, Key);
        await Eventually.TrueAsync(() => next.StandardError.Contains("is listening on", StringComparison.Ordinal), "listening");
        old.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await old.ExitedAsync());

        await LivesAsync($"http://127.0.0.1:{port}");
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await using GatewayProcess gateway = GatewayProcess.Run([], Config($"127.0.0.1:{port}"), Key);

        Assert.Equal(1, await gateway.ExitedAsync());
        Assert.Contains($"cannot bind 127.0.0.1:{port}", gateway.StandardError);
    }

    [Theory]
    [InlineData("[]", "listen")]
    [InlineData("[\"127.0.0.1:1\", \"127.0.0.1:1\"]", "listen[1]")]
    [InlineData("[\"127.0.0.1:1\", \"nowhere\"]", "listen[1]")]
    public async Task A_list_that_makes_no_sense_is_refused_by_item(string listen, string path)
    {
        await using GatewayProcess gateway = GatewayProcess.Run(["--validate"], Config(listen), Key);

        Assert.Equal(1, await gateway.ExitedAsync());
        Assert.Contains($"[error] {path}", gateway.StandardError);
    }

    private static string Config(string listen) => $$"""
        listen: {{listen}}
        auth: { mode: token, client_tokens: [{{Scene.Token}}] }
        providers: { openai: { api_key_env: KEY } }
        models: { m: { provider: openai, max_concurrent: 1 } }

        """;

    private static async Task LivesAsync(string address)
    {
        using var client = new HttpClient();
        await Eventually.HoldsAsync(async () =>
        {
            try
            {
                return (await client.GetAsync(address + "/livez")).StatusCode == HttpStatusCode.OK ? null : "not alive";
            }
            catch (HttpRequestException exception)
            {
                return exception.Message;
            }
        });
    }
}
