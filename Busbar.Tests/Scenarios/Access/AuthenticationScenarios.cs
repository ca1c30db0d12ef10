using System.Net.Sockets;
using System.Text;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Access;

public sealed class AuthenticationScenarios
{
    private const string CallerKey = "sk-ant-api-canary-caller-key";

    public static TheoryData<string> Names => Cases.Names;

    public static TheoryData<string, string> Hops => Cases.Hops;

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("gotcha", "C85")]
    [Trait("gotcha", "C86")]
    [Trait("gotcha", "C87")]
    [Trait("gotcha", "C88")]
    public async Task The_first_carrier_with_a_token_decides(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(spoken);
        scene.Upstream.Always = call => spoken.ServeAsync(call);

        foreach ((bool admitted, (string Name, string Value)[] headers) in ((bool, (string, string)[])[])
        [
            (true, [("Authorization", "Bearer " + Scene.Token)]),
            (true, [("Authorization", "bEaReR " + Scene.Token)]),
            (true, [("x-api-key", Scene.Token)]),
            (true, [("x-goog-api-key", Scene.Token)]),
            (true, [("api-key", Scene.Token)]),
            (true, [("Authorization", "Bearer "), ("x-api-key", Scene.Token)]),
            (true, [("Authorization", "AWS4-HMAC-SHA256 x"), ("x-api-key", Scene.Token)]),
            (false, [("Authorization", "Bearer wrong"), ("x-api-key", Scene.Token)]),
            (false, [("Authorization", Scene.Token)]),
            (false, [("x-api-key", Scene.Token + "x")]),
            (false, [("x-api-key", Scene.Token[..^1])]),
            (false, [("x-api-key", " ")]),
            (false, []),
        ])
        {
            Reply reply = await scene.PostAsync(spoken, change: message =>
            {
                foreach ((string name, string value) in headers)
                {
                    message.Headers.TryAddWithoutValidation(name, value);
                }
            });
            if (admitted)
            {
                Assert.Equal(200, reply.Status);
            }
            else
            {
                spoken.IsEnvelope(reply, 401);
                Scene.SpeaksLikeTheVendor(reply);
            }
        }

        Assert.All(scene.Upstream.Requests, request => Assert.Equal(Scene.KeyOf(0), spoken.CredentialOf(request)));
        MetricsPage page = await scene.MetricsAsync();
        Assert.Equal(6, page["busbar_auth_rejections_total", ("ingress_protocol", spoken.Name)]);
        Assert.Equal(7, page.Sum("busbar_requests_total"));
    }

    [Theory]
    [InlineData("[plain-token-of-sixteen, { token: marked-token-of-sixteen, operator: true }]", 403, 200)]
    [InlineData("[plain-token-of-sixteen, { token: marked-token-of-sixteen, operator: false }]", 200, 200)]
    [InlineData("[plain-token-of-sixteen, marked-token-of-sixteen]", 200, 200)]
    public async Task Where_a_token_is_marked_as_an_operators_no_other_sees_figures(string tokens, int plain, int marked)
    {
        SpokenProtocol spoken = SpokenProtocol.Of("openai");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { Auth = $"{{ mode: token, client_tokens: {tokens} }}" });
        scene.Settles = false;
        scene.Upstream.Always = call => spoken.ServeAsync(call);

        foreach (string path in (string[])["/metrics", "/stats"])
        {
            Assert.Equal((plain, marked, 401), (await StatusAsync(path, "plain-token-of-sixteen"), await StatusAsync(path, "marked-token-of-sixteen"),
                await StatusAsync(path, "wrong")));
        }

        foreach (string token in (string[])["plain-token-of-sixteen", "marked-token-of-sixteen"])
        {
            Assert.Equal(200, (await scene.PostAsync(spoken, change: message => spoken.Authorize(message.Headers, token))).Status);
        }

        async Task<int> StatusAsync(string path, string token) => (await scene.GetAsync(path, token)).Status;
    }

    [Theory]
    [InlineData("bedrock", "\"additionalModelRequestFields\":{\"anthropic_beta\":[\"computer-use-2025-01-24\",\"kept-1\"]},")]
    [InlineData("anthropic", "\"anthropic_beta\":[\"computer-use-2025-01-24\",\"kept-1\"],")]
    public async Task A_beta_that_is_denied_is_left_out_of_bodies_too(string protocol, string betas)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            spoken) { Provider = "allow_private_network: true, deny_betas: [computer-use-2025-01-24]" });
        scene.Upstream.Always = call => spoken.ServeAsync(call);
        string body = spoken.Request(Scene.Pool, false).Replace("\"messages\"", betas + "\"messages\"", StringComparison.Ordinal);

        Assert.Equal(200, (await scene.PostAsync(spoken, body)).Status);

        string sent = scene.Upstream.Requests[^1].Text;
        Assert.Contains("[\"kept-1\"", sent);
        Assert.DoesNotContain("computer-use", sent);
        Assert.Equal(1, (await scene.MetricsAsync()).Sum("busbar_denied_betas_total", "beta", "computer-use-2025-01-24"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("gotcha", "C92")]
    public async Task A_refusal_comes_before_a_byte_of_the_body_is_read(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(spoken);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", scene.Port);

        // Far more than the cap is announced, and none of it sent.
        await socket.SendAsync(Encoding.ASCII.GetBytes($"POST {spoken.Path} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n"));
        byte[] buffer = new byte[4096];
        using var bound = new CancellationTokenSource(Eventually.Bound);
        int read = await socket.ReceiveAsync(buffer, bound.Token);

        Assert.StartsWith($"HTTP/1.1 {spoken.StatusOf(401)} ", Encoding.ASCII.GetString(buffer, 0, read));
    }

    [Theory]
    [Trait("gotcha", "C89")]
    [InlineData("Bearer ", new byte[] { 0xC3, 0xA4, 0xE2, 0x82, 0xAC })]
    [InlineData("Bearer ", new byte[] { 0xFF, 0xFE, 0x80 })]
    [InlineData("", new byte[] { 0xC3, 0x28 })]
    public async Task A_garbled_credential_is_a_401_and_harms_nothing(string scheme, byte[] credential)
    {
        await using Scene scene = await Scene.StartAsync(SpokenProtocol.All[0]);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", scene.Port);
        await socket.SendAsync((byte[])[.. Encoding.ASCII.GetBytes($"GET /stats HTTP/1.1\r\nHost: x\r\nAuthorization: {scheme}"), .. credential,
            .. "\r\n\r\n"u8]);
        byte[] buffer = new byte[4096];
        using var bound = new CancellationTokenSource(Eventually.Bound);
        int read = await socket.ReceiveAsync(buffer, bound.Token);

        Assert.StartsWith("HTTP/1.1 401 ", Encoding.ASCII.GetString(buffer, 0, read));
        Assert.Equal(200, (await scene.GetAsync("/stats")).Status);
    }

    [Fact]
    [Trait("gotcha", "C96")]
    public async Task Only_health_and_the_empty_root_are_open_in_token_mode()
    {
        await using Scene scene = await Scene.StartAsync(SpokenProtocol.All[0]);

        Assert.Equal((200, "ok"), ((await scene.GetAsync("/healthz", token: null)).Status, (await scene.GetAsync("/healthz", token: null)).Text));
        Assert.Equal(200, (await scene.GetAsync("/livez", token: null)).Status);
        foreach (string path in (string[])["/healthz", "/livez"])
        {
            Reply probe = await scene.GetAsync(path, token: null, HttpMethod.Head);
            Assert.Equal((200, ""), (probe.Status, probe.Text));
        }

        Assert.Equal((200, ""), ((await scene.GetAsync("/", token: null)).Status, (await scene.GetAsync("/", token: null)).Text));
        Assert.Equal(200, (await scene.GetAsync("/", token: null, HttpMethod.Head)).Status);
        foreach (string path in (string[])["/stats", "/metrics", "/nowhere", "/healthz/x", "/v1/chat/completions"])
        {
            SpokenProtocol.Of("openai").IsEnvelope(await scene.GetAsync(path, token: null), 401);
        }

        SpokenProtocol.Of("anthropic").IsEnvelope(await scene.GetAsync("/v1/messages", token: null), 401);
        Assert.Equal(200, (await scene.GetAsync("/stats")).Status);
        Assert.Equal(200, (await scene.GetAsync("/metrics")).Status);
    }

    [Theory]
    [InlineData("{ mode: none }")]
    [InlineData("{ mode: ' PASSTHROUGH ' }")]
    [Trait("gotcha", "C97")]
    [Trait("gotcha", "C61")]
    public async Task Figures_are_open_where_nobody_is_checked(string auth)
    {
        await using Scene scene = await Scene.StartAsync(new SceneConfig(SpokenProtocol.All[0]) { Auth = auth });

        Assert.Equal(200, (await scene.GetAsync("/stats", token: null)).Status);
        Assert.Equal(200, (await scene.GetAsync("/metrics", token: null)).Status);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    [Trait("gotcha", "C103")]
    [Trait("gotcha", "C104")]
    [Trait("gotcha", "C105")]
    [Trait("gotcha", "T45")]
    public async Task In_passthrough_mode_the_callers_key_goes_up_and_its_refusal_comes_back(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves, serves) { Auth = "{ mode: passthrough }" });
        string refusal = serves.Error("permission_error", "not yours");
        scene.Upstream.Next(call => serves.ServeAsync(call)).Next(call => call.AnswerAsync(403, refusal))
            .Next(call => call.AnswerAsync(401, refusal));

        Assert.Equal(200, (await scene.PostAsync(speaks, change: message => speaks.Authorize(message.Headers, CallerKey))).Status);
        Reply forbidden = await scene.PostAsync(speaks, change: message => speaks.Authorize(message.Headers, CallerKey));
        Reply anonymous = await scene.PostAsync(speaks, change: message => { });

        Assert.Equal([CallerKey, CallerKey, null], scene.Upstream.Requests.Select(serves.CredentialOf));
        Assert.All(scene.Upstream.Requests, request => Assert.DoesNotContain(
            request.Headers, header => header.Value.Contains("provider-key", StringComparison.Ordinal)));
        Assert.Equal((403, speaks is SpokenBedrock && serves != speaks ? 403 : 401), (forbidden.Status, anonymous.Status));
        Assert.Contains("not yours", forbidden.Text);
        Assert.True(speaks != serves || forbidden.Text == refusal);
        Assert.Empty(scene.Upstreams[1].Requests);
        await scene.ChargedAsync(0, ok: 1);
        Assert.Equal(0, (await scene.LaneAsync()).Cooldown);
    }

    [Fact]
    public async Task In_passthrough_mode_a_callers_own_aws_signature_goes_on_unchanged()
    {
        const string Body = """{ "messages":[{"role":"user","content":[{"text":"hi"}]}] }""";
        await using Scene scene = await Scene.StartAsync(new SceneConfig(new SpokenBare("bedrock")) { Auth = "{ mode: passthrough }" });
        scene.Upstream.Always = call => call.AnswerAsync(200,
            """{"output":{"message":{"role":"assistant","content":[{"text":"hi"}]}},"stopReason":"end_turn","usage":{"inputTokens":""" +
            """1,"outputTokens":1,"totalTokens":2}}""");
        (string Name, string Value)[] signed =
        [
            ("Authorization",
                "AWS4-HMAC-SHA256 Credential=AKIAX/20261122/us-east-1/bedrock/aws4_request, " +
                "SignedHeaders=amz-sdk-request;connection;content-type;host;x-amz-date;x-amz-security-token, Signature=00ff"),
            ("x-amz-date", "20261122T120000Z"),
            ("x-amz-security-token", "session"),
            ("amz-sdk-request", "attempt=1"),
        ];
        using var message = new HttpRequestMessage(HttpMethod.Post, "/model/m0/converse") { Content =
            new StringContent(Body, null, "application/json") };
        foreach ((string name, string value) in signed)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        Assert.Equal(200, (int)(await scene.Client.SendAsync(message)).StatusCode);

        UpstreamRequest request = Assert.Single(scene.Upstream.Requests);
        Assert.Equal(Body, request.Text);
        Assert.All(signed, header => Assert.Equal(header.Value, request[header.Name]));
        Assert.Null(request["Connection"]);
    }
}
