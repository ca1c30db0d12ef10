using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Busbar.Governance.Keys;
using Busbar.Tests.Observability.Tracing;
using Busbar.Tests.Scenarios.Harness;
using Busbar.Upstream;
using Busbar.Upstream.Credentials;
using Busbar.Upstream.SigV4;
using UpstreamRequest = Busbar.Tests.Scenarios.Harness.UpstreamRequest;

namespace Busbar.Tests.Scenarios.Failover;

/// <summary>
/// A secret of every kind goes every way through a whole life of the program and is looked for in everything that comes out: each line of the log,
/// each answer, each page, each span, each word that commands print, and the database. What is written by nobody but the tests has the word "canary"
/// or, where clients do see it, "hidden" in it.
/// </summary>
public sealed class CanaryScenarios : IAsyncLifetime
{
    private const string Admin = "canary-admin-token-5d";
    private const string Reader = "canary-read-token-5e";
    private const string AwsSecret = "canaryAwsSecretAccessKey/5f";
    private const string FileKey = "sk-canary-key-of-a-file-60";
    private const string Master = "c0ffee112233445566778899aabbccddeeff00112233445566778899aabbccdd";

    private readonly string _folder = Directory.CreateTempSubdirectory("busbar-life-").FullName;
    private readonly ScriptedUpstream _collector = ScriptedUpstream.Start();
    private readonly List<string> _minted = [];
    private readonly List<string> _texts = [];

    public Task InitializeAsync()
    {
        _collector.Always = call => call.AnswerAsync(200, [], "application/x-protobuf");
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _collector.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("text")]
    [InlineData("json")]
    [Trait("gotcha", "C108")]
    public async Task No_secret_and_no_content_is_shown_by_anything_in_a_whole_life(string format)
    {
        SpokenProtocol openai = SpokenProtocol.Of("openai"), bedrock = SpokenProtocol.Of("bedrock");
        File.WriteAllText(Path.Combine(_folder, "key"), FileKey);
        SceneConfig config = new(openai, bedrock)
        {
            Auth = "{ mode: token, client_tokens: [canary-inert-token] }",
            Limits = "{ request_body_max_bytes: 65536, shutdown_drain_secs: 10 }",
            Pool = "breaker: { trip: { mode: consecutive, n: 1000 }, base_cooldown_secs: 1, max_cooldown_secs: 1 }",
            More = $$"""
                governance: { enabled: true, db_path: "{{_folder}}/governance.db", admin_token: {{Admin}}, admin_read_token: '${READER}', master_key_env: MASTER }
                observability: { log_format: {{format}}, otlp_endpoint: "http://us:canary%2Dcollector@127.0.0.1:{{_collector.Port}}", request_log_webhook_url: "https://us:canary-hook@hook.invalid/in" }
                """,
            Environment = new() { ["KEY_1"] = $"AKIDCOMMON:{AwsSecret}", ["MASTER"] = Master, ["READER"] = Reader },
        };
        ScriptedUpstream[] upstreams = [ScriptedUpstream.Start(openai.StreamContentType), ScriptedUpstream.Start(bedrock.StreamContentType)];
        string Text(int port) => config.Text(port, upstreams)
            .Replace("api_key_env: KEY_0", $"api_key_file: \"{_folder}/key\"", StringComparison.Ordinal);
        await using Scene scene = await Scene.StartAsync(upstreams, config.Lanes, Text, config.Environment);
        scene.Settles = false;
        foreach ((SpokenProtocol spoken, ScriptedUpstream upstream) in config.Lanes.Zip(upstreams))
        {
            upstream.Always = call => spoken.ServeAsync(call, "hidden-answer");
        }

        (string id, string former) = await MintAsync(scene, HttpMethod.Post, "/admin/keys", """{"name":"team"}""");
        (_, string secret) = await MintAsync(scene, HttpMethod.Post, $"/admin/keys/{id}/rotate", """{"overlap_seconds":600}""");
        (_, string accessSecret) = await MintAsync(scene, HttpMethod.Put, $"/admin/keys/{id}/access-key", null);
        (_, string narrow) = await MintAsync(scene, HttpMethod.Post, "/admin/keys", """{"name":"narrow","allowed_pools":["m1"],"rpm_limit":1}""");

        await GoodAsync(scene, secret, former, accessSecret, id);
        await RefusedAsync(scene, secret, narrow);
        await BrokenAsync(scene, secret);
        await AdminAsync(scene, id, secret);
        await CommandsAsync(scene, Text(scene.Port), config.Environment);

        await Eventually.TrueAsync(() => _collector.Requests.SelectMany(request => SpanReading.Decode(request.Body)).Count() > 40, "traced");
        File.WriteAllText(scene.Gateway.ConfigFile, Text(scene.Port));
        scene.Gateway.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await scene.Gateway.ExitedAsync());

