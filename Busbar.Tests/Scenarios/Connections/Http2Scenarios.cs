using System.Net;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Connections;

public sealed class Http2Scenarios
{
    public static TheoryData<string, bool> Forms => Cases.Forms;

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Http2_with_prior_knowledge_works_on_the_same_port(string protocol, bool stream)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(spoken);
        scene.Upstream.Always = call => spoken.ServeAsync(call);

        Task<Reply>[] replies = [.. Enumerable.Range(0, 20).Select(async _ =>
        {
            HttpResponseMessage response = await scene.OpenAsync(spoken, stream, change: Http2(spoken));
            Assert.Equal(HttpVersion.Version20, response.Version);
            return await scene.ReadAsync(response);
        })];

        Assert.All(await Task.WhenAll(replies), reply => Assert.Equal(
            stream ? string.Concat(spoken.Stream("hello")) : spoken.Answer("hello"), reply.Text));
        Assert.Equal(200, (await scene.PostAsync(spoken)).Status);
        await scene.ChargedAsync(0, ok: 21);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    [Trait("gotcha", "C138")]
    public async Task A_client_that_resets_its_http2_stream_ends_that_call_only(string protocol, bool stream)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        var closed = new TaskCompletionSource();
        var gate = new TaskCompletionSource();
        await using Scene scene = await Scene.StartAsync(spoken);
        scene.Upstream.Next(async call =>
        {
            await call.SilenceAsync();
            closed.SetResult();
        });
        using var leaving = new CancellationTokenSource();
        Task<HttpResponseMessage> first = scene.OpenAsync(spoken, stream, change: Http2(spoken), cancellation: leaving.Token);
        await scene.Upstream.ArrivedAsync();
        scene.Upstream.Next(async call =>
        {
            await gate.Task;
            await spoken.ServeAsync(call);
        });
        Task<HttpResponseMessage> second = scene.OpenAsync(spoken, stream, change: Http2(spoken));
        await scene.Upstream.ArrivedAsync(2);

        leaving.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await closed.Task.WaitAsync(Eventually.Bound);
        gate.SetResult();

        Assert.Equal(200, (await scene.ReadAsync(await second)).Status);
        await scene.ChargedAsync(0, ok: 1);
    }

    private static Action<HttpRequestMessage> Http2(SpokenProtocol spoken) => message =>
    {
        spoken.Authorize(message.Headers, Scene.Token);
        message.Version = HttpVersion.Version20;
        message.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
    };
}
