using System.Text.Json;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios;

public sealed class FiguresScenarios
{
    public static TheoryData<string, string, bool> Pairs => Cases.Pairs;

    [Fact]
    [Trait("gotcha", "C249")]
    public async Task Every_series_is_there_with_0_from_the_start()
    {
        await using Scene scene = await Scene.StartAsync(new SceneConfig(Dialect.All[0], Dialect.All[1]));

        Reply reply = await scene.GetAsync("/metrics");
        var page = new MetricsPage(reply.Text);

        Assert.StartsWith("text/plain; version=0.0.4", reply["Content-Type"], StringComparison.Ordinal);
        foreach (string pool in (string[])["smart", "m0", "m1", "unresolved"])
        {
            foreach (string protocol in (string[])["anthropic", "openai", "gemini", "bedrock", "responses", "cohere"])
            {
                foreach (string outcome in (string[])["ok", "client_error", "exhausted", "error"])
                {
                    Assert.Equal(0, page["busbar_requests_total", ("ingress_protocol", protocol), ("pool", pool), ("outcome", outcome)]);
                }

                Assert.Equal(0, page["busbar_request_duration_seconds_count", ("ingress_protocol", protocol), ("pool", pool)]);
            }
        }

        foreach ((string pool, string lane) in ((string, string)[])[("smart", "m0"), ("smart", "m1"), ("m0", "m0"), ("m1", "m1")])
        {
            Assert.Equal(0, page["busbar_upstream_attempts_total", ("pool", pool), ("lane", lane)]);
            Assert.Equal(0, page["busbar_breaker_trips_total", ("pool", pool), ("lane", lane)]);
            Assert.Equal(0, page["busbar_lane_state", ("pool", pool), ("lane", lane)]);
            foreach (string disposition in (string[])["transient_upstream", "hard_down", "context_length", "attempt_timeout"])
            {
                Assert.Equal(0, page["busbar_upstream_failures_total", ("pool", pool), ("lane", lane), ("disposition", disposition)]);
            }
        }

        foreach (string reason in (string[])["timeout", "connect", "transient_upstream", "hard_down", "context_length", "attempt_timeout"])
        {
            Assert.Equal(0, page["busbar_failovers_total", ("pool", "smart"), ("reason", reason)]);
        }

        Assert.Equal(0, page["busbar_translations_total", ("from", "openai"), ("to", "anthropic")]);
        Assert.Equal(0, page["busbar_auth_rejections_total", ("ingress_protocol", "openai")]);
        Assert.Equal(20, page["busbar_lane_available_permits", ("lane", "m0")]);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    [Trait("gotcha", "C250")]
    [Trait("gotcha", "C252")]
    public async Task A_request_moves_each_figure_by_one_under_the_name_it_was_asked_by(string client, string provider, bool stream)
    {
        Dialect speaks = Dialect.Of(client), serves = Dialect.Of(provider);
        var gate = new TaskCompletionSource();
        await using Scene scene = await Scene.StartAsync(serves);
        scene.Upstream.Next(async call =>
        {
            await gate.Task;
            await serves.ServeAsync(call);
        });
        scene.Upstream.Next(call => call.AnswerAsync(500, "{}"));

        Task<Reply> running = scene.PostAsync(speaks, stream, "m0");
        await scene.Upstream.ArrivedAsync();
        LaneReading busy = await scene.LaneAsync();
        Assert.Equal((1, 19), (busy.Inflight, busy.FreeSlots));
        Assert.Equal(1, (await scene.MetricsAsync())["busbar_lane_inflight", ("lane", "m0")]);
        gate.SetResult();
        Assert.Equal(200, (await running).Status);
        await scene.CountedAsync("ok");
        Assert.Equal(503, (await scene.PostAsync(speaks, stream, "m0")).Status);

        await scene.SettledAsync();
        MetricsPage page = await scene.MetricsAsync();
        Assert.Equal(1, page["busbar_requests_total", ("ingress_protocol", client), ("pool", "m0"), ("outcome", "ok")]);
        Assert.Equal(1, page["busbar_requests_total", ("ingress_protocol", client), ("pool", "m0"), ("outcome", "exhausted")]);
        Assert.Equal(2, page.Sum("busbar_requests_total"));
        Assert.Equal(2, page["busbar_upstream_attempts_total", ("pool", "m0"), ("lane", "m0")]);
        Assert.Equal(2, page.Sum("busbar_upstream_attempts_total"));
        Assert.Equal(1, page["busbar_upstream_failures_total", ("pool", "m0"), ("lane", "m0"), ("disposition", "transient_upstream")]);
        Assert.Equal(0, page.Sum("busbar_failovers_total"));
        Assert.Equal(2, page["busbar_request_duration_seconds_count", ("ingress_protocol", client), ("pool", "m0")]);
        Assert.Equal(stream ? 1 : 0, page.Sum("busbar_stream_duration_seconds_count"));
        Assert.Equal(client == provider ? 0 : 2, page.Sum("busbar_translations_total"));
        await scene.ChargedAsync(0, ok: 1, err: 1);
    }

    [Fact]
    public async Task Stats_has_every_figure_of_a_lane_and_of_its_cells()
    {
        Dialect dialect = Dialect.All[0];
        await using Scene scene = await Scene.StartAsync(dialect);
        scene.Upstream.Always = call => dialect.ServeAsync(call);
        JsonElement before = (await scene.GetAsync("/stats")).Json.GetProperty("lanes")[0];
        await scene.PostAsync(dialect);
        Reply page = await scene.GetAsync("/stats");
        JsonElement lane = page.Json.GetProperty("lanes")[0];

        Assert.Equal(["pools", "lanes"], page.Json.EnumerateObject().Select(member => member.Name));
        Assert.Superset(
            new HashSet<string>
            {
                "model", "upstream_model", "provider", "max_concurrent", "inflight", "free_slots", "ok", "err", "client_fault", "usable", "availability", "dead",
                "dead_reason", "cooldown_remaining_s", "streak", "latency_ewma_ms", "budget", "cells",
            },
            lane.EnumerateObject().Select(member => member.Name).ToHashSet());
        Assert.Superset(
            new HashSet<string> { "pool", "state", "cooldown_remaining_s", "streak", "window_total", "window_errors" },
            lane.GetProperty("cells")[0].EnumerateObject().Select(member => member.Name).ToHashSet());
        Assert.Equal(JsonValueKind.Null, before.GetProperty("latency_ewma_ms").ValueKind);
        double average = lane.GetProperty("latency_ewma_ms").GetDouble();
        Assert.True(average > 0);
        Assert.Equal(average / 1000, (await scene.MetricsAsync())["busbar_lane_latency_seconds", ("lane", "m0")], 5);
    }

    [Fact]
    [Trait("gotcha", "C256")]
    public async Task Two_starts_list_lanes_and_pools_in_the_same_order()
    {
        var config = new SceneConfig(Dialect.All[1], Dialect.All[0], Dialect.All[1]);
        await using Scene first = await Scene.StartAsync(config);
        await using Scene second = await Scene.StartAsync(config);

        Assert.Equal((await first.GetAsync("/stats")).Text, (await second.GetAsync("/stats")).Text);
        Assert.Equal(["m0", "m1", "m2"], (await first.LanesAsync()).Select(lane => lane.Model));
        Assert.Equal((await first.MetricsAsync()).Series, (await second.MetricsAsync()).Series);
    }
}
