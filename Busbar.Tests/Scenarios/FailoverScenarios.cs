namespace Busbar.Tests.Scenarios;

public sealed class FailoverScenarios
{
    public static TheoryData<string, string, bool> Pairs => Cases.Pairs;

    [Theory]
    [MemberData(nameof(Pairs))]
    [Trait("gotcha", "C143")]
    public async Task A_failing_provider_is_replaced_by_the_next_within_the_request(string client, string provider, bool stream)
    {
        Dialect speaks = Dialect.Of(client), serves = Dialect.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves, serves));
        scene.Upstreams[0].Next(call => call.AnswerAsync(503, serves.Error("api_error", "canary-upstream-detail")));
        scene.Upstreams[1].Next(call => serves.ServeAsync(call));

        Reply reply = await scene.PostAsync(speaks, stream);

        Assert.Equal(200, reply.Status);
        Assert.Contains("hello", reply.Text);
        Assert.True(!stream || speaks.EndsCleanly(reply.Text), reply.Text);
        await scene.ChargedAsync(0, err: 1);
        await scene.ChargedAsync(1, ok: 1);
        await scene.CountedAsync("ok");
        MetricsPage page = await scene.MetricsAsync();
        Assert.Equal(2, page.Sum("busbar_upstream_attempts_total"));
        Assert.Equal(1, page["busbar_failovers_total", ("pool", "smart"), ("reason", "transient_upstream")]);
        Assert.Equal(1, page.Sum("busbar_failovers_total"));
        Assert.Equal(1, page["busbar_upstream_failures_total", ("pool", "smart"), ("lane", "m0"), ("disposition", "transient_upstream")]);
    }
}
