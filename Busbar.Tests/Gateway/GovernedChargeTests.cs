using Busbar.Governance.Budgets;
using Busbar.Governance.Store;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Gateway;

/// <summary>What virtual keys pay, through the whole way of a request.</summary>
public sealed class GovernedChargeTests
{
    private const string Secret = "sk-bb-canary-one";

    // A token costs a cent, and a request two.
    private const long Cent = 10_000_000;

    private static readonly SpokenOpenAI OpenAI = new();

    [Theory]
    [InlineData("openai")]
    [InlineData("anthropic")]
    [Trait("gotcha", "C230")]
    [Trait("gotcha", "C241")]
    public async Task A_whole_answer_costs_its_fee_and_its_tokens_once_translated_or_not(string client)
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(GovernedGateway.Key(Secret));

        Reply reply = await gateway.PostAsync(SpokenProtocol.Of(client), Secret, "m0");

        Assert.Equal(200, reply.Status);
        WindowUsage usage = await gateway.UsageOf(Secret);
        Assert.Equal((9 * Cent, 7L, 1L), (usage.SpendNanos, usage.Tokens, usage.Requests));
        DailyUsage day = Assert.Single(await gateway.LedgerOf(Secret));
        Assert.Equal(("m0", 1L, 0L, 9 * Cent, 5L, 2L), (day.Model, day.Requests, day.Estimated, day.SpendNanos, day.Input, day.Output));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(500)]
    [InlineData(503)]
    [Trait("gotcha", "C230")]
    public async Task What_fails_is_free(int status)
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(new GovernedConfig(OpenAI), GovernedGateway.Key(Secret));
        gateway.Upstream.Always = call => call.AnswerAsync(status, OpenAI.Error("invalid_request_error", "no"));

        Assert.NotEqual(200, (await gateway.PostAsync(OpenAI, Secret)).Status);

        Assert.Equal((0L, 0L, 0L), (await gateway.UsageOf(Secret)) is var usage ? (usage.SpendNanos, usage.Tokens, usage.Requests) : default);
        Assert.Empty(await gateway.LedgerOf(Secret));
    }

    [Fact]
    [Trait("gotcha", "C233")]
    public async Task Hostile_token_counts_neither_overflow_nor_go_below_zero()
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(new GovernedConfig(OpenAI), GovernedGateway.Key(Secret));
        gateway.Upstream
            .Next(call => call.AnswerAsync(200, OpenAI.Answer("x")
                .Replace("\"prompt_tokens\":5", "\"prompt_tokens\":9223372036854775807", StringComparison.Ordinal)))
            .Next(call => call.AnswerAsync(200, OpenAI.Answer("x")
                .Replace("\"prompt_tokens\":5", "\"prompt_tokens\":-9223372036854775808", StringComparison.Ordinal)));

        await gateway.PostAsync(OpenAI, Secret);
        long first = (await gateway.UsageOf(Secret)).SpendNanos;
        await gateway.PostAsync(OpenAI, Secret);

        // What no request can come to counts as an estimate, and ends no budget by itself.
        Assert.InRange(first, 2 * Cent, 100 * Cent);
        Assert.InRange((await gateway.UsageOf(Secret)).SpendNanos, first, first + (10 * Cent));
    }

    [Fact]
    [Trait("gotcha", "C231")]
    public async Task A_request_that_ends_after_midnight_is_charged_to_the_day_it_came_on()
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig(OpenAI), GovernedGateway.Key(Secret) with { Period = BudgetPeriod.Daily, MaxBudgetCents = 100_000 });
        gateway.Upstream.Always = async call =>
        {
            gateway.Time.Advance(TimeSpan.FromSeconds(2));
            await OpenAI.ServeAsync(call);
        };

        // Only seconds pass while it is under way: none of its clocks runs out.
        gateway.Time.SetUtcNow(new DateTimeOffset(2026, 11, 22, 23, 59, 59, TimeSpan.Zero));
        Assert.Equal(200, (await gateway.PostAsync(OpenAI, Secret)).Status);

        // The client has its answer before the ledger has the charge.
        await Eventually.HoldsAsync(async () => (await gateway.LedgerOf(Secret)).Count() == 1 ? null : "nothing is in the ledger");
        Assert.Equal(0, (await gateway.UsageOf(Secret)).SpendNanos);
        DailyUsage day = Assert.Single(await gateway.LedgerOf(Secret));
        Assert.Equal((new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds(), 9 * Cent), (day.Day, day.SpendNanos));
        Assert.Equal(day.Day, Assert.Single(gateway.Store.Windows).WindowStart);
    }

    [Theory]
    [InlineData(600)]
    [InlineData(2000)]
    [Trait("gotcha", "C236")]
    public async Task Usage_is_found_in_a_large_body_that_comes_in_pieces(int kibibytes)
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(new GovernedConfig(OpenAI), GovernedGateway.Key(Secret));
        string answer = OpenAI.Answer(new string('x', kibibytes * 1024));
        gateway.Upstream.Always = async call =>
        {
            await call.BeginAsync("application/json");
            foreach (char[] piece in answer.Chunk(100_000))
            {
                await call.ChunkAsync(new string(piece));
            }

            await call.EndAsync();
        };

        Reply reply = await gateway.PostAsync(OpenAI, Secret);

        Assert.Equal(answer.Length, reply.Body.Length);
        Assert.Equal(7, (await gateway.UsageOf(Secret)).Tokens);
    }

    [Fact]
    public async Task A_success_without_usage_is_estimated_from_its_text_and_flagged()
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(new GovernedConfig(OpenAI), GovernedGateway.Key(Secret));
        string answer = OpenAI.Answer(new string('x', 400));
        gateway.Upstream.Always = call => call.AnswerAsync(200, answer[..answer.IndexOf(",\"usage\"", StringComparison.Ordinal)] + "}");

        await gateway.PostAsync(OpenAI, Secret);

        DailyUsage day = Assert.Single(await gateway.LedgerOf(Secret));
        Assert.Equal((1L, 100L), (day.Estimated, day.Output));
        Assert.InRange(day.Input, 1, 40);
    }

    [Fact]
    public async Task Embeddings_pay_for_their_input_and_counting_tokens_is_free()
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig(OpenAI, new SpokenAnthropic()), GovernedGateway.Key(Secret) with { MaxBudgetCents = 10_000, RpmLimit = 3 });
        gateway.Upstream.Always = call => call.AnswerAsync(200, """{"object":"list","data":[],"usage":{"prompt_tokens":8,"total_tokens":8}}""");
        gateway.Upstreams[1].Always = call => call.AnswerAsync(200, """{"input_tokens":11}""");

        Reply embedded = await gateway.PostAsync("/v1/embeddings", Secret, """{"model":"smart","input":"hello"}""");
        Reply counted = await gateway.PostAsync("/v1/messages/count_tokens", Secret,
            """{"model":"smart","messages":[{"role":"user","content":"hello"}]}""");
        WindowUsage usage = await gateway.UsageOf(Secret);
        Reply third = await gateway.PostAsync(OpenAI, Secret, "m1");
        Reply fourth = await gateway.PostAsync("/v1/messages/count_tokens", Secret,
            """{"model":"smart","messages":[{"role":"user","content":"hello"}]}""");

        Assert.Equal((200, 200, 200, 429), (embedded.Status, counted.Status, third.Status == 429 ? 429 : 200, fourth.Status));
        Assert.Equal((10 * Cent, 8L, 1L), (usage.SpendNanos, usage.Tokens, usage.Requests));
    }

    [Fact]
    public async Task A_budget_is_never_passed_however_many_requests_run_at_once()
    {
        // Input of 40 tokens at most and output of 10 bound a request to 52 cents, of which 9 are spent.
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig(OpenAI), GovernedGateway.Key(Secret) with { MaxBudgetCents = 300 });
        string body = OpenAI.Request("smart", false, "hi").Replace("\"messages\"", "\"max_tokens\":10,\"messages\"", StringComparison.Ordinal);

        Reply[] replies = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => gateway.PostAsync(OpenAI.Path, Secret, body)));

        int served = replies.Count(reply => reply.Status == 200);
        long spent = (await gateway.UsageOf(Secret)).SpendNanos;
        Assert.Equal(served * 9 * Cent, spent);
        Assert.InRange(spent, 9 * Cent, 300 * Cent);
        Assert.All(replies.Where(reply => reply.Status != 200), reply => Assert.Equal(429, reply.Status));
        Assert.Equal(spent, (await gateway.LedgerOf(Secret)).Sum(day => day.SpendNanos));
        MetricsPage page = await gateway.CountedAsync(200);
        Assert.Equal(200, page.Sum("busbar_requests_total"));
        Assert.Equal(200 - served, page.Sum("busbar_requests_total", "outcome", "client_error"));
    }
}