        string log = scene.Gateway.StandardError + scene.Gateway.StandardOutput;
        Assert.Contains("configuration reloaded", log);
        Assert.DoesNotContain("failed on a bug", log);
        string spans = string.Concat(_collector.Requests.Select(request => Encoding.Latin1.GetString(request.Body)));
        string files = string.Concat(Directory.EnumerateFiles(_folder, "governance.db*")
            .Select(file => Encoding.Latin1.GetString(File.ReadAllBytes(file))));
        Assert.NotEmpty(files);
        Assert.All(_texts, text => HasNone(text, "an answer", "canary"));
        HasNone(log, "the log", ["canary", "hidden", .. _minted.Select(minted => KeyDigest.Of(minted).ToHex())]);
        HasNone(spans, "a span", "canary", "hidden", id);
        HasNone(files, "the database", "canary", "hidden");
        foreach (UpstreamRequest request in upstreams.SelectMany(upstream => upstream.Requests))
        {
            HasNone(request.Path + string.Join('\n', request.Headers.Where(header => !header.Value.Contains(FileKey, StringComparison.Ordinal))),
                "a call", "canary");
        }
    }

    // All that is well, by every way a credential may come.
    private async Task GoodAsync(Scene scene, string secret, string former, string accessSecret, string id)
    {
        foreach (SpokenProtocol client in SpokenProtocol.All)
        {
            foreach (string token in (string[])[secret, former])
            {
                Assert.Equal(200, (await ChatAsync(scene, client, token, stream: token == secret)).Status);
            }

            Assert.Equal(200, (await ChatAsync(scene, client, secret, model: "m1", stream: true)).Status);
        }

        SpokenProtocol gemini = SpokenProtocol.Of("gemini"), bedrock = SpokenProtocol.Of("bedrock");
        Assert.Equal(200, (await SeenAsync(scene.PostAsync(gemini, gemini.Request("", false), message => message.RequestUri =
            new($"{gemini.Path}?key={secret}", UriKind.Relative)))).Status);
        string body = bedrock.Request("", stream: false);
        string accessKey = (await SeenAsync(scene.SendAsync(HttpMethod.Get, $"/admin/keys/{id}", null, ("x-admin-token", Admin))))
            .Json.GetProperty("access_key_id").GetString()!;
        foreach (string sealedSecret in (string[])[accessSecret, "canary-other-secret"])
        {
            Assert.True(AwsCredential.TryParse($"{accessKey}:{sealedSecret}", out AwsCredential? credential));
            SigV4Headers signed = SigV4Signer.Sign(credential, "us-east-1", $"127.0.0.1:{scene.Port}", bedrock.Path, DateTimeOffset.UtcNow,
                Encoding.UTF8.GetBytes(body));
            Reply reply = await SeenAsync(scene.PostAsync(bedrock, body, message =>
            {
                message.Headers.TryAddWithoutValidation("Authorization", signed.Authorization);
                message.Headers.TryAddWithoutValidation("x-amz-date", signed.Date);
                message.Headers.TryAddWithoutValidation("x-amz-content-sha256", signed.ContentSha256);
            }));
            Assert.Equal(sealedSecret == accessSecret ? 200 : 403, reply.Status);
        }
    }

    // What is refused before any provider hears of it.
    private async Task RefusedAsync(Scene scene, string secret, string narrow)
    {
        foreach (SpokenProtocol client in SpokenProtocol.All)
        {
            foreach (string carrier in (string[])["Authorization", "x-api-key", "x-goog-api-key", "api-key"])
            {
                Assert.InRange((await SeenAsync(scene.PostAsync(
                    client, change: message => message.Headers.TryAddWithoutValidation(carrier, "Bearer canary-wrong-token")))).Status, 400, 403);
            }

            Assert.Equal(403, (await ChatAsync(scene, client, narrow)).Status);
            Assert.Equal(404, (await ChatAsync(scene, client, secret, model: "hidden-model")).Status);
            Assert.Equal(client.StatusOf(413), (await BodyAsync(client.Request(Scene.Pool, false, new string('x', 70_000) + "canary-large"))).Status);
            Assert.Equal(400, (await BodyAsync("{\"model\":\"smart\",\"canary-member\":[\"canary-value\"} canary-rest")).Status);
            Assert.InRange((await SeenAsync(scene.SendAsync(HttpMethod.Put, client.Path + "?key=canary-query&x=canary-query", "canary-body",
                ("x-api-key", secret), ("Cookie", "canary-cookie")))).Status, 400, 405);

            async Task<Reply> BodyAsync(string body) => await SeenAsync(scene.PostAsync(client, body, message => Present(message, client, secret)));
        }

        await ChatAsync(scene, SpokenProtocol.All[0], narrow, model: "m1");
        Assert.Equal(429, (await ChatAsync(scene, SpokenProtocol.All[0], narrow, model: "m1")).Status);
        Assert.InRange((await SeenAsync(scene.SendAsync(HttpMethod.Get, "/hidden-path?key=canary-query", null, ("x-api-key", secret)))).Status, 400,
            404);
    }

    // What goes wrong at the provider, which repeats what it was sent.
    private async Task BrokenAsync(Scene scene, string secret)
    {
        foreach ((SpokenProtocol provider, ScriptedUpstream upstream, string model) in scene.Providers.Zip(scene.Upstreams, (string[])["m0", "m1"]))
        {
            foreach (int status in (int[])[500, 529, 408, 302, 200])
            {
                await FailAsync(call => call.AnswerAsync(status,
                    "{\"hidden-echo\":\"" + (status < 400 ? ""
                    : string.Join(' ', call.Request.Headers.Select(header => header.Value)).Replace('"', ' ')) + "\"}"));
            }

            await FailAsync(call =>
            {
                call.Reset();
                return Task.CompletedTask;
            });
            await FailAsync(call => call.RawAsync("HTTP/1.1 canary-status nonsense\r\n\r\n"));
            await FailAsync(call => call.StreamAsync([.. provider.Prelude, provider.First("hidden-answer"), provider.ErrorEvent]));
            await FailAsync(call => call.StreamAsync([.. provider.Prelude, provider.First("hidden-answer"), "data: {\"hidden-garbage\n\n"]));
            await FailAsync(async call =>
            {
                await call.BeginAsync();
                await call.ChunkAsync(provider.First("hidden-answer"));
                call.Reset();
            });

            async Task FailAsync(Func<UpstreamCall, Task> script)
            {
                upstream.Next(script);
                try
                {
                    await ChatAsync(scene, provider, secret, stream: true, model: model);
                }
                catch (HttpRequestException)
                {
                    // Cut as its provider's was.
                }
            }
        }

        // The gateway's own credential is refused: the last, since it takes the lane away.
        scene.Upstreams[0].Next(call => call.AnswerAsync(401, $"{{\"error\":{{\"message\":\"Incorrect API key provided: {FileKey}\"}}}}"));
        await ChatAsync(scene, SpokenProtocol.All[0], secret, model: "m0");
    }

    private async Task AdminAsync(Scene scene, string id, string secret)
    {
        foreach (string path in (string[])["/metrics", "/stats", "/v1/models", "/healthz", "/livez"])
        {
            await SeenAsync(scene.GetAsync(path, secret));
        }

        foreach (string token in (string[])[Admin, Reader, "canary-wrong-admin"])
        {
            foreach (string path in (string[])["/metrics", "/admin/keys", $"/admin/keys/{id}", "/admin/usage", $"/admin/keys/{id}/usage",
                "/admin/audit", "/admin/config", "/admin/lanes", "/admin/status", "/admin/openapi.json", "/admin/hidden", "/admin/keys?canary=1"])
            {
                Reply reply = await SeenAsync(scene.SendAsync(HttpMethod.Get, path, null, ("x-admin-token", token)));
                Assert.InRange(reply.Status, 200, 499);
            }

            foreach (string body in (string[])["canary-body", "{\"name\":7,\"canary-member\":1}", "{\"name\":\"x\",\"labels\":{\"canary\":{}}}",
                "{\"rpm_limit\":\"canary\"}"])
            {
                Assert.InRange((await SeenAsync(scene.SendAsync(HttpMethod.Post, "/admin/keys", body, ("x-admin-token", token)))).Status, 400, 403);
                Assert.InRange((await SeenAsync(scene.SendAsync(HttpMethod.Patch, $"/admin/keys/{id}", body, ("x-admin-token", token)))).Status, 400,
                    403);
            }
        }
    }

    // Reloads that are refused and those that are not, and what the command line prints of the same files.
    private async Task CommandsAsync(Scene scene, string good, Dictionary<string, string> variables)
    {
        var environment = new Dictionary<string, string>(variables) { ["BUSBAR_ADMIN_TOKEN"] = Admin };
        string[] broken =
        [
            good.Replace("[canary-inert-token]", "{canary-token: canary-token}", StringComparison.Ordinal),
            good.Replace($"admin_token: {Admin}", $"admin_token: [{Admin}], admin_tokn: {Admin}", StringComparison.Ordinal),
            good.Replace("api_key_file: ", "api_key: canary-inline, api_key_env: sk-canary-key, api_key_file: ", StringComparison.Ordinal),
            good.Replace("'${READER}'", "'${READER} ${UNSET}'", StringComparison.Ordinal)
                .Replace("http://us:", "http://canary-user:canary-collector@x:canary-port@", StringComparison.Ordinal),
            good.Replace($"admin_token: {Admin}", $"admin_token: {Admin}: {Admin}", StringComparison.Ordinal),
            good,
        ];
        foreach (string text in broken)
        {
            File.WriteAllText(scene.Gateway.ConfigFile, text);
            Reply reload = await SeenAsync(scene.SendAsync(HttpMethod.Post, "/admin/reload", null, ("x-admin-token", Admin)));
            Assert.True(text == good ? reload.Status == 200 : reload.Status == 409, text + reload.Text);
            foreach (string[] arguments in (string[][])[["--validate"], ["keys", "list", "--url", $"http://127.0.0.1:{scene.Port}"]])
            {
                await using GatewayProcess process = GatewayProcess.Run(arguments, text, environment);
                Assert.Equal(arguments.Length == 1 && text != good ? 1 : 0, await process.ExitedAsync());
                _texts.Add(process.StandardError + process.StandardOutput);
            }
        }
    }

    private async Task<(string Id, string Secret)> MintAsync(Scene scene, HttpMethod method, string path, string? body)
    {
        Reply reply = await scene.SendAsync(method, path, body, ("x-admin-token", Admin));
        Assert.InRange(reply.Status, 200, 201);
        string secret = (reply.Json.TryGetProperty("secret", out JsonElement plain) ? plain : reply.Json.GetProperty("secret_access_key"))
            .GetString()!;
        _minted.Add(secret);
        return (reply.Json.GetProperty("id").GetString()!, secret);
    }

    private Task<Reply> ChatAsync(Scene scene, SpokenProtocol client, string token, bool stream = false, string model = Scene.Pool) =>
        SeenAsync(scene.PostAsync(client, stream, model, message => Present(message, client, token)));

    private static void Present(HttpRequestMessage message, SpokenProtocol client, string token)
    {
        client.Authorize(message.Headers, token);
        message.Headers.TryAddWithoutValidation("X-Custom", "canary-header");
        message.Headers.TryAddWithoutValidation("User-Agent", "canary-agent");
        message.Headers.TryAddWithoutValidation("baggage", "user=canary-baggage");
    }

    private async Task<Reply> SeenAsync(Task<Reply> asked)
    {
        Reply reply = await asked;
        _texts.Add(string.Join('\n', reply.Headers) + "\n" + reply.Text);
        return reply;
    }

    private void HasNone(string text, string where, params IEnumerable<string> words)
    {
        foreach (string word in words.Concat(_minted).Append(Master).Append(AwsSecret).Append(FileKey)
            .Append(Convert.ToBase64String(Convert.FromHexString(Master))))
        {
            int at = text.IndexOf(word, StringComparison.OrdinalIgnoreCase);
            Assert.True(at < 0, at < 0 ? null : $"{where} shows '{word}': {text[Math.Max(0, at - 200)..Math.Min(text.Length, at + 100)]}");
        }
    }
}
