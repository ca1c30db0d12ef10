using System.Net;
using System.Net.Sockets;
using System.Text;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Connections;

/// <summary>The way out leads through a proxy.</summary>
public sealed class CompanyProxyScenarios
{
    [Fact]
    public async Task Calls_go_through_the_proxy_and_its_credentials_go_no_further()
    {
        SpokenProtocol spoken = SpokenProtocol.Of("openai");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task<string> asked = TunnelAsync(listener);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            spoken) { Provider = $"allow_private_network: true, proxy: \"http://user:pass@{listener.LocalEndpoint}\"" });
        scene.Upstream.Always = call => spoken.ServeAsync(call);

        Reply reply = await scene.PostAsync(spoken);

        Assert.Equal((200, spoken.Answer("hello")), (reply.Status, reply.Text));
        Assert.Equal(
            $"CONNECT 127.0.0.1:{scene.Upstream.Port} HTTP/1.1\r\nHost: 127.0.0.1:{scene.Upstream.Port}\r\nProxy-Authorization: Basic " +
            "dXNlcjpwYXNz\r\n\r\n", await asked);
        Assert.Null(scene.Upstream.Requests[0]["Proxy-Authorization"]);
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains($"through http://{listener.LocalEndpoint}, from proxy", StringComparison.Ordinal), $"through http://{listener.LocalEndpoint}, from proxy");
        Assert.DoesNotContain("pass@", scene.Gateway.StandardError);
    }

    [Theory]
    [InlineData("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n", "proxy_407")]
    [InlineData("HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n\r\n<html>no</html>", "proxy_403")]
    [InlineData("<html>no proxy here</html>\r\n\r\n", "proxy_no_http")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n<html>a page</html>", "proxy_no_tunnel")]
    [InlineData("", "proxy_no_http")]
    [InlineData(null, "proxy_unreachable")]
    public async Task A_proxy_that_gives_no_way_is_named_in_the_log_and_the_next_lane_serves(string? answer, string reason)
    {
        SpokenProtocol spoken = SpokenProtocol.Of("openai");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        string proxy = answer is null ? "127.0.0.1:9" : $"{listener.LocalEndpoint}";
        _ = RefuseAsync(listener, answer ?? "");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            spoken) { Provider = $"allow_private_network: true, proxy: \"http://{proxy}\"" });

        spoken.IsEnvelope(await scene.PostAsync(spoken), 503);

        Assert.Empty(scene.Upstream.Requests);
        await scene.ChargedAsync(0, err: 1);
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains($"reason={reason} status=0", StringComparison.Ordinal), reason);
    }

    // Opens the way as it is asked to, for one connection; the request's head.
    private static async Task<string> TunnelAsync(TcpListener listener)
    {
        using Socket client = await listener.AcceptSocketAsync();
        string head = await HeadAsync(client);
        using var provider = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await provider.ConnectAsync(IPEndPoint.Parse(head.Split(' ')[1]));
        await client.SendAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray());
        await Task.WhenAny(PumpAsync(client, provider), PumpAsync(provider, client));
        return head;
    }

    private static async Task PumpAsync(Socket from, Socket to)
    {
        byte[] room = new byte[16 * 1024];
        while (await from.ReceiveAsync(room) is > 0 and int count)
        {
            await to.SendAsync(room.AsMemory(0, count));
        }
    }

    private static async Task RefuseAsync(TcpListener listener, string answer)
    {
        using Socket client = await listener.AcceptSocketAsync();
        await HeadAsync(client);
        await client.SendAsync(Encoding.ASCII.GetBytes(answer));
        client.Shutdown(SocketShutdown.Send);
        await HeadAsync(client);
    }

    private static async Task<string> HeadAsync(Socket socket)
    {
        var head = new StringBuilder();
        byte[] room = new byte[4096];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await socket.ReceiveAsync(room) is > 0 and int count)
        {
            head.Append(Encoding.ASCII.GetString(room, 0, count));
        }

        return head.ToString();
    }
}
