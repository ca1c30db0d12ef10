using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Failover;

/// <summary>Lanes whose provider allows so much in a minute: <c>models.*.rpm</c> and <c>tpm</c>.</summary>
public sealed class PacingScenarios
{
    private static readonly SpokenProtocol OpenAI = SpokenProtocol.Of("openai");

    [Theory]
    [InlineData("max_concurrent: 20, rpm: 2", 2)]
    [InlineData("max_concurrent: 20, tpm: 20", 1)]
    public async Task A_provider_never_sees_more_than_it_allows_and_the_next_lane_has_the_rest(string model, int expected)
    {
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            OpenAI, OpenAI, OpenAI) { Model = model, OtherPools = "m0only: { members: [{ target: m0 }] }" });
        foreach (ScriptedUpstream upstream in scene.Upstreams)
        {
            upstream.Always = call => OpenAI.ServeAsync(call);
        }

        for (int round = 0; round < 3 * expected; round++)
        {
            Assert.Equal(200, (await scene.PostAsync(OpenAI)).Status);
        }

        Assert.Equal([expected, expected, expected], scene.Upstreams.Select(upstream => upstream.Requests.Count));
        Assert.Equal(0, (await scene.MetricsAsync()).Sum("busbar_upstream_failures_total"));
    }

    [Fact]
    public async Task With_no_other_lane_a_client_learns_when_the_minute_is_over()
    {
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            OpenAI) { Model = "max_concurrent: 20, rpm: 1", Pool = "failover: { deadline_secs: 5 }" });
        scene.Upstream.Always = call => OpenAI.ServeAsync(call);
        Assert.Equal(200, (await scene.PostAsync(OpenAI)).Status);

        Reply reply = await scene.PostAsync(OpenAI);

        OpenAI.IsEnvelope(reply, 503);
        Assert.InRange(int.Parse(reply["Retry-After"]!), 50, 62);
        Assert.Single(scene.Upstream.Requests);
    }
}
