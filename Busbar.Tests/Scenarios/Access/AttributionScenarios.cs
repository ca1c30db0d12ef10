using System.Runtime.InteropServices;
using System.Text.Json;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Access;

/// <summary>What requests say of what they are for: labels, users, sessions; and the file with a line for each.</summary>
public sealed class AttributionScenarios : IDisposable
{
    private const string AdminToken = "canary-admin-token-77";

    private static readonly SpokenProtocol OpenAI = SpokenProtocol.Of("openai");

    private readonly string _directory = Directory.CreateTempSubdirectory("busbar-attribution-").FullName;

    private string Log => Path.Combine(_directory, "requests.jsonl");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Labels_of_a_request_are_in_usage_and_in_the_file_and_stay_here()
    {
        await using Scene scene = await StartAsync("attribution: { labels_header: x-cost, user: true, max_values: 2 }");
        scene.Upstream.Always = call => OpenAI.ServeAsync(call);
        string secret = await KeyAsync(scene, """{"name":"team","labels":{"team":"keys","env":"test"}}""");
        string body = OpenAI.Request(Scene.Pool, false).Replace(
            "\"messages\"", "\"safety_identifier\":\"bob\",\"messages\"", StringComparison.Ordinal);
        foreach (string? labels in (string?[])["team=red,feature=chat", "team=blue", "team=green", null])
        {
            Assert.Equal(200, (await SendAsync(scene, secret, body, ("x-cost", labels), ("x-forwarded-for", "203.0.113.9"))).Status);
        }

        JsonElement usage = await AdminAsync(scene, HttpMethod.Get, "/admin/usage?group_by=label,asked&label=team", null, 200);
        Assert.Equal(
            ["blue/smart/1", "keys/smart/1", "other/smart/1", "red/smart/1"],
            usage.GetProperty("usage").EnumerateArray().Select(
                row => $"{row.GetProperty("label").GetString()}/{row.GetProperty("asked").GetString()}/{row.GetProperty("requests").GetInt32()}"));
        Assert.Equal(1, (await scene.MetricsAsync())["busbar_labels_bounded_total"]);
        Assert.All(scene.Upstream.Requests, request => Assert.Null(request["x-cost"]));

        JsonElement[] lines = await LinesAsync(4);
        JsonElement first = lines[0];
        Assert.Equal(("red", "chat", "bob", "test"), (LabelOf(first, "team"), LabelOf(first, "feature"), LabelOf(first, "user"),
            LabelOf(first, "env")));
        Assert.Equal(("smart", "m0", "wire-0", "p0"), (first.GetProperty("model_asked").GetString(), first.GetProperty("lane").GetString(),
            first.GetProperty("model_served").GetString(), first.GetProperty("provider").GetString()));
        Assert.Equal(("203.0.113.9", 200, "ok", 1), (first.GetProperty("client").GetString(), first.GetProperty("status").GetInt32(),
            first.GetProperty("outcome").GetString(), first.GetProperty("attempts").GetInt32()));
        Assert.DoesNotContain("canary", await File.ReadAllTextAsync(Log));
    }

    [Fact]
    public async Task A_file_that_was_moved_away_is_begun_anew_at_a_reload()
    {
        await using Scene scene = await StartAsync("");
        scene.Upstream.Always = call => OpenAI.ServeAsync(call);
        string secret = await KeyAsync(scene, """{"name":"team"}""");
        await SendAsync(scene, secret, OpenAI.Request(Scene.Pool, false));
        await LinesAsync(1);
        File.Move(Log, Log + ".1");
        scene.Gateway.Signal(PosixSignal.SIGHUP);
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("configuration reloaded", StringComparison.Ordinal), "reloaded");

