using System.Text.Json;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Platforms;

/// <summary>Lanes at clouds that serve a protocol in a frame of their own.</summary>
public sealed class PlatformLaneScenarios
{
    private const string Vertex = "vertex";
    private const string Invoke = "bedrock-invoke";

    /// <summary>Everything that a re-serialisation would lose, around what clouds want elsewhere.</summary>
    private const string Odd =
        "\r\n {\t\"zeta\" : [ ] , \"model\" :\t\"sm\\u0061rt\" ,\"max_tokens\":64, " +
            " \"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000},\"n\u00e4me\":\"\\u00e4\\/\u20ac\",\n"
        + "\"messages\":[{\"content\":\"h\\u0069\",\"role\":\"user\",\"x\":{\"model\":\"smart\",\"stream\":1,\"a\":-0}}], \"stream\": false " +
            ", \"last\":1.0e-00 }\n\n";

    public static TheoryData<string> Lanes => [Vertex, Invoke];

    public static TheoryData<string, string> Clients
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string lane in (string[])[Vertex, Invoke])
            {
                foreach (SpokenProtocol client in (SpokenProtocol[])[.. SpokenProtocol.All, new SpokenVertex(), new SpokenInvoke()])
                {
                    data.Add(lane, client.Name);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Clients_of_every_protocol_are_answered_in_their_own(string lane, string protocol)
    {
        SpokenProtocol client = Of(protocol);
        SpokenProtocol provider = Of(lane);
        await using Scene scene = await Scene.StartAsync(provider);
        scene.Upstream.Always = call => provider.ServeAsync(call, "hello");

        Reply whole = await scene.PostAsync(client);
        Reply streamed = await scene.PostAsync(client, stream: true);

        Assert.Equal(200, whole.Status);
        Assert.Contains("hello", whole.Text, StringComparison.Ordinal);
        Assert.True(client.EndsCleanly(streamed.Text), streamed.Text);
        string text = client is SpokenInvoke ? string.Concat(SpokenInvoke.JsonOf(streamed.Text)) : streamed.Text;
        Assert.Contains("hello", text, StringComparison.Ordinal);
        UpstreamRequest[] asked = [.. scene.Upstream.Requests];
        Assert.Equal([provider.PathOf("wire-0", stream: false), provider.PathOf("wire-0", stream: true)], asked.Select(request => request.Path));
        foreach (UpstreamRequest request in asked)
        {
            JsonElement body = JsonDocument.Parse(request.Text).RootElement;
            Assert.Equal(lane == Vertex ? "vertex-2023-10-16" : "bedrock-2023-05-31", body.GetProperty("anthropic_version").GetString());
            Assert.False(body.TryGetProperty("model", out _));
            Assert.Equal(lane == Vertex && request.Path.Contains("stream", StringComparison.Ordinal),
                body.TryGetProperty("stream", out JsonElement stream) && stream.GetBoolean());
            Assert.Null(request["anthropic-version"]);
            Assert.Equal(Scene.KeyOf(0), provider.CredentialOf(request));
        }

        await scene.ChargedAsync(0, ok: 2);
    }

    [Theory]
    [InlineData(Vertex, "{\"anthropic_version\":\"vertex-2023-10-16\",\"zeta\"")]
    [InlineData(Invoke, "{\"anthropic_version\":\"bedrock-2023-05-31\",\"anthropic_beta\":[\"context-1m-2025-08-07\",\"b\"],\"zeta\"")]
    public async Task A_Messages_body_arrives_byte_for_byte_but_for_what_the_cloud_wants_elsewhere(string lane, string head)
    {
        SpokenProtocol client = Of("anthropic");
        SpokenProtocol provider = Of(lane);
        await using Scene scene = await Scene.StartAsync(provider);
        scene.Upstream.Always = call => provider.ServeAsync(call);

        Reply reply = await scene.PostAsync(client, Odd, message =>
        {
            client.Authorize(message.Headers, Scene.Token);
            message.Headers.TryAddWithoutValidation("anthropic-beta", "context-1m-2025-08-07, b");
        });

        Assert.Equal(200, reply.Status);
        UpstreamRequest request = Assert.Single(scene.Upstream.Requests);
        string expected = Odd.TrimStart()[2..].Replace(" , \"model\" :\t\"sm\\u0061rt\" ,", ",", StringComparison.Ordinal)
            .Replace("\"zeta\"", head, StringComparison.Ordinal);
        if (lane == Invoke)
        {
            expected = expected.Replace(", \"stream\": false , ", ",", StringComparison.Ordinal);
        }

        Assert.Equal(expected, request.Text);
        Assert.Equal(lane == Vertex ? "context-1m-2025-08-07, b" : null, request["anthropic-beta"]);
    }

    private static SpokenProtocol Of(string name) => name switch
    {
        Vertex => new SpokenVertex(),
        Invoke => new SpokenInvoke(),
        _ => SpokenProtocol.Of(name),
    };
}
