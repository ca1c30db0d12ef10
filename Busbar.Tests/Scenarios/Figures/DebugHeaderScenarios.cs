using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Figures;

/// <summary>Headers for the operator's eyes, where the operator asked for them.</summary>
public sealed class DebugHeaderScenarios
{
    public static TheoryData<string, string, bool> Pairs => Cases.Pairs;

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task They_tell_how_an_answer_came_about(string client, string provider, bool stream)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves, serves) { More = "response_headers: debug" });
        scene.Upstreams[0].Next(call => call.AnswerAsync(500, "{}")).Next(call => call.AnswerAsync(500, "{}"));
        scene.Upstreams[1].Next(call => serves.ServeAsync(call)).Next(call => call.AnswerAsync(400, serves.Error("invalid_request_error", "no")))
            .Next(call => call.AnswerAsync(500, "{}"));

        Reply answered = await scene.PostAsync(speaks, stream);
        Assert.Equal((200, "m1", "2"), (answered.Status, answered["x-busbar-lane"], answered["x-busbar-attempts"]));
        Assert.Equal("weighted", answered["x-busbar-choice"]);
        Assert.True(long.Parse(answered["x-busbar-ms"]!) >= 0);
        Assert.NotEmpty(answered["x-busbar-request-id"]!);

        Reply refused = await scene.PostAsync(speaks, stream);
        Assert.Equal(400, refused.Status);
        Assert.NotNull(refused["x-busbar-attempts"]);
        Reply unknown = await scene.PostAsync(speaks, stream, "nothing");
        Assert.Equal((404, null, "0"), (unknown.Status, unknown["x-busbar-lane"], unknown["x-busbar-attempts"]));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task They_are_absent_unless_asked_for(string client, string provider, bool stream)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(serves);
        scene.Upstream.Next(call => serves.ServeAsync(call));

        Reply reply = await scene.PostAsync(speaks, stream);

        Assert.All((string[])["x-busbar-request-id", "x-busbar-lane", "x-busbar-attempts", "x-busbar-ms"], name => Assert.Null(reply[name]));
    }
}
