using System.Net;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios;

public sealed class Http2Scenarios
{
    public static TheoryData<string, bool> Forms => Cases.Forms;

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Http2_with_prior_knowledge_works_on_the_same_port(string protocol, bool stream)
    {
        Dialect dialect = Dialect.Of(protocol);
        await using Scene scene = await Scene.StartAsync(dialect);
        scene.Upstream.Always = call => dialect.ServeAsync(call);

        Task<Reply>[] replies = [.. Enumerable.Range(0, 20).Select(async _ =>
        {
            HttpResponseMessage response = await scene.OpenAsync(dialect, stream, change: Http2(dialect));
            Assert.Equal(HttpVersion.Version20, response.Version);
            return await scene.ReadAsync(response);
        })];

        Assert.All(await Task.WhenAll(replies), reply => Assert.Equal(stream ? string.Concat(dialect.Stream("hello")) : dialect.Answer("hello"), reply.Text));
        Assert.Equal(200, (await scene.PostAsync(dialect)).Status);
        await scene.ChargedAsync(0, ok: 21);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    [Trait("gotcha", "C138")]
    public async Task A_client_that_resets_its_http2_stream_ends_that_call_only(string protocol, bool stream)
    {
        Dialect dialect = Dialect.Of(protocol);
        var closed = new TaskCompletionSource();
        var gate = new TaskCompletionSource();
        await using Scene scene = await Scene.StartAsync(dialect);
        scene.Upstream.Next(async call =>
        {
            await call.SilenceAsync();
            closed.SetResult();
        });
        using var leaving = new CancellationTokenSource();
        Task<HttpResponseMessage> first = scene.OpenAsync(dialect, stream, change: Http2(dialect), cancellation: leaving.Token);
        await scene.Upstream.ArrivedAsync();
        scene.Upstream.Next(async call =>
        {
            await gate.Task;
            await dialect.ServeAsync(call);
        });
        Task<HttpResponseMessage> second = scene.OpenAsync(dialect, stream, change: Http2(dialect));
        await scene.Upstream.ArrivedAsync(2);

        leaving.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await closed.Task.WaitAsync(Eventually.Bound);
        gate.SetResult();

        Assert.Equal(200, (await scene.ReadAsync(await second)).Status);
        await scene.ChargedAsync(0, ok: 1);
    }

    private static Action<HttpRequestMessage> Http2(Dialect dialect) => message =>
    {
        dialect.Authorize(message.Headers, Scene.Token);
        message.Version = HttpVersion.Version20;
        message.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
    };
}
