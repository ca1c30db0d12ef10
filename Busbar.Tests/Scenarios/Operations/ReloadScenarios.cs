using System.Runtime.InteropServices;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Operations;

public sealed class ReloadScenarios
{
    public static TheoryData<string> Names => Cases.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_reload_changes_the_rules_and_keeps_breakers_counters_and_running_requests(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        var gate = new TaskCompletionSource();
        var config = new SceneConfig(spoken, spoken)
        {
            Pool = "breaker: { base_cooldown_secs: 100, max_cooldown_secs: 100, trip: { mode: consecutive, n: 1 } }",
        };
        await using Scene scene = await Scene.StartAsync(config);
        scene.Upstreams[0].Next(call => call.AnswerAsync(500, "{}"));
        scene.Upstreams[1].Next(async call =>
        {
            await gate.Task;
            await spoken.ServeAsync(call);
        });
        scene.Upstreams[1].Always = call => spoken.ServeAsync(call);
        Task<Reply> running = scene.PostAsync(spoken);
        await scene.Upstreams[1].ArrivedAsync();

        scene.Reload(config with { Auth = "{ mode: token, client_tokens: [canary-new-token] }" });
        await LoggedAsync(scene, "configuration reloaded");

        Assert.Equal(401, (await scene.GetAsync("/stats")).Status);
        gate.SetResult();
        Assert.Equal(200, (await running).Status);
        scene.Reload(config with { Pool = config.Pool + "\nfailover: { cap: 1 }" });
        await Eventually.HoldsAsync(async () => (await scene.GetAsync("/stats")).Status == 200 ? null : "not reloaded");
        LaneReading lane = await scene.LaneAsync();
        Assert.Equal(("open", 1L), (lane.State("smart"), lane.Err));
        Assert.Equal(200, (await scene.PostAsync(spoken)).Status);
        Assert.Single(scene.Upstreams[0].Requests);
        await scene.CountedAsync("ok", 2);
    }

    [Fact]
    public async Task A_deployment_with_errors_is_refused_and_the_one_in_force_stays()
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using Scene scene = await Scene.StartAsync(spoken);
        scene.Upstream.Always = call => spoken.ServeAsync(call);

        scene.Reload(new SceneConfig(spoken) { Pool = "failover: { cpa: 1 }" });
        await LoggedAsync(scene, "not reloaded");

        Assert.Contains("cpa", scene.Gateway.StandardError);
        Assert.Equal(200, (await scene.PostAsync(spoken)).Status);
        MetricsPage failed = await scene.MetricsAsync();
        Assert.Equal((1, 1), (failed["busbar_config_last_reload_failed"], failed["busbar_config_reloads_total", ("result", "failed")]));
        Assert.InRange(failed["busbar_config_applied_timestamp_seconds"], DateTimeOffset.UtcNow.AddHours(-1).ToUnixTimeSeconds(),
            DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1);
        File.Delete(scene.Gateway.ConfigFile);
        int before = scene.Gateway.StandardError.Length;
        scene.Gateway.Signal(PosixSignal.SIGHUP);
        await Eventually.TrueAsync(() => scene.Gateway.StandardError[before..].Contains("not reloaded", StringComparison.Ordinal), "refused");
        Assert.Equal(200, (await scene.PostAsync(spoken)).Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_lane_that_is_down_for_its_key_is_up_again_once_the_key_has_changed(bool isInFile)
    {
        SpokenProtocol spoken = SpokenProtocol.Of("openai");
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "sk-ant-api-canary-revoked");
            var config = new SceneConfig(spoken) { KeyFile = isInFile ? file : null, Environment =
                new() { ["LATER"] = "sk-ant-api-canary-renewed" } };
            await using Scene scene = await Scene.StartAsync(config);
            scene.Upstream.Always = call => spoken.CredentialOf(call.Request)!.EndsWith("renewed", StringComparison.Ordinal)
                ? spoken.ServeAsync(call)
                : call.AnswerAsync(401, spoken.Error("invalid_request_error", "Incorrect API key provided."));
            Assert.Equal(503, (await scene.PostAsync(spoken)).Status);
            Assert.True((await scene.LaneAsync()).Dead);

            // The same key again changes nothing.
            scene.Reload(config);
            await LoggedAsync(scene, "configuration reloaded");
            Assert.True((await scene.LaneAsync()).Dead);
            Assert.Equal(503, (await scene.PostAsync(spoken)).Status);
            Assert.Single(scene.Upstream.Requests);

            if (isInFile)
            {
                await File.WriteAllTextAsync(file, "sk-ant-api-canary-renewed");
            }
            else
            {
                await File.WriteAllTextAsync(scene.Gateway.ConfigFile,
                    config.Text(scene.Port, scene.Upstreams).Replace("KEY_0", "LATER", StringComparison.Ordinal));
            }

            scene.Gateway.Signal(PosixSignal.SIGHUP);
            await Eventually.HoldsAsync(async () => (await scene.LaneAsync()).Dead ? "still dead" : null);
            Assert.Equal(200, (await scene.PostAsync(spoken)).Status);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static Task LoggedAsync(Scene scene, string text) =>
        Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains(text, StringComparison.Ordinal), $"logged '{text}'");
}
