using System.Text.Json;
using Busbar.Oidc;
using Busbar.Tests.Oidc;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Access;

/// <summary>Callers with tokens of an issuer in place of keys, and with their own credential beside a key.</summary>
public sealed class TokenScenarios : IAsyncDisposable
{
    private const string AdminToken = "canary-admin-token-77";

    private static readonly SpokenProtocol OpenAI = SpokenProtocol.Of("openai");

    private readonly string _directory = Directory.CreateTempSubdirectory("busbar-tokens-").FullName;
    private readonly ScriptedUpstream _keys = ScriptedUpstream.Start();
    private readonly TestIssuer _issuer = new();

    public TokenScenarios() => _keys.Always = call => call.AnswerAsync(200, _issuer.Jwks);

    public static TheoryData<string> Names => Cases.Names;

    public async ValueTask DisposeAsync()
    {
        await _keys.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_token_admits_wherever_its_protocol_shows_keys_and_a_wrong_one_gets_the_protocols_401(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await StartAsync(spoken);
        scene.Upstream.Always = call => spoken.ServeAsync(call);

        foreach (string header in (string[])["Authorization", "x-api-key", "x-goog-api-key", "api-key"])
        {
            Assert.Equal(200, (await SendAsync(Token())).Status);
            foreach (string wrong in (string[])[Token("""{"alg":"none","kid":"r1"}"""), Token("""{"alg":"HS256","kid":"r1"}"""),
                Token("""{"alg":"RS256","kid":"r1","crit":["x"]}"""), Token(issuer: "https://evil.example")])
            {
                Reply refused = await SendAsync(wrong);
                spoken.IsEnvelope(refused, 401);
                Scene.SpeaksLikeTheVendor(refused);
            }

            Task<Reply> SendAsync(string token) => scene.PostAsync(
                spoken, change: message => message.Headers.TryAddWithoutValidation(header, header == "Authorization" ? "Bearer " + token : token));
        }

        Assert.All(scene.Upstream.Requests, request => Assert.Equal(Scene.KeyOf(0), spoken.CredentialOf(request)));
        MetricsPage page = await scene.MetricsAsync();
        Assert.Equal(4, page["busbar_token_rejections_total", ("reason", "token_unsigned")]);
        Assert.Equal(4, page["busbar_token_rejections_total", ("reason", "token_algorithm")]);
        Assert.Equal(4, page["busbar_token_rejections_total", ("reason", "token_issuer")]);
        Assert.Equal(1, page.Sum("busbar_jwks_fetches_total", "result", "ok"));
        Assert.Single(_keys.Requests);
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("reason=token_unsigned", StringComparison.Ordinal), "reason=token_unsigned");
    }

