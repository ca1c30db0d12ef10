using System.Text;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Endpoints;

/// <summary>Errors that arise while an answer is fetched, in the words of the client's own vendor.</summary>
public sealed class ErrorEnvelopeScenarios
{
    public static TheoryData<string> Names => Cases.Names;

    public static TheoryData<string, string> Crossings => Cases.Crossings;

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("gotcha", "C122")]
    [Trait("gotcha", "C123")]
    [Trait("gotcha", "C124")]
    [Trait("gotcha", "C248")]
    [Trait("gotcha", "T44")]
    public async Task Exhaustion_is_a_native_503_with_an_id_of_its_own_and_a_time_to_come_back(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { Refusing = 0 });

        Reply[] replies = [await scene.PostAsync(spoken), await scene.PostAsync(spoken, stream: true)];

        Assert.All(replies, reply =>
        {
            spoken.IsEnvelope(reply, 503);
            Scene.SpeaksLikeTheVendor(reply);
            Assert.True(int.Parse(reply["Retry-After"]!) >= 1);
            Assert.DoesNotContain("127.0.0.1", reply.Text);
            Assert.Equal(spoken is SpokenBedrock, reply.Headers.Keys.Any(name => name.StartsWith("x-amzn-", StringComparison.OrdinalIgnoreCase)));
        });
        Assert.True(spoken.RequestIdHeader is not { } header || replies[0][header] != replies[1][header]);
        await scene.CountedAsync("exhausted", 2);
    }

    [Theory]
    [MemberData(nameof(Crossings))]
    [Trait("gotcha", "C248")]
    [Trait("gotcha", "T32")]
    public async Task A_success_that_cannot_be_read_is_a_native_503_and_never_the_foreign_body(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(serves);
        scene.Upstream.Next(call => call.AnswerAsync(200, "{\"canary-foreign\":"))
            .Next(call => call.AnswerAsync(200, "canary-foreign"u8.ToArray(), "text/html"));

        foreach (Reply reply in (Reply[])[await scene.PostAsync(speaks), await scene.PostAsync(speaks)])
        {
            speaks.IsEnvelope(reply, 503);
            Scene.SpeaksLikeTheVendor(reply);
        }

        await scene.CountedAsync("exhausted", 2);
        await scene.ChargedAsync(0, err: 2);
    }

    [Theory]
    [MemberData(nameof(Crossings))]
    [Trait("gotcha", "C162")]
    [Trait("gotcha", "T33")]
    public async Task An_answer_too_large_to_translate_is_a_native_503(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(serves);
        byte[] answer = Encoding.UTF8.GetBytes(serves.Answer(new string('x', 33 * 1024 * 1024)));
        scene.Upstream.Next(call => call.AnswerAsync(200, answer));

        speaks.IsEnvelope(await scene.PostAsync(speaks), 503);
    }

    [Theory]
    [MemberData(nameof(Crossings))]
    [Trait("gotcha", "C163")]
    [Trait("gotcha", "T34")]
    public async Task A_translated_body_cut_in_transfer_is_a_native_502_when_no_lane_is_left(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves) { Model = "max_concurrent: 5, max_requests: 5" });
        string answer = serves.Answer("hello");
        scene.Upstream.Next(async call =>
        {
            await call.RawAsync($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {answer.Length}\r\n\r\n{answer[..^10]}");
            call.Close();
        });

        Reply reply = await scene.PostAsync(speaks);

        speaks.IsEnvelope(reply, 502);
        Scene.SpeaksLikeTheVendor(reply);
        await scene.ChargedAsync(0, err: 1);
        await scene.CountedAsync("error");
        Assert.Equal(5, (await scene.LaneAsync()).Budget);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_large_answer_cut_in_transfer_never_looks_complete(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(spoken);
        string answer = spoken.Answer(new string('x', 500_000));
        scene.Upstream.Next(async call =>
        {
            await call.BeginAsync("application/json");
            await call.ChunkAsync(answer[..400_000]);
            call.Reset();
        });

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => scene.PostAsync(spoken));

        await scene.ChargedAsync(0, err: 1);
        await scene.CountedAsync("error");
    }

    [Fact]
    public async Task A_large_answer_cut_in_transfer_does_not_use_up_the_lanes_requests()
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { Model = "max_concurrent: 20, max_requests: 2" });
        scene.Upstream.Next(async call =>
        {
            await call.BeginAsync("application/json");
            await call.ChunkAsync(spoken.Answer(new string('x', 500_000))[..400_000]);
            call.Reset();
        });

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => scene.PostAsync(spoken));

        await Eventually.HoldsAsync(async () => (await scene.LaneAsync()).Budget == 2 ? null : "not given back");
    }

    [Fact]
    public async Task Of_a_providers_error_no_more_is_read_than_the_configuration_allows()
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { Limits = "{ upstream_error_body_max_bytes: 1000 }" });
        string message = new('x', 5000);
        scene.Upstream.Always = call => call.AnswerAsync(400, spoken.Error("invalid_request_error", message));

        Reply reply = await scene.PostAsync(spoken);

        Assert.Equal(400, reply.Status);
        Assert.DoesNotContain(message, reply.Text);
    }

    [Theory]
    [MemberData(nameof(Crossings))]
    public async Task A_stream_is_answered_as_a_stream_when_the_provider_answered_whole(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(serves);
        scene.Upstream.Next(call => call.AnswerAsync(200, serves.Answer("hello")));

        Reply reply = await scene.PostAsync(speaks, stream: true);

        Assert.Equal(speaks.StreamContentType, reply["Content-Type"]);
        Assert.Contains("hello", reply.Text);
        Assert.True(speaks.EndsCleanly(reply.Text), reply.Text);
        await scene.ChargedAsync(0, ok: 1);
    }
}
