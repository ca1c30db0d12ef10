using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Failover;

/// <summary>Clients of HTTP/2 that open streams and reset them, as fast as they can (CVE-2023-44487).</summary>
public sealed class ResetStreamScenarios
{
    private const byte Headers = 1;
    private const byte Reset = 3;
    private const byte Settings = 4;

    private static readonly SpokenProtocol OpenAI = SpokenProtocol.Of("openai");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Streams_that_are_reset_leave_no_error_in_the_log_and_keep_nobody_out(bool isProven)
    {
        await using Scene scene = await Scene.StartAsync(OpenAI);
        scene.Upstream.Always = call => OpenAI.ServeAsync(call);
        using var done = new CancellationTokenSource();
        Task[] floods = [.. Enumerable.Range(0, 4).Select(_ => FloodAsync(scene.Port, isProven ? Scene.Token : "canary-wrong", done.Token))];

        for (int round = 0; round < 50; round++)
        {
            Assert.Equal(200, (await scene.PostAsync(OpenAI)).Status);
        }

        await done.CancelAsync();
        await Task.WhenAll(floods);
        await scene.SettledAsync();
        await Eventually.HoldsAsync(async () => (await scene.MetricsAsync())["busbar_requests_inflight"] == 0 ? null : "requests in flight");
        string[] errors = [.. scene.Gateway.StandardError.Split('\n')
            .Where(line => line.Contains(" ERROR ", StringComparison.OrdinalIgnoreCase) || line.Contains("Microsoft.", StringComparison.Ordinal)
            || line.StartsWith("   at ", StringComparison.Ordinal))];
        Assert.True(errors.Length == 0, string.Join('\n', errors.Take(20)));
    }

    // One connection after the other, each until the server ends it.
    private static async Task FloodAsync(int port, string token, CancellationToken done)
    {
        byte[] block = [.. Literal(":method", "POST"), .. Literal(":scheme", "http"), .. Literal(":path", OpenAI.Path), .. Literal(":authority", "x"),
            .. Literal("authorization", "Bearer " + token), .. Literal("content-type", "application/json")];
        while (!done.IsCancellationRequested)
        {
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, port, done);
                await socket.SendAsync((byte[])[.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(Settings, 0, 0, [])], done);
                for (int stream = 1; !done.IsCancellationRequested; stream += 2)
                {
                    // The headers end here, the stream does not: its body is still to come.
                    await socket.SendAsync((byte[])[.. Frame(Headers, 4, stream, block), .. Frame(Reset, 0, stream, [0, 0, 0, 8])], done);
                    if (socket.Available > 0)
                    {
                        await socket.ReceiveAsync(new byte[64 * 1024], done);
                    }
                }
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                // The next connection.
            }
        }
    }

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        byte[] frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    // A literal field without indexing (RFC 7541, 6.2.2), without Huffman coding; both lengths are below 127.
    private static byte[] Literal(string name, string value) =>
        [0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];
}
