using System.Text.Json;
using Busbar.Tests.Scenarios.Harness;
using Busbar.Tests.Upstream.SigV4;
using Busbar.Upstream;
using Busbar.Upstream.SigV4;
using UpstreamRequest = Busbar.Tests.Scenarios.Harness.UpstreamRequest;

namespace Busbar.Tests.Scenarios.Failover;

/// <summary>Lanes that are called whether or not clients do.</summary>
public sealed class HealthScenarios
{
    private const string Tripping = "breaker: { trip: { mode: consecutive, n: 1 }, base_cooldown_secs: 600, max_cooldown_secs: 600 }";

    public static TheoryData<string> Names => Cases.Names;

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("gotcha", "C202")]
    [Trait("gotcha", "C209")]
    public async Task A_tripped_lane_is_probed_like_a_client_would_call_it_and_comes_back(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await StartAsync(spoken, "dead");
        scene.Upstream.Next(call => call.AnswerAsync(500, "{}")).Next(call => call.AnswerAsync(200, spoken.Answer("p")))
            .Next(call => spoken.ServeAsync(call));
        spoken.IsEnvelope(await scene.PostAsync(spoken), 503);

        UpstreamRequest probe = await scene.Upstream.ArrivedAsync(2);
        await Eventually.HoldsAsync(async () => (await scene.LaneAsync()).State("smart") == "closed" ? null : "still open");

        Assert.Equal((1, 1), ((await scene.LaneAsync()).Ok, (await scene.LaneAsync()).Err));
        Assert.Equal(200, (await scene.PostAsync(spoken)).Status);
        JsonElement body = JsonDocument.Parse(probe.Text).RootElement;
        UpstreamRequest organic = scene.Upstream.Requests[0];
        Assert.Equal(spoken.PathOf("wire-0", stream: false), probe.Path);
        Assert.True(spoken.ModelInPath || body.GetProperty("model").GetString() == "wire-0");
        Assert.Contains("\"ping\"", probe.Text);
        Assert.Contains("okens\":16", probe.Text);
        foreach (string header in (string[])["User-Agent", "Accept", "Content-Type", "anthropic-version"])
        {
            Assert.Equal(organic[header], probe[header]);
        }

        Assert.Equal(Scene.KeyOf(0), spoken.CredentialOf(probe)!.Replace("Bearer ", ""));
        MetricsPage page = await scene.MetricsAsync();
        Assert.Equal((1, 0), (page["busbar_breaker_trips_total", ("pool", "smart"), ("lane", "m0")],
            page["busbar_breaker_trips_total", ("pool", "m0"), ("lane", "m0")]));
    }

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("gotcha", "C204")]
    [Trait("gotcha", "C205")]
    public async Task A_failed_probe_counts_by_its_class(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(Config(
            "active", spoken) with { Always = call => call.AnswerAsync(404, spoken.Error("invalid_request_error", "no")) });
        await scene.Upstream.ArrivedAsync(2);
        Assert.Equal((0, 0, 0), Counts(await scene.LaneAsync()));

        scene.Upstream.Next(call => call.AnswerAsync(429, spoken.Error("rate_limit_error", "slow"), ("Retry-After", "2000")));
        await Eventually.HoldsAsync(async () => (await scene.LaneAsync()).State("smart") == "open" ? null : "not yet failed");
        LaneReading limited = await scene.LaneAsync();
        Assert.InRange(limited.CooldownIn("smart"), 1900, 2000);
        Assert.InRange(limited.CooldownIn(""), 1900, 2000);

        scene.Upstream.Next(call => call.AnswerAsync(401, spoken.Error("authentication_error", "no")));
        await Eventually.HoldsAsync(async () => (await scene.LaneAsync()).DeadReason is not null ? null : "not yet down");
        Assert.Contains("auth", (await scene.LaneAsync()).DeadReason);
        Assert.Equal((0, 2, 0), Counts(await scene.LaneAsync()));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_probe_whose_own_parameters_are_refused_shows_that_the_lane_is_alive(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await StartAsync(spoken, "dead");
        scene.Upstream.Next(call => call.AnswerAsync(500, "{}"));
        scene.Upstream.Always = call => call.AnswerAsync(400,
            spoken.Error("invalid_request_error", "Unsupported value: the output limit is too small"));
        spoken.IsEnvelope(await scene.PostAsync(spoken), 503);

        await Eventually.HoldsAsync(async () => (await scene.LaneAsync()).State("smart") == "closed" ? null : "still open");
    }

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("gotcha", "C208")]
    public async Task A_healthy_lane_is_left_alone_in_mode_dead_and_a_probe_costs_no_budget_in_mode_active(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene quiet = await StartAsync(spoken, "dead");
        await using Scene scene = await Scene.StartAsync(Config(
            "active", spoken) with { Model = "max_concurrent: 20, max_requests: 1", Always = call => spoken.ServeAsync(call) });

        await scene.Upstream.ArrivedAsync(2);

        Assert.Equal(1, (await scene.LaneAsync()).Budget);
        Assert.Equal(0, (await scene.MetricsAsync()).Sum("busbar_upstream_attempts_total"));
        Assert.Empty(quiet.Upstream.Requests);
    }

    [Fact]
    [Trait("gotcha", "C201")]
    public async Task A_lane_that_is_only_passed_over_for_a_while_is_probed_in_mode_dead_and_served_again_before_that_while_is_over()
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using Scene scene = await Scene.StartAsync(Config(
            "dead", spoken) with { Pool = "breaker: { base_cooldown_secs: 600, max_cooldown_secs: 600 }" });
        scene.Upstream.Next(call => call.AnswerAsync(500, "{}"));
        scene.Upstream.Always = call => spoken.ServeAsync(call);
        spoken.IsEnvelope(await scene.PostAsync(spoken), 503);

        await Eventually.HoldsAsync(async () => (await scene.LaneAsync()).CooldownIn("smart") == 0 ? null : "still passed over");

        Assert.Equal("closed", (await scene.LaneAsync()).State("smart"));
        Assert.Equal(200, (await scene.PostAsync(spoken)).Status);
        Assert.Equal(0, (await scene.MetricsAsync())["busbar_breaker_trips_total", ("pool", "smart"), ("lane", "m0")]);
    }

    [Fact]
    [Trait("gotcha", "C210")]
    [Trait("gotcha", "C211")]
    public async Task Health_is_what_the_pools_of_a_lane_say_and_asking_moves_nothing()
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            spoken) { Pool = "breaker: { trip: { mode: consecutive, n: 1 }, base_cooldown_secs: 2, max_cooldown_secs: 2 }" });
        scene.Upstream.Next(call => call.AnswerAsync(500, "{}"));
        spoken.IsEnvelope(await scene.PostAsync(spoken), 503);

        // The direct route is as it was, but no pool has a lane.
        Assert.Equal(503, (await scene.GetAsync("/healthz", token: null)).Status);
        Assert.Equal("closed", (await scene.LaneAsync()).State(""));
        await Eventually.HoldsAsync(async () => (await scene.GetAsync("/healthz", token: null)).Status == 200 ? null : "not ready");

        // Ready for a probe, which asking is not.
        Assert.Equal(200, (await scene.GetAsync("/healthz", token: null)).Status);
        Assert.Equal("open", (await scene.LaneAsync()).State("smart"));
        Assert.Single(scene.Upstream.Requests);
    }

    [Fact]
    [Trait("gotcha", "C212")]
    public async Task A_reload_does_not_double_the_probers_and_can_end_them()
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        SceneConfig config = Config("active", spoken, spoken) with { Always = call => call.AnswerAsync(200, spoken.Answer("p")) };
        await using Scene scene = await Scene.StartAsync(config);
        for (int reload = 1; reload <= 3; reload++)
        {
            scene.Reload(config with { Limits = $"{{ shutdown_drain_secs: {reload} }}" });
            await ReloadedAsync(scene, reload);
        }

        // A prober that waits for an answer calls no second time, so whoever calls meanwhile is another one. The other lane's calls tell the time.
        int waiting = 0;
        scene.Upstream.Always = call =>
        {
            Interlocked.Increment(ref waiting);
            return call.SilenceAsync();
        };
        await Eventually.TrueAsync(() => Volatile.Read(ref waiting) > 0, "probed");
        await scene.Upstreams[1].ArrivedAsync(scene.Upstreams[1].Requests.Count + 4);
        Assert.Equal(1, Volatile.Read(ref waiting));

        scene.Reload(Config("none", spoken, spoken));
        await ReloadedAsync(scene, 4);
        await Eventually.TrueAsync(() => scene.Upstream.InProgress == 0, "given up");
        scene.Upstream.Always = call => spoken.ServeAsync(call);
        int before = scene.Upstream.Requests.Count;
        Assert.Equal(200, (await scene.PostAsync(spoken)).Status);
        Assert.Equal(before + 1, scene.Upstream.Requests.Count);
    }

    [Fact]
    [Trait("gotcha", "C206")]
    public async Task A_lane_whose_key_is_missing_is_not_probed()
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using Scene scene = await Scene.StartAsync(Config(
            "active", spoken, spoken) with { Environment = new() { ["KEY_0"] = "" }, Always = call => spoken.ServeAsync(call) });

        await scene.Upstreams[1].ArrivedAsync(2);

        Assert.Empty(scene.Upstreams[0].Requests);
    }

    [Fact]
    [Trait("gotcha", "C207")]
    public async Task A_probe_of_a_model_with_a_colon_is_signed_for_the_path_it_is_sent_to()
    {
        SpokenProtocol bedrock = SpokenProtocol.Of("bedrock");
        SceneConfig config = Config("active", bedrock) with { Environment = new() { ["KEY_0"] = "AKIDPROBE:canary-probe-secret" } };
        ScriptedUpstream[] upstreams = [ScriptedUpstream.Start(bedrock.StreamContentType)];
        upstreams[0].Always = call => bedrock.ServeAsync(call);
        await using Scene scene = await Scene.StartAsync(upstreams, config.Lanes,
            port => config.Text(port, upstreams).Replace("wire-0", "vendor.model-v1:0"), config.Environment);

        UpstreamRequest probe = await scene.Upstream.ArrivedAsync(1);
        Assert.Equal(200, (await scene.PostAsync(bedrock)).Status);
        UpstreamRequest organic = scene.Upstream.Requests.First(request => request.Text.Contains("say hello"));

        Assert.Equal("/model/vendor.model-v1%3A0/converse", probe.Path);
        Assert.Equal(organic.Path, probe.Path);
        Assert.All([probe, organic], request => Assert.Equal(SigV4Result.Valid, SigV4Check.Verify(
            new SigV4Inbound("POST", request.Path, "", name => request[name]), request.Body, _ => "canary-probe-secret", DateTimeOffset.UtcNow,
            out _)));
    }

    private static (long, long, long) Counts(LaneReading lane) => (lane.Ok, lane.Err, lane.ClientFault);

    private static Task ReloadedAsync(Scene scene, int times) =>
        Eventually.TrueAsync(() => scene.Gateway.StandardError.Split("configuration reloaded").Length - 1 == times, "reloaded");

    private static SceneConfig Config(string mode, params SpokenProtocol[] lanes) =>
        new(lanes) { Pool = Tripping, Provider = $"allow_private_network: true, health: {{ mode: {mode}, interval_secs: 1, timeout_secs: 20 }}" };

    private static Task<Scene> StartAsync(SpokenProtocol spoken, string mode) => Scene.StartAsync(Config(mode, spoken));
}
