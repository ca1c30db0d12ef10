using System.Text.Json;
using Busbar.Tests.Configuration;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Figures;

/// <summary>
/// The log says of each request that failed which key it was, why, and who failed; one search for the id that the client saw finds it.
/// </summary>
public sealed class RequestLogScenarios
{
    private static readonly Dictionary<string, string> Json = new() { ["BUSBAR_LOG"] = "info", ["BUSBAR_LOG_FORMAT"] = "json" };

    [Fact]
    public async Task A_request_that_no_lane_could_serve_says_who_failed_and_how()
    {
        SpokenProtocol spoken = SpokenProtocol.Of("openai");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken, spoken)
        {
            Pool = "breaker: { base_cooldown_secs: 30, trip: { mode: consecutive, n: 1 } }",
            Environment = Json,
        });
        scene.Upstreams[0].Always = call => call.AnswerAsync(
            429, """{"error":{"message":"canary-words","type":"requests","code":"rate_limit_exceeded"}}""");
        scene.Upstreams[1].Always = call => call.AnswerAsync(503, "{}");

        Reply reply = await scene.PostAsync(spoken);
        Assert.Equal(503, reply.Status);
        string id = reply[spoken.RequestIdHeader!]!;
        JsonElement ended = await EndedAsync(scene, "request_id", id);

        Assert.Equal("unavailable", Text(ended, "reason"));
        Assert.Equal(("exhausted", 503, 2), (Text(ended, "outcome"), ended.GetProperty("status").GetInt32(),
            ended.GetProperty("attempts").GetInt32()));
        Assert.Contains("m0:rate_limit/429/rate_limit_exceeded", Text(ended, "failures"), StringComparison.Ordinal);
        Assert.Contains("m1:", Text(ended, "failures"), StringComparison.Ordinal);
        Assert.Contains("/503", Text(ended, "failures"), StringComparison.Ordinal);
        Assert.Equal("127.0.0.1", Text(ended, "client"));
        Assert.True(ended.GetProperty("cooldown_s").GetDouble() > 0);

        JsonElement[] all = Lines(scene);
        Assert.Equal(2, all.Count(line => Message(line).StartsWith("attempt failed", StringComparison.Ordinal) && Text(line, "request_id") == id));
        JsonElement opened = all.First(line => Message(line).StartsWith("breaker", StringComparison.Ordinal) && Text(line, "lane") == "m0");
        Assert.Equal(("Closed", "Open", "rate_limit"), (Text(opened, "from"), Text(opened, "to"), Text(opened, "reason")));
        Assert.InRange(opened.GetProperty("cooldown_s").GetDouble(), 1, 3600);
        Assert.DoesNotContain("canary-words", scene.Gateway.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_of_the_provider_that_the_client_was_told_is_found_by_the_id_it_was_told()
    {
        SpokenProtocol spoken = SpokenProtocol.Of("openai");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { Environment = Json });
        scene.Upstream.Always = call => call.AnswerAsync(400, """{"error":{"message":"x","type":"invalid_request_error","code":"bad\nthing"}}""",
            ("x-request-id", "vendor-9"));
        await scene.PostAsync(spoken);
        JsonElement ended = await EndedAsync(scene, "provider_request_id", "vendor-9");

        // A code that is no single word might be anything, so the type stands in for it.
        Assert.Equal(("client_error", 400, "invalid_request_error"),
            (Text(ended, "reason"), ended.GetProperty("provider_status").GetInt32(), Text(ended, "code")));
    }

    [Fact]
    public async Task A_stream_that_broke_off_says_so()
    {
        SpokenProtocol spoken = SpokenProtocol.Of("openai");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { Environment = Json });
        scene.Upstream.Always = async call =>
        {
            await spoken.BeginAsync(call, "hello");
            call.Reset();
        };
        await scene.PostAsync(spoken, stream: true);
        await Eventually.TrueAsync(() => Lines(scene).Any(line => Message(line).StartsWith("request ", StringComparison.Ordinal)), "logged");
        JsonElement ended = Lines(scene).First(line => Message(line).StartsWith("request ", StringComparison.Ordinal));

        Assert.Equal("interrupted", Text(ended, "reason"));
        Assert.Contains("m0:interrupted/200", Text(ended, "failures"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_provider_says_in_the_middle_of_a_stream_is_in_the_line()
    {
        SpokenProtocol spoken = SpokenProtocol.Of("openai");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { Environment = Json });
        scene.Upstream.Always = async call =>
        {
            await spoken.BeginAsync(call, "hello");
            await call.ChunkAsync("data: {\"error\":{\"message\":\"overheated\",\"type\":\"server_error\",\"code\":\"engine_lost\"}}\n\n");
            await call.EndAsync();
        };
        await scene.PostAsync(spoken, stream: true);
        await Eventually.TrueAsync(() => Lines(scene).Any(line => Message(line).StartsWith("request ", StringComparison.Ordinal)), "logged");
        JsonElement ended = Lines(scene).First(line => Message(line).StartsWith("request ", StringComparison.Ordinal));

        Assert.Contains("m0:server_error/200/engine_lost", Text(ended, "failures"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_was_refused_for_a_parameter_and_repeated_without_it_leaves_its_line()
    {
        (SpokenProtocol client, SpokenProtocol provider) = (SpokenProtocol.Of("anthropic"), SpokenProtocol.Of("openai"));
        await using Scene scene = await Scene.StartAsync(new SceneConfig(provider) { Environment = Json });
        scene.Upstream.Next(
            call => call.AnswerAsync(
            400, """{"error":{"message":"Unsupported parameter: 'temperature' is not supported with this """ +
            """model.","type":"invalid_request_error","code":"unsupported_parameter","param":"temperature"}}"""))
            .Next(call => provider.ServeAsync(call));

        Reply reply =
            await scene.PostAsync(client, """{"model":"smart","max_tokens":64,"temperature":0.5,"messages":[{"role":"user","content":"hi"}]}""");
        Assert.Equal(200, reply.Status);
        await Eventually.TrueAsync(() => Lines(scene).Any(line => Message(line).StartsWith("attempt failed", StringComparison.Ordinal)), "logged");

        JsonElement failed = Lines(scene).Single(line => Message(line).StartsWith("attempt failed", StringComparison.Ordinal));
        Assert.Equal(("client_error", 400, "unsupported_parameter"),
            (Text(failed, "reason"), failed.GetProperty("status").GetInt32(), Text(failed, "code")));
    }

    [Fact]
    public async Task Refused_credentials_leave_a_line_a_second_with_the_address_that_a_trusted_proxy_saw()
    {
        SpokenProtocol spoken = SpokenProtocol.Of("openai");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { Environment = Json, More = "trusted_proxies: [ 127.0.0.0/8 ]" });
        for (int request = 0; request < 20; request++)
        {
            Reply reply = await scene.PostAsync(spoken, change: message =>
            {
                message.Headers.Remove("Authorization");
                message.Headers.TryAddWithoutValidation("Authorization", "Bearer canary-wrong-token");
                message.Headers.TryAddWithoutValidation("X-Forwarded-For", "1.2.3.4, 198.51.100.7");
            });
            Assert.Equal(401, reply.Status);
        }

        await Eventually.TrueAsync(() => Lines(scene).Any(line => Message(line).StartsWith("credential refused", StringComparison.Ordinal)),
            "logged");
        JsonElement[] refused = [.. Lines(scene).Where(line => Message(line).StartsWith("credential refused", StringComparison.Ordinal))];
        Assert.Equal(("198.51.100.7", "Authorization"), (Text(refused[0], "client"), Text(refused[0], "carried_in")));
        Assert.True(refused.Length < 20);
        Assert.DoesNotContain("canary-wrong-token", scene.Gateway.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_field_of_a_line_is_described()
    {
        string described = ProjectFiles.Read("docs/observability.md");
        SpokenProtocol spoken = SpokenProtocol.Of("openai");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken, SpokenProtocol.Of("anthropic")) { Environment = Json });
        scene.Upstreams[0].Next(call => spoken.ServeAsync(call)).Always = call => call.AnswerAsync(500, "{}");
        scene.Upstreams[1].Always = call => SpokenProtocol.Of("anthropic").ServeAsync(call);
        for (int request = 0; request < 8; request++)
        {
            await scene.PostAsync(spoken, stream: request % 2 == 0);
        }

        await scene.PostAsync(spoken, model: "made-up");
        await scene.PostAsync(spoken, change: message => message.Headers.TryAddWithoutValidation("Authorization", "Bearer wrong"));
        await Eventually.TrueAsync(() => Lines(scene).Any(line => Message(line).StartsWith("credential refused", StringComparison.Ordinal)),
            "logged");

        string[] fields = [.. Lines(scene).SelectMany(line => line.EnumerateObject()).Select(member => member.Name).Distinct()];
        Assert.Contains("failures", fields);
        Assert.All(fields, field => Assert.Contains($"`{field}`", described, StringComparison.Ordinal));
    }

    private static async Task<JsonElement> EndedAsync(Scene scene, string field, string value)
    {
        bool Is(JsonElement line) => Message(line).StartsWith("request ", StringComparison.Ordinal) && Text(line, field) == value;
        await Eventually.TrueAsync(() => Lines(scene).Any(Is), "logged");
        return Lines(scene).Single(Is);
    }

    private static JsonElement[] Lines(Scene scene) =>
        [.. scene.Gateway.StandardError.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    private static string Message(JsonElement line) => line.GetProperty("message").GetString()!;

    private static string? Text(JsonElement line, string name) => line.TryGetProperty(name, out JsonElement value) ? value.ToString() : null;
}
