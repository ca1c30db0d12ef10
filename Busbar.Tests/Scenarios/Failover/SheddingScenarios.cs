using System.Net;
using System.Net.Sockets;
using System.Text;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Failover;

/// <summary>More requests at once than the process is to serve.</summary>
public sealed class SheddingScenarios
{
    public static TheoryData<string, bool> Forms => Cases.Forms;

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_request_above_the_limit_is_refused_before_its_body_is_read_and_the_next_is_served_again(string protocol, bool stream)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        var gate = new TaskCompletionSource();
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { Limits = "{ max_inbound_concurrent: 1 }" });
        scene.Upstream.Next(async call =>
        {
            await gate.Task;
            await spoken.ServeAsync(call);
        });
        scene.Upstream.Always = call => spoken.ServeAsync(call);
        Task<Reply> first = scene.PostAsync(spoken, stream);
        await scene.Upstream.ArrivedAsync();
        Assert.Equal(1, (await scene.MetricsAsync())["busbar_requests_inflight"]);

        // The answer comes although the body never does.
        Assert.StartsWith("HTTP/1.1 503", await StatusOfBodylessAsync(scene, spoken), StringComparison.Ordinal);
        Reply shed = await scene.PostAsync(spoken, stream);
        gate.SetResult();
        Assert.Equal(200, (await first).Status);

        spoken.IsEnvelope(shed, 503);
        Assert.Equal("1", shed["Retry-After"]);
        Scene.SpeaksLikeTheVendor(shed);
        await Eventually.HoldsAsync(async () => (await scene.MetricsAsync())["busbar_requests_inflight"] == 0 ? null : "requests in flight");
        Assert.Equal(200, (await scene.PostAsync(spoken, stream)).Status);
        MetricsPage page = await scene.MetricsAsync();
        Assert.Equal(2, page["busbar_shed_total", ("ingress_protocol", protocol)]);
        Assert.Equal(2, page["busbar_requests_total", ("ingress_protocol", protocol), ("pool", "unresolved"), ("outcome", "exhausted")]);
    }

    [Fact]
    public async Task Pages_of_its_own_are_served_above_the_limit()
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        var gate = new TaskCompletionSource();
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { Limits = "{ max_inbound_concurrent: 1 }" });
        scene.Upstream.Next(async call =>
        {
            await gate.Task;
            await spoken.ServeAsync(call);
        });
        Task<Reply> first = scene.PostAsync(spoken);
        await scene.Upstream.ArrivedAsync();

        Assert.Equal(200, (await scene.GetAsync("/healthz", token: null)).Status);
        Assert.Equal(200, (await scene.GetAsync("/stats")).Status);
        spoken.IsEnvelope(await scene.PostAsync(spoken, change: message
            => message.Headers.TryAddWithoutValidation("Authorization", "Bearer wrong")), 401, "invalid_api_key");

        gate.SetResult();
        Assert.Equal(200, (await first).Status);
    }

    private static async Task<string> StatusOfBodylessAsync(Scene scene, SpokenProtocol spoken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, scene.Port);
        string head =
            $"POST {spoken.Path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {Scene.Token}\r\nContent-Type: " +
            "application/json\r\nContent-Length: 1000\r\n\r\n";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head));
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadLineAsync().WaitAsync(Eventually.Bound) ?? "";
    }
}
