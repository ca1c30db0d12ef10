using System.Net;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Connections;

/// <summary>A process that may open few files.</summary>
public sealed class DescriptorScenarios
{
    // The runtime takes about half of them.
    private const int OpenFiles = 300;

    private static readonly SpokenProtocol OpenAI = SpokenProtocol.Of("openai");

    [Fact]
    public async Task More_connections_than_there_are_places_for_wait_without_work_and_are_served_when_others_leave()
    {
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            OpenAI) { OpenFiles = OpenFiles, Limits = "{ header_read_timeout_secs: 120 }" });
        scene.Upstream.Always = call => OpenAI.ServeAsync(call);
        var crowd = new List<RawConnection>();
        try
        {
            for (int each = 0; each < 250; each++)
            {
                crowd.Add(await RawConnection.OpenAsync(scene.Port));
            }

            await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("no more connections are accepted", StringComparison.Ordinal),
                "full");
            using RawConnection late = await RawConnection.OpenAsync(scene.Port);
            await late.SendAsync("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());

            // Who has a connection goes on being served, and a provider can be called.
            long start = Environment.TickCount64;
            double before = (await scene.MetricsAsync())["process_cpu_seconds_total"];
            for (int round = 0; round < 10; round++)
            {
                Assert.Equal(200, (await scene.PostAsync(OpenAI)).Status);
                Assert.False(late.HasAnswer(TimeSpan.FromMilliseconds(100)));
            }

            double used = (await scene.MetricsAsync())["process_cpu_seconds_total"] - before;
            Assert.InRange(used, 0, 0.5 * (Environment.TickCount64 - start) / 1000);
            crowd.ForEach(connection => connection.Dispose());
            Assert.Equal(200, (await late.ReadAsync())!.Status);
        }
        finally
        {
            crowd.ForEach(connection => connection.Dispose());
        }

        Assert.Equal(1, scene.Gateway.StandardError.Split("no more connections are accepted").Length - 1);
    }

    [Fact]
    public async Task A_call_for_which_no_descriptor_is_left_gets_a_native_503_and_no_lane_is_charged()
    {
        if (File.Exists(Path.ChangeExtension(GatewayProcess.Binary, ".dll")))
        {
            // A program that is compiled as it runs opens files for that, and the runtime ends it when it can't.
            return;
        }

        await using Scene scene = await Scene.StartAsync(new SceneConfig(OpenAI) { OpenFiles = OpenFiles, Model = "max_concurrent: 1000" });

        var gate = new TaskCompletionSource();
        scene.Upstream.Always = async call =>
        {
            await gate.Task;
            await OpenAI.ServeAsync(call);
        };
        HttpClient[] clients = [.. Enumerable.Range(0, 4).Select(
            _ => new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = scene.Client.BaseAddress, Timeout = Eventually.Bound })];
        try
        {
            Task<Reply>[] replies = [.. clients.SelectMany(client => Enumerable.Range(0, 100)
                .Select(async _ => await Reply.ReadAsync(await client.SendAsync(Message()))))];
            await Eventually.TrueAsync(() => replies.Any(reply => reply.IsCompleted), "answered for want of descriptors");
            gate.SetResult();
            Reply[] all = await Task.WhenAll(replies);

            int served = all.Count(reply => reply.Status == 200);
            Reply[] refused = [.. all.Where(reply => reply.Status != 200)];
            Assert.InRange(served, 1, all.Length - 1);
            Assert.All(refused, reply => OpenAI.IsEnvelope(reply, 503));
            Assert.All(refused, Scene.SpeaksLikeTheVendor);
            await scene.ChargedAsync(0, ok: served);
            LaneReading lane = await scene.LaneAsync();
            Assert.Equal(("closed", 0), (lane.State(Scene.Pool), lane.StreakIn(Scene.Pool)));
            Assert.True((await scene.MetricsAsync())["busbar_local_exhaustion_total"] >= refused.Length);
            Assert.Equal(200, (await scene.PostAsync(OpenAI)).Status);
        }
        finally
        {
            Array.ForEach(clients, client => client.Dispose());
        }
    }

    private static HttpRequestMessage Message()
    {
        HttpRequestMessage message = Scene.Message(OpenAI, new StringContent(OpenAI.Request(Scene.Pool, false)));
        message.Version = HttpVersion.Version20;
        message.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        return message;
    }
}
