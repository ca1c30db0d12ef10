using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Limits.Storm;

/// <summary>One of the programs.</summary>
/// <param name="number">From 0.</param>
/// <param name="url">Its way to the database.</param>
/// <param name="upstream">The provider.</param>
/// <param name="log">Its request log.</param>
internal sealed class StormNode(int number, string url, string upstream, string log) : IAsyncDisposable
{
    private const string AdminToken = "canary-admin-token-52";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private readonly int _port = GatewayProcess.FreePort();
    private GatewayProcess? _process;

    /// <summary>How often it was started.</summary>
    public int Starts { get; private set; }

    /// <summary>The process that runs.</summary>
    public GatewayProcess Process => _process!;

    /// <summary>Its request log.</summary>
    public string Log => log;

    /// <summary>Starts it, and waits until it serves; again where it gives up since the database does not answer a busy machine in time.</summary>
    public async Task StartAsync()
    {
        Starts++;
        for (long began = Environment.TickCount64; ; await Task.Delay(20))
        {
            if (_process is not { HasExited: false })
            {
                await DisposeAsync();
                Run();
            }

            using var client = new HttpClient();
            try
            {
                if ((await client.GetAsync($"http://127.0.0.1:{_port}/healthz")).IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException problem)
            {
                Assert.True(Environment.TickCount64 - began < s_patience.TotalMilliseconds, problem.Message + Process.StandardError);
            }
        }
    }

    /// <summary>Sends a request with its number; the status.</summary>
    public async Task<int> AskAsync(HttpClient client, string secret, int number, StormRequest request, bool streams, CancellationToken gone)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{_port}/v1/chat/completions")
        {
            Content = new StringContent(
                string.Create(CultureInfo.InvariantCulture, $$"""{"model":"{{(request.IsSide ? "side" : "main")}}","max_tokens":10,""") +
                (streams ? """ "stream":true,"stream_options":{"include_usage":true},""" : "").TrimStart() +
                string.Create(CultureInfo.InvariantCulture, $$"""
                "messages":[{"role":"user","content":"number-{{number}}-end"}]}
                """), null, "application/json"),
        };
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        if (request.Session > 0)
        {
            message.Headers.Add("x-session-id", request.Session.ToString(CultureInfo.InvariantCulture));
        }

        return await StatusAsync(client, message, gone);
    }

    /// <summary>What it still holds, of limits or of lanes, where nobody is served; null when it holds nothing.</summary>
    public async Task<string?> HoldingAsync()
    {
        using var client = new HttpClient();
        using var message = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{_port}/metrics");
        message.Headers.TryAddWithoutValidation("x-admin-token", AdminToken);
        using HttpResponseMessage response = await client.SendAsync(message);
        var page = new MetricsPage(await response.Content.ReadAsStringAsync());
        (double open, double cents) = (page["busbar_reservations_open"], page["busbar_reserved_cents"]);
        double calls = page.Sum("busbar_lane_inflight");
        return (open, cents, calls) == (0, 0, 0) ? null : $"node {number} holds {open} reservations of {cents} cents, and {calls} calls";
    }

    /// <summary>Stops it, or has it go on.</summary>
    public void Send(string signal)
    {
        using Process kill = System.Diagnostics.Process.Start("kill", [$"-{signal}", Process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _process?.DisposeAsync() ?? ValueTask.CompletedTask;

    private void Run()
    {
        _process = GatewayProcess.Run(
            [],
            $$"""
            listen: 127.0.0.1:{{_port}}
            auth: { mode: none }
            governance: { enabled: true, admin_token: {{AdminToken}}, store: postgres, postgres: { url_env: DATABASE }, price_per_request_cents: {{StormWave.Fee}}, price_per_1k_tokens_cents: 1000 }
            providers: { p: { protocol: openai, base_url: "{{upstream}}", api_key_env: KEY, allow_private_network: true } }
            models: { m: { provider: p, max_concurrent: 1000 }, n: { provider: p, max_concurrent: 1000 } }
            pools:
              main: { members: [{ target: m }], breaker: { trip: { mode: consecutive, n: 100000 } } }
              side: { members: [{ target: n }], on_client_disconnect: drain, breaker: { trip: { mode: consecutive, n: 100000 } } }
            observability: { request_log_file: {{log}} }
            """,
            new Dictionary<string, string> { ["DATABASE"] = url, ["KEY"] = $"node-{number}", ["BUSBAR_LOG"] = "error" });
    }

    private static async Task<int> StatusAsync(HttpClient client, HttpRequestMessage message, CancellationToken gone)
    {
        using HttpResponseMessage response = await client.SendAsync(message, gone);
        return (int)response.StatusCode;
    }
}