    [Fact]
    public async Task A_subject_has_usage_limits_and_the_group_of_its_token_and_stops_when_it_is_disabled()
    {
        await using Scene scene = await StartAsync(OpenAI, "group_claim: roles, groups: { dev: org/team }, rpm_limit: 3, pools_claim: llm");
        scene.Upstream.Always = call => OpenAI.ServeAsync(call);
        string org = (await AdminAsync(scene, HttpMethod.Post, "/admin/groups", """{"name":"org"}""", 201)).GetProperty("id").GetString()!;
        string team = (await AdminAsync(
            scene, HttpMethod.Post, "/admin/groups",
            $$"""{"name":"team","parent_id":"{{org}}","limits":[{"kind":"requests","window":"day","max":4}]}""", 201)).GetProperty("id").GetString()!;
        string alice = Token(more: ""","roles":["dev"],"llm":["smart"]"""), bob = Token(more: ""","roles":["dev"],"llm":"smart" """, subject: "bob");

        Assert.Equal("200 200 200 429", await StatusesAsync(alice, alice, alice, alice));
        Assert.Equal("200 429", await StatusesAsync(bob, bob));
        Assert.Equal(401, await StatusAsync(Token(more: ""","roles":["sales"],"llm":["smart"]""")));
        Assert.Equal(401, await StatusAsync(Token(more: ""","roles":["dev"]""")));
        Assert.Equal(403, await StatusAsync(Token(more: ""","roles":["dev"],"llm":["m0"]""", subject: "carol")));

        JsonElement keys = (await AdminAsync(scene, HttpMethod.Get, "/admin/keys", null, 200)).GetProperty("keys");
        JsonElement key = keys.EnumerateArray().Single(key => key.GetProperty("name").GetString() == "alice");
        Assert.Equal((team, 3, TestIssuer.Name), (key.GetProperty("group_id").GetString(), key.GetProperty("rpm_limit").GetInt32(),
            key.GetProperty("labels").GetProperty("issuer").GetString()));
        JsonElement usage = await AdminAsync(scene, HttpMethod.Get, "/admin/usage?group_by=label&label=subject", null, 200);
        Assert.Equal(["alice/3", "bob/1"], usage.GetProperty("usage").EnumerateArray()
            .Select(row => $"{row.GetProperty("label").GetString()}/{row.GetProperty("requests").GetInt32()}"));

        await AdminAsync(scene, HttpMethod.Patch, $"/admin/keys/{key.GetProperty("id").GetString()}", """{"enabled":false}""", 200);
        Assert.Equal(401, await StatusAsync(alice));
        Assert.Equal(1, (await scene.MetricsAsync())["busbar_token_rejections_total", ("reason", "token_disabled")]);

        async Task<int> StatusAsync(string token) => (await scene.PostAsync(OpenAI, change: message => OpenAI.Authorize(message.Headers, token)))
            .Status;

        async Task<string> StatusesAsync(params string[] tokens)
        {
            List<int> statuses = [];
            foreach (string token in tokens)
            {
                statuses.Add(await StatusAsync(token));
            }

            return string.Join(' ', statuses);
        }
    }