        await Eventually.TrueAsync(
            () =>
            {
                SendAsync(scene, secret, OpenAI.Request(Scene.Pool, false)).GetAwaiter().GetResult();
                return File.Exists(Log) && File.ReadAllText(Log).Length > 0;
            },
            "a new file");
        Assert.All(File.ReadAllLines(Log).Concat(File.ReadAllLines(Log + ".1")), line => JsonDocument.Parse(line).Dispose());
    }

    [Fact]
    public async Task Standard_output_takes_whole_lines_of_many_requests_at_once()
    {
        await using Scene scene = await StartAsync("", "stdout");
        scene.Upstream.Always = call => OpenAI.ServeAsync(call);
        string secret = await KeyAsync(scene, """{"name":"team"}""");
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => SendAsync(scene, secret, OpenAI.Request(Scene.Pool, false))));

        await Eventually.TrueAsync(() => scene.Gateway.StandardOutput.Count(character => character == '\n') >= 200, "200 lines");
        Assert.Equal(200, scene.Gateway.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Count(line => JsonDocument.Parse(line).RootElement.GetProperty("status").GetInt32() == 200));
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("anthropic")]
    public async Task A_session_has_limits_of_its_own_which_others_do_not_share(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await StartAsync("", spoken: spoken);
        scene.Upstream.Always = call => spoken.ServeAsync(call);
        string secret =
            await KeyAsync(
            scene, """{"name":"agent","limits":[{"kind":"requests","max":2,"per":"session"},{"kind":"budget","max_cents":20,"per":"session"}]}""");
        string body = spoken.Request(Scene.Pool, false);
        string named = body.Replace("\"messages\"", protocol == "openai"
            ? "\"metadata\":{\"session_id\":\"s-body\"},\"max_tokens\":1,\"messages\""
                : "\"metadata\":{\"user_id\":\"user_a_session_s-body\"},\"messages\"", StringComparison.Ordinal);
        string small = body.Contains("max_tokens", StringComparison.Ordinal) ? body
            : body.Replace("\"messages\"", "\"max_tokens\":1,\"messages\"", StringComparison.Ordinal);

        Assert.Equal("200 200 429", await StatusesAsync(small, "one", 3));
        Assert.Equal("200 200 429", await StatusesAsync(named, null, 3));
        Assert.Equal("200", await StatusesAsync(small, "two", 1));
        Assert.Equal("200 200 200", await StatusesAsync(small, null, 3));
        Reply refused = await SendAsync(scene, secret, small, ("x-session-id", "one"));
        spoken.IsEnvelope(refused, 429, protocol == "openai" ? "rate_limit_exceeded" : null);
        Scene.SpeaksLikeTheVendor(refused);
        string dear = small.Replace("say hello", new string('x', 200_000), StringComparison.Ordinal);
        Assert.Equal("429", await StatusesAsync(dear, "dear", 1));
        JsonElement last = (await LinesAsync(12))[^1];
        Assert.Equal("session", last.GetProperty("reason").GetString());
        Assert.EndsWith(" session/budget/total", last.GetProperty("limit").GetString());

        async Task<string> StatusesAsync(string text, string? session, int times)
        {
            List<int> statuses = [];
            for (int index = 0; index < times; index++)
            {
                statuses.Add((await SendAsync(scene, secret, text, ("x-session-id", session))).Status);
            }

            return string.Join(' ', statuses);
        }
    }

    private static string? LabelOf(JsonElement line, string name) => line.GetProperty("labels").GetProperty(name).GetString();

    private async Task<JsonElement[]> LinesAsync(int count)
    {
        await Eventually.TrueAsync(() => File.Exists(Log) && File.ReadAllText(Log).Count(character => character == '\n') >= count, $"{count} lines");
        return [.. (await File.ReadAllLinesAsync(Log)).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    private static Task<Reply> SendAsync(Scene scene, string secret, string body, params (string Name, string? Value)[] headers) => scene.PostAsync(
        scene.Providers[0],
        body,
        message =>
        {
            scene.Providers[0].Authorize(message.Headers, secret);
            foreach ((string name, string? value) in headers.Where(header => header.Value is not null))
            {
                message.Headers.TryAddWithoutValidation(name, value);
            }
        });

    private static async Task<string> KeyAsync(Scene scene, string body) => (await AdminAsync(scene, HttpMethod.Post, "/admin/keys", body, 201))
        .GetProperty("secret").GetString()!;

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

    private Task<Scene> StartAsync(string attribution, string? log = null, SpokenProtocol? spoken = null)
        => Scene.StartAsync(new SceneConfig(spoken ?? OpenAI)
    {
        Model = "max_concurrent: 300",
        Auth = "{ mode: none }",
        More = $"""
            governance: {"{"} enabled: true, admin_token: {AdminToken}, db_path: "{_directory}/governance.db", price_per_1k_tokens_cents: 1 {"}"}
            trusted_proxies: [ 127.0.0.0/8 ]
            observability: {"{"} request_log_file: "{log ?? Log}" {"}"}
            {attribution}
            """,
    });
}
