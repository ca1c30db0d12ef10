using System.Net;
using System.Text;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Connections;

/// <summary>Requests that are refused, in the words of the client's own vendor, before any provider hears of them.</summary>
public sealed class BadInputScenarios
{
    private const int MaxBody = 32 * 1024 * 1024;

    public static TheoryData<string> Names => Cases.Names;

    public static TheoryData<string, string> Bodies
    {
        get
        {
            var data = new TheoryData<string, string>();
            string[] malformed =
            [
                "", " ", "{", "nonsense", "[]", "null", "\"text\"", "{\"model\":\"smart\"", "{\"model\":\"smart\",}", "{\"model\":\"smart\"} x",
                "{\"model\":\"smart\",\"messages\":[\"\u0001\"]}",
            ];
            string[] nameless = ["{}", "{\"model\":\"\"}", "{\"model\":7}", "{\"model\":null}", "{\"model\":[\"smart\"]}",
                "{\"model\":\"smart\",\"model\":\"smart\"}"];
            foreach (SpokenProtocol spoken in SpokenProtocol.All)
            {
                foreach (string body in spoken.ModelInPath ? malformed : [.. malformed, .. nameless])
                {
                    data.Add(spoken.Name, body);
                }
            }

            return data;
        }
    }

    [Fact]
    [Trait("gotcha", "C114")]
    [Trait("gotcha", "C115")]
    [Trait("gotcha", "C116")]
    public async Task A_body_that_is_no_request_is_a_native_400_without_parser_text()
    {
        await using Scene scene = await Scene.StartAsync(SpokenProtocol.All[0]);
        int requests = 0;
        foreach (object[] row in Bodies)
        {
            (SpokenProtocol spoken, string body) = (SpokenProtocol.Of((string)row[0]), (string)row[1]);

            Reply reply = await scene.PostAsync(spoken, body);

            spoken.IsEnvelope(reply, 400);
            Scene.SpeaksLikeTheVendor(reply);
            Assert.DoesNotContain("LineNumber", reply.Text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("nonsense", reply.Text);
            await scene.CountedAsync("client_error", ++requests);
        }

        MetricsPage page = await scene.MetricsAsync();
        Assert.Equal(requests, page.Sum("busbar_requests_total", "pool", "unresolved"));
        await scene.ChargedAsync(0);
    }

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("gotcha", "C121")]
    public async Task Nesting_is_refused_from_one_level_beyond_the_limit_however_deep(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(spoken);
        scene.Upstream.Always = call => spoken.ServeAsync(call);

        foreach (int depth in (int[])[129, 200, 10_000, 1_000_000])
        {
            spoken.IsEnvelope(await scene.PostAsync(spoken, Nested(depth, Scene.Pool)), 400);
        }

        Assert.Equal(200, (await scene.PostAsync(spoken, Nested(128, Scene.Pool))).Status);
        Assert.Equal(Nested(128, "wire-0"), Assert.Single(scene.Upstream.Requests).Text);

        string Nested(int depth, string model) => (spoken.ModelInPath ? "{\"deep\":" : $"{{\"model\":\"{model}\",\"deep\":")
            + new string('[', depth - 1) + new string(']', depth - 1) + "}";
    }

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("gotcha", "C110")]
    [Trait("gotcha", "C111")]
    [Trait("gotcha", "T39")]
    public async Task A_body_of_exactly_the_cap_passes_and_one_byte_more_is_a_native_413_declared_or_not(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(spoken);
        scene.Upstream.Always = call => call.AnswerAsync(200, spoken.Answer("hello"));

        Assert.Equal(200, (await PostAsync(MaxBody, chunked: false)).Status);
        Assert.Equal(200, (await PostAsync(MaxBody, chunked: true)).Status);
        spoken.IsEnvelope(await PostAsync(MaxBody + 1, chunked: false), 413);
        spoken.IsEnvelope(await PostAsync(MaxBody + 1, chunked: true), 413);

        int sent = spoken.ModelInPath ? MaxBody : MaxBody + 1;
        Assert.Equal([sent, sent], scene.Upstream.Requests.Select(request => request.Body.Length));
        await scene.SettledAsync();
        Assert.Equal(2, (await scene.MetricsAsync()).Sum("busbar_requests_total", "outcome", "client_error"));

        async Task<Reply> PostAsync(int size, bool chunked)
        {
            byte[] body = new byte[size];
            body.AsSpan().Fill((byte)' ');
            Encoding.UTF8.GetBytes(spoken.Request(Scene.Pool, stream: false)).CopyTo(body, 0);
            using var message = Scene.Message(spoken, new ByteArrayContent(body));
            message.Headers.TransferEncodingChunked = chunked;

            // A refused client must not go on sending: it asks first, as HTTP libraries do with large bodies.
            message.Headers.ExpectContinue = size > MaxBody && !chunked;
            return await scene.ReadAsync(await scene.Client.SendAsync(message));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("gotcha", "C117")]
    [Trait("gotcha", "C246")]
    [Trait("gotcha", "T42")]
    public async Task Unknown_models_are_a_native_404_and_leave_no_trace_in_labels(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(spoken);
        var random = new Random(117);

        // The first brings the series of requests that name no pool.
        await scene.PostAsync(spoken, model: "model-0");
        string[] before = [.. (await scene.MetricsAsync()).Series];
        for (int request = 2; request <= 200; request++)
        {
            Reply reply = await scene.PostAsync(spoken, model: $"model-{random.Next():x}");
            spoken.IsEnvelope(reply, 404, "model_not_found");
            Scene.SpeaksLikeTheVendor(reply);
        }

        MetricsPage page = await scene.MetricsAsync();
        Assert.Equal(before, page.Series);
        Assert.Equal(200, page["busbar_requests_total", ("ingress_protocol", spoken.Name), ("pool", "unresolved"), ("outcome", "client_error")]);
    }

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("gotcha", "C113")]
    [Trait("gotcha", "T40")]
    public async Task A_wrong_method_and_a_wrong_path_are_native_errors(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(spoken);

        Reply method = await scene.GetAsync(spoken.Path);
        spoken.IsEnvelope(method, 405);
        Assert.Equal("POST", method["Allow"]);
        Reply path = await scene.GetAsync("/v1/nothing");
        SpokenProtocol.Of("openai").IsEnvelope(path, 404);
        Scene.SpeaksLikeTheVendor(path);
    }

    [Theory]
    [InlineData("7fffffff0\r\n")]
    [InlineData("FFFFFFFFFFFFFFFFFFFF\r\n{}")]
    [InlineData("nonsense\r\n")]
    [InlineData("-1\r\n")]
    public async Task A_chunk_whose_size_is_no_number_or_beyond_all_is_a_native_400(string body)
    {
        await using Scene scene = await Scene.StartAsync(SpokenProtocol.All[0]);
        foreach (SpokenProtocol spoken in SpokenProtocol.All)
        {
            using RawConnection connection = await RawConnection.OpenAsync(scene.Port);
            await connection.SendAsync(Encoding.ASCII.GetBytes(
                $"POST {spoken.Path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {Scene.Token}\r\nTransfer-Encoding: chunked\r\n\r\n{body}"));

            Reply? reply = await connection.ReadAsync();

            Assert.NotNull(reply);
            spoken.IsEnvelope(reply, 400);
            Scene.SpeaksLikeTheVendor(reply);
        }

        await scene.CountedAsync("client_error", SpokenProtocol.All.Length);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Any_content_type_is_read_as_json(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(spoken);
        scene.Upstream.Always = call => spoken.ServeAsync(call);
        using var message = Scene.Message(spoken, new StringContent(spoken.Request(Scene.Pool, stream: false)));
        message.Content!.Headers.ContentType = null;

        Assert.Equal(HttpStatusCode.OK, (await scene.Client.SendAsync(message)).StatusCode);
        Assert.Equal("application/json", scene.Upstream.Requests[0]["Content-Type"]);
    }
}