    [Fact]
    public async Task A_changed_key_of_the_issuer_is_found_and_one_that_hangs_holds_up_nobody_else()
    {
        await using Scene scene = await StartAsync(OpenAI);
        scene.Upstream.Always = call => OpenAI.ServeAsync(call);
        string first = Token();
        Assert.Equal(200, await StatusAsync(first));
        _issuer.RsaId = "r2";
        Assert.Equal(200, await StatusAsync(Token()));

        var hangs = new TaskCompletionSource();
        _keys.Always = _ => hangs.Task;
        _issuer.RsaId = "r3";
        Task<int> waits = StatusAsync(Token());
        await _keys.ArrivedAsync(3);
        Assert.Equal((200, 200), (await StatusAsync(first), await StatusAsync(first)));
        Assert.Equal(401, await waits);
        hangs.SetResult();

        async Task<int> StatusAsync(string token) => (await scene.PostAsync(OpenAI, change: message => OpenAI.Authorize(message.Headers, token)))
            .Status;
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/stats")]
    public async Task A_token_shows_no_figures_however_often_it_comes(string path)
    {
        await using Scene scene = await StartAsync(OpenAI);
        string token = Token();

        Assert.Equal((403, 403), ((await scene.GetAsync(path, token)).Status, (await scene.GetAsync(path, token)).Status));
        Assert.Equal(200, (await scene.GetAsync("/v1/models", token)).Status);
        Assert.Equal(401, (await scene.GetAsync(path, Token(issuer: "https://evil.example"))).Status);
    }

    [Fact]
    public async Task A_token_of_a_megabyte_is_refused_and_harms_nothing()
    {
        await using Scene scene = await StartAsync(OpenAI);
        scene.Upstream.Always = call => OpenAI.ServeAsync(call);
        Reply refused = await scene.PostAsync(OpenAI, change: message
            => OpenAI.Authorize(message.Headers, $"eyJ{new string('a', JwtReader.MaxLength)}.a.a"));
        OpenAI.IsEnvelope(refused, 401);
        int status = await HugeAsync();
        Assert.True(status is 0 or 401 or 431, $"{status}");
        Assert.Equal(200, (await scene.PostAsync(OpenAI, change: message => OpenAI.Authorize(message.Headers, Token()))).Status);

        async Task<int> HugeAsync()
        {
            try
            {
                return (await scene.PostAsync(OpenAI, change: message => OpenAI.Authorize(message.Headers, $"eyJ{new string('a', 1 << 20)}.a.a")))
                    .Status;
            }
            catch (HttpRequestException)
            {
                // The server closes while it is still being sent.
                return 0;
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task In_passthrough_a_virtual_key_governs_and_the_callers_own_credential_goes_to_the_provider(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await StartAsync(spoken, auth: "mode: passthrough, ");
        scene.Upstream.Always = call => spoken.ServeAsync(call);
        JsonElement made = await AdminAsync(scene, HttpMethod.Post, "/admin/keys", """{"name":"team","rpm_limit":2}""", 201);
        string secret = made.GetProperty("secret").GetString()!;

        foreach (string? key in (string?[])[null, "", "wrong", "sk-bb-wrong"])
        {
            Reply refused = await PostAsync(key, "sk-own-canary");
            spoken.IsEnvelope(refused, 401);
            Scene.SpeaksLikeTheVendor(refused);
        }

        Assert.Equal((200, 200), ((await PostAsync(secret, "sk-own-canary-1")).Status, (await PostAsync(secret, "sk-own-canary-2")).Status));
        Assert.Equal(429, (await PostAsync(secret, "sk-own-canary")).Status);
        Assert.Equal(200, (await PostAsync(Token(), secret)).Status);

        Assert.Equal(["sk-own-canary-1", "sk-own-canary-2"], scene.Upstream.Requests.Take(2).Select(request => spoken.CredentialOf(request)));
        Assert.All(scene.Upstream.Requests, request =>
        {
            Assert.DoesNotContain(secret, request.Text + string.Join('\n', request.Headers), StringComparison.Ordinal);
            Assert.DoesNotContain("x-busbar", string.Join('\n', request.Headers), StringComparison.OrdinalIgnoreCase);
        });
        JsonElement usage = await AdminAsync(scene, HttpMethod.Get, $"/admin/keys/{made.GetProperty("id").GetString()}/usage", null, 200);
        Assert.Equal(2, usage.GetProperty("requests").GetInt32());

        Task<Reply> PostAsync(string? key, string own) => scene.PostAsync(spoken, change: message =>
        {
            spoken.Authorize(message.Headers, own);
            if (key is not null)
            {
                message.Headers.TryAddWithoutValidation("x-busbar-key", key);
            }
        });
    }

    private string Token(string? header = null, string more = "", string subject = "alice", string issuer = TestIssuer.Name) =>
        _issuer.Token(TestIssuer.Claims(DateTimeOffset.UtcNow, more, subject, issuer), header);

    private static async Task<JsonElement> AdminAsync(Scene scene, HttpMethod method, string path, string? body, int status)
    {
        using var message = new HttpRequestMessage(method, path) { Content = body is null ? null
            : new StringContent(body, null, "application/json") };
        message.Headers.TryAddWithoutValidation("x-admin-token", AdminToken);
        using HttpResponseMessage response = await scene.Client.SendAsync(message);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, text);
        return JsonDocument.Parse(text).RootElement;
    }

    private Task<Scene> StartAsync(SpokenProtocol spoken, string more = "", string auth = "") => Scene.StartAsync(new SceneConfig(spoken)
    {
        Auth = $"{{ {auth}jwt: [{{ issuer: \"{TestIssuer.Name}\", jwks_url: \"http://127.0.0.1:{_keys.Port}/keys\", audience: busbar, " +
            $"allow_private_network: true{(more.Length > 0 ? ", " : "")}{more} }}] }}",
        More = $"governance: {{ enabled: true, admin_token: {AdminToken}, db_path: \"{_directory}/governance.db\" }}",
    });
}
