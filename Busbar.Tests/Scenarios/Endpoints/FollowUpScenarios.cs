using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Endpoints;

/// <summary>Responses requests that go on from what one provider keeps.</summary>
public sealed class FollowUpScenarios
{
    private const string Even = "even: { members: [{ target: m0 }, { target: m1 }, { target: m2 }], breaker: { trip: { mode: consecutive, n: 1 } } }";

    private static readonly SpokenResponses Responses = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("gotcha", "T164")]
    public async Task A_request_goes_on_where_the_answer_that_it_names_came_from(bool stream)
    {
        await using Scene scene = await StartAsync();
        int home = await FirstAsync(scene, stream, "");

        for (int turn = 0; turn < 5; turn++)
        {
            Assert.Equal(200, (await PostAsync(scene, stream, ",\"previous_response_id\":\"resp_1\"")).Status);
        }

        Assert.Equal(6, scene.Upstreams[home].Requests.Count);
        Assert.Equal(5, (await scene.MetricsAsync())["busbar_followups_total", ("home", "directed")]);
    }

    [Fact]
    public async Task A_conversation_stays_with_its_provider_however_it_is_named()
    {
        await using Scene scene = await StartAsync();
        string answer = Responses.Answer("hello").Replace("\"id\":\"resp_1\"", "\"id\":\"resp_2\",\"conversation\":{\"id\":\"conv_1\"}",
            StringComparison.Ordinal);
        foreach (ScriptedUpstream upstream in scene.Upstreams)
        {
            upstream.Always = call => call.AnswerAsync(200, answer);
        }

        int home = await FirstAsync(scene, stream: false, ",\"conversation\":\"conv_1\"");
        Assert.Equal(200, (await PostAsync(scene, stream: false, ",\"conversation\":\"conv_1\"")).Status);
        Assert.Equal(200, (await PostAsync(scene, stream: false, ",\"conversation\":{\"id\":\"conv_1\"}")).Status);

        Assert.Equal(3, scene.Upstreams[home].Requests.Count);
        Assert.Equal(1, (await scene.MetricsAsync())["busbar_followups_total", ("home", "unknown")]);
    }

    [Fact]
    public async Task While_the_provider_that_keeps_an_answer_is_down_nobody_else_is_asked_to_go_on_from_it()
    {
        await using Scene scene = await StartAsync();
        int home = await FirstAsync(scene, stream: false, "");
        scene.Upstreams[home].Always = call => call.AnswerAsync(500, "{}");

        for (int turn = 0; turn < 3; turn++)
        {
            Responses.IsEnvelope(await PostAsync(scene, stream: false, ",\"previous_response_id\":\"resp_1\""), 503);
        }

        Assert.Equal(2, scene.Upstreams[home].Requests.Count);
        Assert.Equal(2, scene.Upstreams.Sum(upstream => upstream.Requests.Count));
    }

    [Fact]
    public async Task An_answer_that_nobody_keeps_or_whose_keeper_is_gone_confines_nothing()
    {
        await using Scene scene = await StartAsync();
        int home = await FirstAsync(scene, stream: false, ",\"store\":false");
        for (int turn = 0; turn < 2; turn++)
        {
            Assert.Equal(200, (await PostAsync(scene, stream: false, ",\"store\":false,\"previous_response_id\":\"resp_1\"")).Status);
        }

        Assert.All(scene.Upstreams, upstream => Assert.Single(upstream.Requests));
        Assert.Equal(200, (await PostAsync(scene, stream: false, "", "m0")).Status);
        Assert.Equal(200, (await PostAsync(scene, stream: false, ",\"previous_response_id\":\"resp_1\"", "m1")).Status);

        MetricsPage page = await scene.MetricsAsync();
        Assert.Equal((2, 1), (page["busbar_followups_total", ("home", "unknown")], page["busbar_followups_total", ("home", "gone")]));
    }

    private static async Task<Scene> StartAsync()
    {
        Scene scene = await Scene.StartAsync(new SceneConfig(Responses, Responses, Responses) { OtherPools = Even });
        foreach (ScriptedUpstream upstream in scene.Upstreams)
        {
            upstream.Always = call => Responses.ServeAsync(call);
        }

        return scene;
    }

    private static async Task<int> FirstAsync(Scene scene, bool stream, string more)
    {
        Assert.Equal(200, (await PostAsync(scene, stream, more)).Status);
        return Array.FindIndex(scene.Upstreams, upstream => upstream.Requests.Count == 1);
    }

    private static Task<Reply> PostAsync(Scene scene, bool stream, string more, string model = "even") =>
        scene.PostAsync(Responses, $$"""{"model":"{{model}}","input":"hi"{{(stream ? ",\"stream\":true" : "")}}{{more}}}""");
}
