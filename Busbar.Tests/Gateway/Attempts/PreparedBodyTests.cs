using System.Net;
using Busbar.Governance.Keys;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Gateway.Attempts;

/// <summary>A request is made ready before a lane is held for it, and once for each target.</summary>
public sealed class PreparedBodyTests
{
    private const int Budget = 16 * 1024 * 1024;

    private static readonly VirtualKey Key = GovernedGateway.Key("canary-key");
    private static readonly VirtualKey Other = GovernedGateway.Key("other-key");

    [Fact]
    public async Task Who_waits_for_memory_holds_no_lane()
    {
        var openai = new SpokenOpenAI();
        var anthropic = new SpokenAnthropic();
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig { Model = "max_concurrent: 1", Limits = $"memory_max_bytes: {Budget}" }, Key);
        var gate = new TaskCompletionSource();
        gateway.Upstream.Next(async call =>
        {
            await gate.Task;
            await openai.ServeAsync(call);
        });
        Task<Reply> large = gateway.PostAsync(openai.Path, "canary-key", Chat("m0", Budget - (128 * 1024)));
        await gateway.Upstream.ArrivedAsync();

        // Translation takes three times the body, for which there is no room; the clock stands still.
        Task<Reply> waiting = gateway.PostAsync(openai.Path, "canary-key", Chat("m1", 60 * 1024));
        await Eventually.TrueAsync(() => gateway.Metrics.Memory.Held > Budget - (100 * 1024), "the body is read");
        Reply small = await gateway.PostAsync(anthropic, "canary-key", "m1");
        gate.SetResult();

