using System.IO.Compression;
using System.Text.Json;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Figures;

public sealed class FiguresScenarios
{
    public static TheoryData<string, string, bool> Pairs => Cases.Pairs;

    [Fact]
    [Trait("gotcha", "C249")]
    public async Task C249_a_series_is_there_once_its_labels_were_seen_and_the_state_of_every_lane_from_the_start()
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken, SpokenProtocol.All[1]));
        scene.Upstreams[0].Always = call => spoken.ServeAsync(call);

        Reply reply = await scene.GetAsync("/metrics");
        var page = new MetricsPage(reply.Text);
        Assert.StartsWith("text/plain; version=0.0.4", reply["Content-Type"], StringComparison.Ordinal);
        string[] idle = [.. page.Series.Where(series => series.Contains("pool=", StringComparison.Ordinal)
            || series.Contains("lane=", StringComparison.Ordinal))];
        (string Pool, string Lane)[] places = [("smart", "m0"), ("smart", "m1"), ("m0", "m0"), ("m1", "m1")];
        Assert.Equal(places.Select(place => $"busbar_lane_state{{pool=\"{place.Pool}\",lane=\"{place.Lane}\"}}"), idle);
        Assert.DoesNotContain(page.Series, series => series.Contains("ingress_protocol", StringComparison.Ordinal));

        await scene.PostAsync(spoken, model: "m0");
        await scene.CountedAsync("ok");
        page = await scene.MetricsAsync();
        Assert.Equal(
            [$"busbar_requests_total{{ingress_protocol=\"{spoken.Name}\",pool=\"m0\",outcome=\"ok\"}}"],
            page.Series.Where(series => series.StartsWith("busbar_requests_total", StringComparison.Ordinal)));
        Assert.Equal(20, page["busbar_lane_available_permits", ("lane", "m0")]);
        Assert.DoesNotContain("busbar_lane_available_permits{lane=\"m1\"}", page.Series);
    }

    [Fact]
    public async Task Tokens_are_counted_by_pool_lane_model_and_kind()
    {
        SpokenProtocol spoken = SpokenProtocol.Of("openai");
        await using Scene scene = await Scene.StartAsync(spoken);
        scene.Upstream.Always = call => spoken.ServeAsync(call);
        foreach (bool stream in (bool[])[false, true])
        {
            await scene.PostAsync(spoken, stream);
        }

        await scene.SettledAsync();
        MetricsPage page = await scene.MetricsAsync();
        string series = Assert.Single(page.Series, series => series.StartsWith(
            "busbar_tokens_total{pool=\"smart\",lane=\"m0\"", StringComparison.Ordinal)
            && series.Contains("kind=\"output\"", StringComparison.Ordinal));
        Assert.Contains("model=\"", series, StringComparison.Ordinal);
        Assert.True(page.Sum("busbar_tokens_total", "kind", "output") > 0);
        Assert.True(page.Sum("busbar_tokens_total", "kind", "input") > 0);
    }

    [Theory]
    [InlineData("gzip", true)]
    [InlineData("deflate, GZIP;q=0.5", true)]
    [InlineData("gzip;q=0", false)]
    [InlineData("identity", false)]
    public async Task The_page_is_compressed_for_who_asks(string accepts, bool compressed)
    {
        await using Scene scene = await Scene.StartAsync(SpokenProtocol.All[0]);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.TryAddWithoutValidation("Accept-Encoding", accepts);
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + Scene.Token);
        using HttpResponseMessage response = await scene.Client.SendAsync(request);

        Assert.Equal(compressed ? ["gzip"] : [], response.Content.Headers.ContentEncoding);
        byte[] body = await response.Content.ReadAsByteArrayAsync();
        using var plain = new StreamReader(compressed ? new GZipStream(new MemoryStream(body), CompressionMode.Decompress) : new MemoryStream(body));
        Assert.Contains("busbar_build_info", await plain.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    [Trait("gotcha", "C250")]
    [Trait("gotcha", "C252")]
    public async Task A_request_moves_each_figure_by_one_under_the_name_it_was_asked_by(string client, string provider, bool stream)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
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
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using Scene scene = await Scene.StartAsync(spoken);
        scene.Upstream.Always = call => spoken.ServeAsync(call);
        JsonElement before = (await scene.GetAsync("/stats")).Json.GetProperty("lanes")[0];
        await scene.PostAsync(spoken);
        Reply page = await scene.GetAsync("/stats");
        JsonElement lane = page.Json.GetProperty("lanes")[0];

        Assert.Equal(["pools", "lanes", "identities"], page.Json.EnumerateObject().Select(member => member.Name));
        Assert.Superset(
            new HashSet<string>
            {
                "model", "upstream_model", "provider", "max_concurrent", "inflight", "free_slots", "ok", "err", "client_fault", "usable",
                "availability", "dead",
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
        var config = new SceneConfig(SpokenProtocol.All[1], SpokenProtocol.All[0], SpokenProtocol.All[1]);
        await using Scene first = await Scene.StartAsync(config);
        await using Scene second = await Scene.StartAsync(config);

        Assert.Equal((await first.GetAsync("/stats")).Text, (await second.GetAsync("/stats")).Text);
        Assert.Equal(["m0", "m1", "m2"], (await first.LanesAsync()).Select(lane => lane.Model));
        Assert.Equal((await first.MetricsAsync()).Series, (await second.MetricsAsync()).Series);
    }
}
