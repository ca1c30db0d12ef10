using System.Runtime.InteropServices;
using System.Text.Json;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Figures;

public sealed class JsonLogScenarios
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_line_of_a_whole_life_is_one_object_and_those_of_a_request_bear_its_id(bool byVariable)
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        SceneConfig config = new(spoken, SpokenProtocol.All[1])
        {
            More = $"observability: {{ log_format: {(byVariable ? "text" : "json")}, " +
                $"otlp_endpoint: \"http://user:canary-password@collector.example.com\" }}",
            Environment = new() { ["BUSBAR_LOG"] = "info", ["BUSBAR_LOG_FORMAT"] = byVariable ? "json" : "" },
        };
        await using Scene scene = await Scene.StartAsync(config);
        scene.Settles = false;
        scene.Upstreams[0].Next(call => call.AnswerAsync(500, "{}"));
        scene.Upstreams[0].Always = call => spoken.ServeAsync(call);
        scene.Upstreams[1].Always = call => SpokenProtocol.All[1].ServeAsync(call);
        Reply reply = await scene.PostAsync(spoken);
        scene.Reload(config);
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("configuration reloaded", StringComparison.Ordinal), "reloaded");
        scene.Gateway.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await scene.Gateway.ExitedAsync());

        JsonElement[] lines = [.. scene.Gateway.StandardError.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.All(lines, line => Assert.Equal(["ts", "level", "logger", "message"], line.EnumerateObject().Take(4).Select(member => member.Name)));
        JsonElement failed = Single(lines, "attempt failed");
        Assert.Equal(("warn", "smart", "m0", 500), (failed.GetProperty("level").GetString(), failed.GetProperty("pool").GetString(),
            failed.GetProperty("lane").GetString(), failed.GetProperty("status").GetInt32()));
        JsonElement ended = Single(lines, "request ");
        Assert.All([failed, ended], line => Assert.Equal(reply[spoken.RequestIdHeader!], line.GetProperty("request_id").GetString()));
        Assert.Equal(("ok", 2), (ended.GetProperty("outcome").GetString(), ended.GetProperty("attempts").GetInt32()));
        Assert.Contains(lines, line => line.GetProperty("level").GetString() == "warn"
            && line.GetProperty("message").GetString()!.Contains("refused and switched off", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.GetProperty("message").GetString()!.StartsWith("model m0", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_request_is_found_by_the_id_that_its_provider_gave_it()
    {
        SpokenProtocol spoken = SpokenProtocol.Of("openai");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            spoken) { Environment = new() { ["BUSBAR_LOG"] = "info", ["BUSBAR_LOG_FORMAT"] = "json" } });
        scene.Upstreams[0].Always = call => call.AnswerAsync(400, "{}", ("x-request-id", "vendor-1"));

        Assert.Equal("vendor-1", (await scene.PostAsync(spoken))["x-request-id"]);
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("\"provider_request_id\":\"vendor-1\"", StringComparison.Ordinal),
            "logged the id that the client was told");
    }

    private static JsonElement Single(JsonElement[] lines, string begins) =>
        Assert.Single(lines, line => line.GetProperty("message").GetString()!.StartsWith(begins, StringComparison.Ordinal));
}
