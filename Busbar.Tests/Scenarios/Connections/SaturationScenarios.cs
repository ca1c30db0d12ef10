using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Connections;

public sealed class SaturationScenarios
{
    public static TheoryData<string, bool> Forms => Cases.Forms;

    public static TheoryData<string> Names => Cases.Names;

    [Theory]
    [MemberData(nameof(Forms))]
    [Trait("gotcha", "C136")]
    [Trait("gotcha", "C138")]
    [Trait("gotcha", "C252")]
    public async Task A_busy_lane_is_passed_over_and_when_all_are_busy_a_request_waits_for_the_first_that_is_free(string protocol, bool stream)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        TaskCompletionSource[] gates = [new(), new()];
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken, spoken) { Model = "max_concurrent: 1" });
        for (int lane = 0; lane < 2; lane++)
        {
            TaskCompletionSource gate = gates[lane];
            scene.Upstreams[lane].Next(async call =>
            {
                await gate.Task;
                await spoken.ServeAsync(call);
            });
            scene.Upstreams[lane].Always = call => spoken.ServeAsync(call);
        }

        Task<Reply> first = scene.PostAsync(spoken, stream);
        await scene.Upstreams[0].ArrivedAsync();
        Task<Reply> second = scene.PostAsync(spoken, stream);
        await scene.Upstreams[1].ArrivedAsync();
        Assert.Equal([(1, 0), (1, 0)], (await scene.LanesAsync()).Select(lane => (lane.Inflight, lane.FreeSlots)));
        Task<Reply> third = scene.PostAsync(spoken, stream);
        await Eventually.HoldsAsync(async () => (await scene.MetricsAsync())["busbar_pool_queued", ("pool", "smart")] == 1 ? null : "nobody waits");
        Assert.False(third.IsCompleted);
        gates[1].SetResult();

        Assert.Equal(200, (await second).Status);
        Assert.Equal(200, (await third).Status);
        Assert.Equal(2, scene.Upstreams[1].Requests.Count);
        Assert.Single(scene.Upstreams[0].Requests);
        gates[0].SetResult();
        Assert.Equal(200, (await first).Status);
        await scene.CountedAsync("ok", 3);
        Assert.Equal(0, (await scene.MetricsAsync()).Sum("busbar_failovers_total"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("gotcha", "C137")]
    [Trait("gotcha", "C165")]
    public async Task Waiting_ends_with_the_deadline(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        var gate = new TaskCompletionSource();
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            spoken) { Model = "max_concurrent: 1", Pool = "failover: { deadline_secs: 1 }" });
        scene.Upstream.Next(async call =>
        {
            await spoken.BeginAsync(call, "hello");
            await gate.Task;
            await call.ChunkAsync(string.Concat(spoken.End));
            await call.EndAsync();
        });
        using HttpResponseMessage holding = await scene.OpenAsync(spoken, stream: true);

        Reply reply = await scene.PostAsync(spoken);

        spoken.IsEnvelope(reply, 503);
        Assert.InRange(int.Parse(reply["Retry-After"]!), 1, 5);
        gate.SetResult();
        Assert.True(spoken.EndsCleanly((await scene.ReadAsync(holding)).Text));
        await scene.ChargedAsync(0, ok: 1);
        await scene.CountedOfAsync(("ok", 1), ("exhausted", 1));
    }

    [Theory]
    [InlineData("openai", 0)]
    [InlineData("openai", 200)]
    [InlineData("anthropic", 0)]
    [InlineData("anthropic", 200)]
    [Trait("gotcha", "C137")]
    public async Task Waiting_ends_with_the_queues_own_limit(string protocol, int milliseconds)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        var gate = new TaskCompletionSource();
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            spoken) { Model = "max_concurrent: 1", Pool = $"queue: {{ max_ms: {milliseconds} }}" });
        scene.Upstream.Next(async call =>
        {
            await gate.Task;
            await spoken.ServeAsync(call);
        });
        Task<Reply> first = scene.PostAsync(spoken);
        await scene.Upstream.ArrivedAsync();

        // Long before the deadline of two minutes, since the first still holds the lane.
        Reply reply = await scene.PostAsync(spoken);

        spoken.IsEnvelope(reply, 503);
        Assert.False(first.IsCompleted);
        gate.SetResult();
        Assert.Equal(200, (await first).Status);
        Assert.Single(scene.Upstream.Requests);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_client_that_leaves_the_queue_takes_no_permit_with_it(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        var gate = new TaskCompletionSource();
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { Model = "max_concurrent: 1" });
        scene.Upstream.Next(async call =>
        {
            await gate.Task;
            await spoken.ServeAsync(call);
        });
        scene.Upstream.Always = call => spoken.ServeAsync(call);
        Task<Reply> first = scene.PostAsync(spoken);
        await scene.Upstream.ArrivedAsync();
        using var leaving = new CancellationTokenSource();
        Task<HttpResponseMessage> queued = scene.OpenAsync(spoken, stream: false, cancellation: leaving.Token);
        await Eventually.HoldsAsync(async () => (await scene.MetricsAsync())["busbar_pool_queued", ("pool", "smart")] == 1 ? null : "nobody waits");

        leaving.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queued);
        await Eventually.HoldsAsync(async () => (await scene.MetricsAsync())["busbar_pool_queued", ("pool", "smart")] == 0 ? null : "still queued");
        gate.SetResult();

        Assert.Equal(200, (await first).Status);
        Assert.Equal(200, (await scene.PostAsync(spoken)).Status);
        Assert.Equal(2, scene.Upstream.Requests.Count);
        await scene.CountedOfAsync(("ok", 2), ("client_error", 1));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    [Trait("gotcha", "C139")]
    public async Task A_lifetime_budget_is_exact_under_concurrency(string protocol, bool stream)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { Model = "max_concurrent: 20, max_requests: 2" });
        scene.Upstream.Always = call => spoken.ServeAsync(call);

        for (int batch = 0; batch < 3; batch++)
        {
            await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => scene.PostAsync(spoken, stream)));
        }

        LaneReading lane = await scene.LaneAsync();
        Assert.Equal(0, lane.Budget);
        Assert.False(lane.Usable);
        spoken.IsEnvelope(await scene.PostAsync(spoken, stream), 503);
        spoken.IsEnvelope(await scene.PostAsync(spoken, stream, "m0"), 503);
    }
}
