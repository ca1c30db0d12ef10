using Busbar.Tests.Protocols.Bedrock;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Access;

/// <summary>Between a Bedrock client and Bedrock, the service's own request id is what support will ask for.</summary>
public sealed class BedrockIdentityScenarios
{
    private const string Body = """{"messages":[{"role":"user","content":[{"text":"hi"}]}]}""";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("gotcha", "T205")]
    public async Task The_request_id_of_the_service_reaches_the_client(bool stream)
    {
        await using Scene scene = await Scene.StartAsync(new SceneConfig(new SpokenBare("bedrock")));
        byte[] answer = stream
            ? Converse.Stream(Converse.Begin, Converse.Delta(0, """{"text":"hello"}"""), Converse.Stop(0),
                ("messageStop", """{"stopReason":"end_turn"}"""), Converse.Metadata)
            : """{"output":{"message":{"role":"assistant","content":[{"text":"hello"}]}},"stopReason":"end_turn","usage":{"inputTokens":1,"outputTokens":1,"totalTokens":2}}"""u8.ToArray();
        scene.Upstream.Next(call => call.AnswerAsync(200, answer, stream ? "application/vnd.amazon.eventstream" : "application/json",
            ("x-amzn-RequestId", "service-1")));

        Reply reply = await scene.SendAsync(HttpMethod.Post, stream ? "/model/smart/converse-stream" : "/model/smart/converse", Body);

        Assert.Equal((200, "service-1"), (reply.Status, reply["x-amzn-requestid"]));
    }
}
