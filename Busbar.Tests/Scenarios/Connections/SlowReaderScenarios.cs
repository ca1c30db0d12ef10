using System.Net;
using System.Net.Sockets;
using System.Text;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Connections;

/// <summary>Clients that take nothing of their answers: what they hold is given to others, and nobody is blamed.</summary>
public sealed class SlowReaderScenarios
{
    // Far more than the buffers between two sockets of one machine hold.
    private const int Pieces = 3000;
    private const int PieceLength = 8000;

    public static TheoryData<string, string, bool> Pairs => Cases.Pairs;

    // A success counts once the provider's answer is whole: of the first, only one that is translated in one piece had come in full.
    private static int Successes(string client, string provider, bool stream) => stream || client == provider ? 1 : 2;

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Who_takes_nothing_is_cut_off_and_the_lane_is_free_again(string client, string provider, bool stream)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            serves) { Model = "max_concurrent: 1", Limits = "{ client_stall_timeout_secs: 2 }" });
        scene.Upstream.Next(call => AnswerAtLengthAsync(call, serves)).Always = call => serves.ServeAsync(call);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(IPAddress.Loopback, scene.Port);
        string body = speaks.Request(Scene.Pool, stream);
        await socket.SendAsync(Encoding.UTF8.GetBytes(
            $"POST {speaks.PathOf(Scene.Pool, stream)} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {Scene.Token}\r\nContent-Type: " +
                $"application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"));
        await scene.Upstream.ArrivedAsync();

        // It waits for the only permit until the other has been cut off.
        Assert.Equal(200, (await scene.PostAsync(speaks, stream)).Status);

        await scene.SettledAsync();
        await scene.ChargedAsync(0, ok: Successes(client, provider, stream));
        await scene.CountedOfAsync(("client_error", 1), ("ok", 1));
        Assert.Equal(0, (await scene.MetricsAsync()).Sum("busbar_upstream_failures_total"));
        Assert.Equal("closed", (await scene.LaneAsync()).State(Scene.Pool));
    }

    [Theory]
    [InlineData("openai", "openai", true)]
    [InlineData("anthropic", "openai", true)]
    [InlineData("openai", "openai", false)]
    [InlineData("anthropic", "openai", false)]
    public async Task On_http2_only_the_stream_that_stands_still_ends(string client, string provider, bool stream)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            serves) { Model = "max_concurrent: 1", Limits = "{ client_stall_timeout_secs: 2 }" });
        scene.Upstream.Next(call => AnswerAtLengthAsync(call, serves)).Always = call => serves.ServeAsync(call);
        Action<HttpRequestMessage> http2 = message =>
        {
            speaks.Authorize(message.Headers, Scene.Token);
            message.Version = HttpVersion.Version20;
            message.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        };
        using HttpResponseMessage unread = await scene.OpenAsync(speaks, stream, change: http2);

        Assert.Equal(200, (await scene.ReadAsync(await scene.OpenAsync(speaks, stream, change: http2))).Status);

        await scene.SettledAsync();
        await scene.ChargedAsync(0, ok: Successes(client, provider, stream));
        await Assert.ThrowsAnyAsync<Exception>(() => unread.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_caller_with_many_requests_waiting_moves_another_by_one_place()
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        var gate = new TaskCompletionSource();
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            spoken) { Model = "max_concurrent: 1", Limits = "{ max_inbound_concurrent: 0 }" });
        scene.Upstream.Next(async call =>
        {
            await gate.Task;
            await spoken.ServeAsync(call);
        }).Always = call => spoken.ServeAsync(call);
        List<Task<Reply>> crowd = [scene.PostAsync(spoken)];
        await scene.Upstream.ArrivedAsync();
        crowd.AddRange(Enumerable.Range(0, 160).Select(_ => scene.PostAsync(spoken)));
        await QueuedAsync(scene, 160);
        Task<Reply> other = scene.PostAsync(spoken, spoken.Request(Scene.Pool, false, "canary-other"),
            message => spoken.Authorize(message.Headers, "another-token"));
        await QueuedAsync(scene, 161);
        gate.SetResult();

        Assert.Equal(200, (await other).Status);
        Assert.All(await Task.WhenAll(crowd), reply => Assert.Equal(200, reply.Status));
        Assert.Contains("canary-other", scene.Upstream.Requests[2].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_who_take_nothing_keep_no_other_key_out()
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            spoken) { Model = "max_concurrent: 4", Limits = "{ client_stall_timeout_secs: 2 }" });
        int calls = 0;
        scene.Upstream.Always = call => Interlocked.Increment(ref calls) <= 4 ? AnswerAtLengthAsync(call, spoken) : spoken.ServeAsync(call);
        var unread = new List<HttpResponseMessage>();
        try
        {
            for (int each = 0; each < 4; each++)
            {
                unread.Add(await scene.OpenAsync(spoken, stream: true));
            }

            Task<Reply>[] replies = [.. Enumerable.Range(0, 20)
                .Select(_ => scene.PostAsync(spoken, spoken.Request(Scene.Pool, false),
                message => spoken.Authorize(message.Headers, "another-token")))];
            Assert.All(await Task.WhenAll(replies), reply => Assert.Equal(200, reply.Status));
        }
        finally
        {
            unread.ForEach(response => response.Dispose());
        }
    }

    private static Task QueuedAsync(Scene scene, int count) =>
        Eventually.HoldsAsync(async () => (await scene.MetricsAsync()).Sum("busbar_pool_queued") == count ? null : $"not {count} queued");

    private static async Task AnswerAtLengthAsync(UpstreamCall call, SpokenProtocol serves)
    {
        if (!serves.IsStream(call.Request))
        {
            await call.AnswerAsync(200, serves.Answer(new string('x', Pieces * PieceLength)));
            return;
        }

        await serves.BeginAsync(call, "hello");
        for (int piece = 0; piece < Pieces; piece++)
        {
            await call.ChunkAsync(serves.More(new string('x', PieceLength)));
        }

        await call.ChunkAsync(string.Concat(serves.End));
        await call.EndAsync();
    }
}