        Assert.Equal((200, 200, 200), (small.Status, (await large).Status, (await waiting).Status));
        Assert.Equal(2, gateway.Upstreams[1].Requests.Count);
        Assert.DoesNotContain("aaaa", gateway.Upstreams[1].Requests[0].Text, StringComparison.Ordinal);
    }

    // A small body waits for its room without the lane that it has got, a large one before it gets one.
    [Theory]
    [InlineData(128 * 1024, 60 * 1024)]
    [InlineData(512 * 1024, 300 * 1024)]
    public async Task Nobody_is_charged_for_a_request_whose_time_is_used_up_before_it_is_ready(int room, int length)
    {
        var openai = new SpokenOpenAI();
        var anthropic = new SpokenAnthropic();
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig { Pool = "failover: { deadline_secs: 1 }", Limits = $"memory_max_bytes: {Budget}" }, Key, Other);
        var gate = new TaskCompletionSource();
        gateway.Upstream.Next(async call =>
        {
            await gate.Task;
            await openai.ServeAsync(call);
        });
        Task<Reply> large = gateway.PostAsync(openai.Path, "canary-key", Chat("m0", Budget - room));
        await gateway.Upstream.ArrivedAsync();
        Task<Reply> late = gateway.PostAsync(anthropic.Path, "other-key", $$"""{"max_tokens":9,{{Chat("smart", length)[1..]}}""");
        await Eventually.TrueAsync(() => gateway.Metrics.Memory.Held > Budget - room + length, "the body is read");

        gateway.Time.Advance(TimeSpan.FromMilliseconds(1500));
        gate.SetResult();
        Reply reply = await late;

        anthropic.IsEnvelope(reply, 503);
        Assert.Equal(200, (await large).Status);
        Assert.Single(gateway.Upstreams[0].Requests);
        Assert.Empty(gateway.Upstreams[1].Requests);
        Assert.Equal(1, (await gateway.CountedAsync(2)).Sum("busbar_upstream_attempts_total"));
        Assert.Equal(0, gateway.Page().Sum("busbar_upstream_failures_total"));
        Assert.All(gateway.Application.Snapshot.Fleet.Lanes, static lane => Assert.Equal(0, lane.Permits.InFlight));
        Assert.Empty(await gateway.LedgerOf("other-key"));
    }

    [Theory]
    [InlineData("upstream_model: claude-x, max_concurrent: 5", 1)]
    [InlineData("max_concurrent: 5", 2)]
    public async Task A_request_is_translated_once_for_each_target(string model, int times)
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig(new SpokenAnthropic(), new SpokenAnthropic()) { Model = model }, Key);
        gateway.Upstream.Always = static call => call.AnswerAsync(503, "{}");

        Reply reply = await gateway.PostAsync(
            "/v1/chat/completions", "canary-key", """{"model":"smart","messages":[{"role":"user","content":"hi"}],"presence_penalty":0.5}""");

        // Each translation counts what it drops.
        Assert.Equal(200, reply.Status);
        Assert.Equal(gateway.Upstreams[0].Requests[0].Text.Replace("wire-0", "wire-1", StringComparison.Ordinal),
            gateway.Upstreams[1].Requests[0].Text);
        Assert.Equal(times, (await gateway.CountedAsync(1)).Sum("busbar_translation_losses_total"));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("\"model\":\"models/smart\",", true)]
    public async Task A_large_body_of_the_lanes_own_protocol_waits_for_a_turn_only_where_it_may_have_to_change(string member, bool waits)
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(new GovernedConfig(new SpokenGemini()), Key);
        int turns = Math.Max(1, Environment.ProcessorCount / 2);
        for (int turn = 0; turn < turns; turn++)
        {
            await gateway.Application.Work.EnterAsync((ulong)turn, CancellationToken.None);
        }

        string text = new('a', 300 * 1024);
        Task<Reply> reply = gateway.PostAsync(
            "/v1beta/models/smart:generateContent", "canary-key", $$"""{ {{member}}"contents":[{"role":"user","parts":[{"text":"{{text}}"}]}]}""");
        if (waits)
        {
            await Eventually.TrueAsync(() => gateway.Metrics.Memory.Held > text.Length, "the body is read");
        }
        else
        {
            Assert.Equal(200, (await reply).Status);
        }

        // Small ones need no turn, and one that came later is through.
        Assert.Equal(200, (await gateway.PostAsync(new SpokenGemini(), "canary-key", "smart")).Status);
        Assert.Equal(waits ? 1 : 2, gateway.Upstream.Requests.Count);
        for (int turn = 0; turn < turns; turn++)
        {
            gateway.Application.Work.Leave();
        }

        Assert.Equal(200, (await reply).Status);
    }

    [Fact]
    public async Task Large_bodies_are_served_by_any_lane_that_is_left()
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig(new SpokenAnthropic(), new SpokenOpenAI(), new SpokenGemini()), Key);
        gateway.Upstreams[0].Always = static call => call.AnswerAsync(503, "{}");
        gateway.Upstreams[1].Always = static call => call.AnswerAsync(503, "{}");

        Reply reply = await gateway.PostAsync("/v1/chat/completions", "canary-key", Chat("smart", 1024 * 1024));

        Assert.Equal((int)HttpStatusCode.OK, reply.Status);
        Assert.All(gateway.Upstreams, static upstream => Assert.Single(upstream.Requests));
        await Eventually.TrueAsync(() => gateway.Metrics.Memory.Held == 0, "all memory is given back");
    }

    [Fact]
    public async Task What_is_only_counted_or_weighed_is_read_within_the_same_bounds()
    {
        // Both are read here: one for an estimate, since no lane counts, the other for what its thinking may cost.
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(new GovernedConfig(new SpokenOpenAI(), new SpokenAnthropic()), Key);
        string parts = string.Join(',', Enumerable.Repeat("""{"type":"text","text":""}""", 500_001));

        Reply counted = await gateway.PostAsync(
            "/v1/messages/count_tokens", "canary-key", $$"""{"model":"m0","messages":[{"role":"user","content":[{{parts}}]}]}""");
        Reply weighed = await gateway.PostAsync("/v1/chat/completions", "canary-key",
            $$"""{"model":"m1","messages":[{"role":"user","content":[{{parts}}]}]}""");

        Assert.Equal((400, 400), (counted.Status, weighed.Status));
        Assert.Contains("too many", counted.Text, StringComparison.Ordinal);
        Assert.Contains("too many", weighed.Text, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => gateway.Metrics.Memory.Held == 0, "all memory is given back");
    }

    private static string Chat(string model, int length)
        => $$"""{"model":"{{model}}","messages":[{"role":"user","content":"{{new string('a', length)}}"}]}""";
}
