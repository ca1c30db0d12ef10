using System.Net.Sockets;
using System.Runtime.InteropServices;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Connections;

/// <summary>Clients that connect and then do not ask.</summary>
public sealed class ArrivalScenarios
{
    [Theory]
    [InlineData("")]
    [InlineData("PRI * HT")]
    public async Task A_client_that_breaks_off_is_no_error_of_ours(string said)
    {
        await using Scene scene = await Scene.StartAsync(SpokenProtocol.All[0]);
        scene.Settles = false;
        for (int client = 0; client < 20; client++)
        {
            using Socket socket = await ConnectAsync(scene, said);
            socket.LingerState = new LingerOption(true, 0);
        }

        Assert.Equal(200, (await scene.GetAsync("/livez", token: null)).Status);
        scene.Gateway.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await scene.Gateway.ExitedAsync());
        Assert.DoesNotContain(" error ", scene.Gateway.StandardError, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", scene.Gateway.StandardError, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("PRI * HT")]
    [InlineData("POST /v1/mess")]
    public async Task A_client_that_says_nothing_is_not_waited_for_for_ever(string said)
    {
        await using Scene scene = await Scene.StartAsync(new SceneConfig(SpokenProtocol.All[0]) { Limits = "{ header_read_timeout_secs: 1 }" });
        using Socket socket = await ConnectAsync(scene, said);
        using var bound = new CancellationTokenSource(Eventually.Bound);

        byte[] answer = new byte[1024];
        int read;
        do
        {
            read = await socket.ReceiveAsync(answer, bound.Token);
        }
        while (read > 0);

        Assert.Equal(0, read);
    }

    private static async Task<Socket> ConnectAsync(Scene scene, string said)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", scene.Port);
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(said));
        return socket;
    }
}
