using System.Text.Json;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Endpoints;

/// <summary>What is particular to Gemini's paths: versions, and two forms of a stream.</summary>
public sealed class GeminiPathScenarios
{
    private const string Body = """{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}""";

    [Theory]
    [InlineData("/v1beta/models/smart:generateContent", "/v1beta/models/wire-0:generateContent")]
    [InlineData("/v1/models/smart:generateContent?key=1", "/v1/models/wire-0:generateContent")]
    [InlineData("/smart/v1alpha/models/x:generateContent?x=y", "/v1alpha/models/wire-0:generateContent")]
    [InlineData("/models/smart:generateContent", "/v1beta/models/wire-0:generateContent")]
    [Trait("gotcha", "T170")]
    public async Task The_version_of_the_path_goes_on_and_the_query_does_not(string path, string upstreamPath)
    {
        await using Scene scene = await Scene.StartAsync(new SceneConfig(new SpokenBare("gemini")));
        scene.Upstream.Always = call => call.AnswerAsync(200, Chunk("hello", last: true));

        Assert.Equal(200, (await scene.SendAsync(HttpMethod.Post, path, Body)).Status);
        Assert.Equal((upstreamPath, Body), (scene.Upstream.Requests[0].Path, scene.Upstream.Requests[0].Text));
    }

