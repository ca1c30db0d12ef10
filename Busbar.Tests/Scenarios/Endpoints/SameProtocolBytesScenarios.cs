using System.Text;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Endpoints;

/// <summary>Between a client and a provider of one protocol nothing changes but the model's name.</summary>
public sealed class SameProtocolBytesScenarios
{
    /// <summary>Everything that a re-serialisation would lose.</summary>
    private const string Odd =
        "\r\n {\t\"zeta\" : [ ] , \"temperature\":1.0e-00, \"model\" :\t\"sm\\u0061rt\" " +
            ",\"max_tokens\":64,\"n\u00e4me\":\"\\u00e4\\/\\ud83d\\ude00\u20ac\",\n"
        + "\"messages\":[{\"content\":\"h\\u0069\",\"role\":\"user\",\"x\":{\"model\":\"smart\",\"a\":-0,\"b\":1E+2,\"c\":" +
            "123456789012345678901234567890}}],"
        + "\"twice\":1,\"twice\":{\"twice\":null}, \"stream\": false }\n\n";

    public static TheoryData<string> Names => Cases.Names;

    public static TheoryData<string, bool> Forms => Cases.Forms;

    [Theory]
    [MemberData(nameof(Forms))]
    [Trait("lesson", "1")]
    public async Task A_request_arrives_byte_for_byte_but_for_the_model(string protocol, bool chunked)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { IsTls = false });
        scene.Upstream.Always = call => spoken.ServeAsync(call);
        string body = spoken.ModelInPath ? Odd.Replace("\"model\" :\t\"sm\\u0061rt\" ,", "", StringComparison.Ordinal) : Odd;
        using var message = Scene.Message(spoken, new ByteArrayContent(Encoding.UTF8.GetBytes(body)));
        message.Headers.TransferEncodingChunked = chunked;

        Assert.Equal(200, (await scene.ReadAsync(await scene.Client.SendAsync(message))).Status);

        UpstreamRequest request = Assert.Single(scene.Upstream.Requests);
        Assert.Equal(body.Replace("\"sm\\u0061rt\"", "\"wire-0\"", StringComparison.Ordinal), request.Text);
        Assert.Equal(("POST", spoken.PathOf("wire-0", stream: false)), (request.Method, request.Path));
        Assert.Equal(request.Body.Length.ToString(), request["Content-Length"]);
    }

    [Fact]
    [Trait("gotcha", "T9")]
    public async Task A_request_of_Anthropic_without_a_limit_goes_to_Anthropic_without_one()
    {
        SpokenProtocol spoken = SpokenProtocol.Of("anthropic");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { IsTls = false });
        scene.Upstream.Always = call => spoken.ServeAsync(call);

        await scene.PostAsync(spoken, """{"model":"smart","messages":[{"role":"user","content":"hi"}]}""");

        Assert.Equal("""{"model":"wire-0","messages":[{"role":"user","content":"hi"}]}""", Assert.Single(scene.Upstream.Requests).Text);
    }

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("gotcha", "T56")]
    public async Task A_whole_answer_arrives_byte_for_byte_with_the_vendors_headers_and_no_others(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        string idHeader = spoken.RequestIdHeader ?? "x-request-id";
        string odd = Odd.TrimEnd()[..^1] + ", " + spoken.Answer("hi").TrimStart()[1..] + "\n\n";
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { IsTls = false });
        scene.Upstream.Next(call => call.AnswerAsync(
            200,
            Encoding.UTF8.GetBytes(odd),
            "application/json; charset=utf-8",
            (idHeader, "vendor-1"),
            ("x-ratelimit-remaining-requests", "9"),
            ("anthropic-ratelimit-tokens-remaining", "8"),
            ("openai-processing-ms", "12"),
            ("Set-Cookie", "session=1"),
            ("Server", "vendor"),
            ("Via", "1.1 vendor"),
            ("X-Powered-By", "vendor"),
            ("Alt-Svc", "h3"),
            ("Access-Control-Allow-Origin", "*")));

        Reply reply = await scene.PostAsync(spoken);

        Assert.Equal((200, odd), (reply.Status, reply.Text));
        Assert.Equal(
            ((string[])["anthropic-ratelimit-tokens-remaining", "content-length", "content-type", "date", "openai-processing-ms", idHeader,
                "x-ratelimit-remaining-requests"]).Order(),
            reply.Headers.Keys.Select(name => name.ToLowerInvariant()).Order());
        Assert.Equal(("vendor-1", "application/json; charset=utf-8"), (reply[idHeader], reply["Content-Type"]));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_large_answer_arrives_byte_for_byte(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { IsTls = false });
        string answer = spoken.Answer(new string('\u00e4', 1_500_000));
        scene.Upstream.Next(call => call.AnswerAsync(200, answer)).Next(async call =>
        {
            await call.BeginAsync("application/json");
            foreach (char[] piece in answer.Chunk(70_001))
            {
                await call.ChunkAsync(new string(piece));
            }

            await call.EndAsync();
        });

        Assert.Equal(answer, (await scene.PostAsync(spoken)).Text);
        Assert.Equal(answer, (await scene.PostAsync(spoken)).Text);
        await scene.ChargedAsync(0, ok: 2);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_stream_arrives_byte_for_byte_wherever_it_is_cut(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { IsTls = false });
        string stream = spoken is SpokenBedrock
            ? string.Concat(spoken.Stream("h\\u0069 \u20ac\ud83d\ude00"))
            : ": a comment\n\n" + string.Concat(spoken.Stream("h\\u0069 \u20ac\ud83d\ude00")).Replace("\n\n", "\r\n\r\n", StringComparison.Ordinal);
        byte[] bytes = StreamText.EncodingOf(spoken.StreamContentType).GetBytes(stream);
        int step = 1;
        scene.Upstream.Always = async call =>
        {
            await call.BeginAsync(headers: ("x-request-id", "vendor-1"));
            foreach (byte[] piece in bytes.Chunk(Volatile.Read(ref step)))
            {
                await call.RawAsync((byte[])[.. Encoding.ASCII.GetBytes($"{piece.Length:x}\r\n"), .. piece, .. "\r\n"u8]);
            }

            await call.EndAsync();
        };

        foreach (int size in (int[])[1, 2, 3, 7, 50, 100_000])
        {
            Volatile.Write(ref step, size);
            Reply reply = await scene.PostAsync(spoken, stream: true);
            Assert.Equal(stream, reply.Text);
            Assert.Equal((spoken.StreamContentType, "vendor-1", "no-cache"), (reply["Content-Type"], reply["x-request-id"], reply["Cache-Control"]));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Of_a_clients_headers_only_the_vendors_own_go_up(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { IsTls = false });
        scene.Upstream.Always = call => spoken.ServeAsync(call);
        (string Name, string Value)[] own = spoken.Name switch
        {
            "anthropic" => [("anthropic-version", "2024-10-22"), ("anthropic-beta", "a-1,b-2")],
            "gemini" => [("x-goog-api-client", "gl-python/3")],
            "bedrock" => [("x-amzn-bedrock-guardrailidentifier", "g-1"), ("x-amzn-bedrock-trace", "ENABLED")],
            "cohere" => [("x-client-name", "c-1")],
            _ => [("OpenAI-Beta", "x=v1"), ("Idempotency-Key", "k-1")],
        };

        await scene.PostAsync(spoken, change: message =>
        {
            foreach ((string name, string value) in ((string, string)[])
            [
                .. own, ("x-client-request-id", "c-1"),
                ("Authorization", "Bearer " + Scene.Token), ("x-api-key", "canary-second"), ("x-goog-api-key", "canary-third"),
                ("api-key", "canary-fourth"),
                ("Cookie", "canary=1"), ("X-Forwarded-For", "10.0.0.1"), ("X-Forwarded-Host", "inside"), ("Forwarded", "for=10.0.0.1"),
                ("X-Real-IP", "10.0.0.1"),
                ("Via", "1.1 inside"), ("Referer", "http://inside/"), ("Origin", "http://inside"), ("Accept-Encoding", "gzip"), ("x-session-id", "s"),
                ("X-Custom", "x"),
                ("User-Agent", "inside/1"),

                // These name an account: whose they are is the gateway's to say, not the client's.
                ("OpenAI-Organization", "org-1"), ("OpenAI-Project", "proj-1"), ("x-goog-user-project", "p-1"),
            ])
            {
                message.Headers.TryAddWithoutValidation(name, value);
            }
        });

        UpstreamRequest request = Assert.Single(scene.Upstream.Requests);
        string credential = spoken.Name switch
        {
            "anthropic" => "x-api-key",
            "gemini" => "x-goog-api-key",
            _ => "Authorization",
        };
        Assert.Equal(
            ((string[])["Accept", "Content-Length", "Content-Type", credential, "Host", "User-Agent", "x-client-request-id",
                .. own.Select(header => header.Name)]).Order(StringComparer.OrdinalIgnoreCase),
            request.Headers.Select(header => header.Key).Order(StringComparer.OrdinalIgnoreCase));
        Assert.All(own, header => Assert.Equal(header.Value, request[header.Name]));
        Assert.Equal(Scene.KeyOf(0), spoken.CredentialOf(request));
        Assert.StartsWith("busbar/", request["User-Agent"], StringComparison.Ordinal);
    }
}