    [Theory]
    [InlineData("gemini", "openai")]
    [InlineData("gemini", "gemini")]
    [InlineData("bedrock", "openai")]
    [InlineData("bedrock", "bedrock")]
    [Trait("gotcha", "C125")]
    public async Task A_model_or_stream_in_the_body_decides_nothing_where_the_path_says_both(string client, string provider)
    {
        SpokenProtocol from = SpokenProtocol.Of(client), to = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(to);
        scene.Upstream.Always = call => to.ServeAsync(call);
        string body = from.Request("smart", stream: false);
        string marked = body[..^1] + ",\"model\":\"elsewhere\",\"stream\":true,\"array\":true,\"alt\":\"sse\"}";

        Assert.Equal(200, (await scene.PostAsync(from, body)).Status);
        Reply reply = await scene.PostAsync(from, marked);

        Assert.Equal((200, "application/json"), (reply.Status, reply["Content-Type"]));
        UpstreamRequest plain = scene.Upstream.Requests[0], arrived = scene.Upstream.Requests[1];
        Assert.Equal((to.PathOf("wire-0", stream: false), false), (arrived.Path, to.IsStream(plain)));
        Assert.Equal(from == to ? marked.Replace("\"elsewhere\"", from.Name == "gemini" ? "\"models/wire-0\"" : "\"elsewhere\"") : plain.Text,
            arrived.Text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("gotcha", "T168")]
    public async Task A_stream_has_the_form_that_was_asked_for_byte_for_byte(bool sse)
    {
        await using Scene scene = await Scene.StartAsync(new SceneConfig(new SpokenBare("gemini")));
        string stream = sse
            ? $"data: {Chunk("a")}\r\n\r\ndata: {Chunk("b", last: true)}\r\n\r\n"
            : $"[{Chunk("a")}\n,\r\n{Chunk("b")}\n,\n {Chunk("c", last: true)}\n]\n";
        int size = 1;
        scene.Upstream.Always = async call =>
        {
            await call.BeginAsync(sse ? "text/event-stream" : "application/json; charset=UTF-8");
            foreach (char[] piece in stream.Chunk(Volatile.Read(ref size)))
            {
                await call.ChunkAsync(new string(piece));
            }

            await call.EndAsync();
        };
        foreach (int step in (int[])[1, 7, 100, 100_000])
        {
            Volatile.Write(ref size, step);
            Reply reply = await scene.SendAsync(HttpMethod.Post, "/v1/models/smart:streamGenerateContent" + (sse ? "?alt=sse" : ""), Body);

            Assert.Equal(stream.TrimEnd('\n', '\r'), reply.Text.TrimEnd('\n', '\r'));
            Assert.Equal(sse ? "text/event-stream" : "application/json; charset=UTF-8", reply["Content-Type"]);
        }

        Assert.Equal("/v1/models/wire-0:streamGenerateContent" + (sse ? "?alt=sse" : ""), scene.Upstream.Requests[0].Path);
        Assert.Equal(sse ? "text/event-stream" : "application/json", scene.Upstream.Requests[0]["Accept"]);
        await scene.ChargedAsync(0, ok: 4);
    }

    [Fact]
    public async Task An_array_that_breaks_off_ends_as_an_array_with_the_error_in_it()
    {
        await using Scene scene = await Scene.StartAsync(new SceneConfig(new SpokenBare("gemini")));
        scene.Upstream.Always = async call =>
        {
            await call.BeginAsync("application/json");
            await call.ChunkAsync($"[{Chunk("a")}");
            await call.ChunkAsync(",{\"candidates\":[{\"con");
            call.Reset();
        };

        Reply reply = await scene.SendAsync(HttpMethod.Post, "/v1beta/models/smart:streamGenerateContent", Body);

        Assert.Equal(2, reply.Json.GetArrayLength());
        Assert.InRange(reply.Json[1].GetProperty("error").GetProperty("code").GetInt32(), 400, 599);
    }

    [Fact]
    public async Task An_array_that_opens_with_an_error_is_a_failover()
    {
        await using Scene scene = await Scene.StartAsync(new SceneConfig(new SpokenBare("gemini"), new SpokenBare("gemini")));
        scene.Upstreams[0].Always = async call =>
        {
            await call.BeginAsync("application/json");
            await call.ChunkAsync("""[{"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}}]""");
            await call.EndAsync();
        };
        scene.Upstreams[1].Always = async call =>
        {
            await call.BeginAsync("application/json");
            await call.ChunkAsync($"[{Chunk("a", last: true)}]");
            await call.EndAsync();
        };

        Assert.Equal($"[{Chunk("a", last: true)}]", (await scene.SendAsync(HttpMethod.Post, "/v1beta/models/smart:streamGenerateContent", Body))
            .Text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("gotcha", "T168")]
    public async Task A_translated_stream_has_the_form_that_was_asked_for(bool sse)
    {
        var provider = new SpokenOpenAI();
        await using Scene scene = await Scene.StartAsync(provider);
        scene.Upstream.Always = call => provider.ServeAsync(call);

        Reply reply = await scene.SendAsync(HttpMethod.Post, "/v1beta/models/smart:streamGenerateContent" + (sse ? "?alt=sse" : ""), Body);

        Assert.Equal(sse ? "text/event-stream" : "application/json", reply["Content-Type"]);
        string[] chunks = sse ? [.. reply.Text.Split("data: ", StringSplitOptions.RemoveEmptyEntries)]
            : [.. reply.Json.EnumerateArray().Select(element => element.GetRawText())];
        Assert.Equal("hello", string.Concat(chunks.Select(TextOf)));
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("anthropic")]
    [Trait("gotcha", "T170")]
    public async Task The_form_of_the_stream_is_no_business_of_another_protocols_provider(string protocol)
    {
        SpokenProtocol provider = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(provider);
        scene.Upstream.Always = call => provider.ServeAsync(call);

        await scene.SendAsync(HttpMethod.Post, "/v1beta/models/smart:streamGenerateContent", Body);
        await scene.SendAsync(HttpMethod.Post, "/v1beta/models/smart:streamGenerateContent?alt=sse", Body);

        Assert.Equal(scene.Upstream.Requests[0].Text, scene.Upstream.Requests[1].Text);
        Assert.Equal((provider.Path, provider.Path), (scene.Upstream.Requests[0].Path, scene.Upstream.Requests[1].Path));
        Assert.Contains("\"stream\":true", scene.Upstream.Requests[0].Text);
        Assert.DoesNotContain("array", scene.Upstream.Requests[0].Text, StringComparison.OrdinalIgnoreCase);
    }

    private static string TextOf(string chunk)
    {
        using JsonDocument document = JsonDocument.Parse(chunk);
        return document.RootElement.GetProperty("candidates")[0].TryGetProperty("content", out JsonElement content)
            && content.TryGetProperty("parts", out JsonElement parts)
            ? string.Concat(parts.EnumerateArray().Select(part => part.GetProperty("text").GetString()))
            : "";
    }

    private static string Chunk(string text, bool last = false) =>
        $$"""{"candidates": [{"content": {"parts": """ +
            $$"""[{"text": "{{text}}"}],"role": "model"}{{(last ? ",\"finishReason\": \"STOP\"" : "")}},"index": 0}]}""";
}
