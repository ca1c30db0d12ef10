using System.Text;
using Busbar.Governance.Store;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Gateway;

/// <summary>What streams cost, however they end.</summary>
public sealed class GovernedStreamTests
{
    private const string Secret = "sk-bb-canary-one";
    private const long Cent = 10_000_000;
    private const string Chunk =
        """data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"wire","choices":[{"index":0,"delta":""" +
        """{"content":"TEXT"},"finish_reason":null}],"usage":null}""" + "\n\n";
    private const string Last =
        """data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"wire","choices":[{"index":0,"delta":""" +
        """{},"finish_reason":"stop"}],"usage":null}""" + "\n\n";
    private const string UsageChunk =
        """data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"wire","choices":[],"usage":{"prompt_tokens":""" +
        """30,"completion_tokens":12,"total_tokens":42}}""" + "\n\n";
    private const string Done = "data: [DONE]\n\n";

    private static readonly SpokenOpenAI OpenAI = new();

    [Theory]
    [InlineData("""{"model":"smart","messages":[],"stream":true}""",
        """{"model":"wire-0","messages":[],"stream":true,"stream_options":{"include_usage":true}}""")]
    [InlineData("""{"stream":true, "model" : "smart","messages":[] }""",
        """{"stream":true, "model" : "wire-0","messages":[] ,"stream_options":{"include_usage":true}}""")]
    [InlineData("""{"stream_options":{"include_usage":false,"include_obfuscation":false},"stream":true,"model":"smart"}""",
        """{"stream_options":{"include_usage":true,"include_obfuscation":false},"stream":true,"model":"wire-0"}""")]
    [InlineData("""{"model":"smart","stream_options":null,"stream":true}""",
        """{"model":"wire-0","stream_options":{"include_usage":true},"stream":true}""")]
    [Trait("gotcha", "C234")]
    public async Task A_stream_that_nobody_asked_the_usage_of_is_charged_and_looks_as_if_nobody_had(string asked, string sent)
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(new GovernedConfig(OpenAI), GovernedGateway.Key(Secret));
        string text = Chunk.Replace("TEXT", "says \\\"usage\\\" aloud", StringComparison.Ordinal);
        foreach (string[] frames in (string[][])[[Chunk, text, Last, UsageChunk, Done], [Chunk + text, Last + UsageChunk + Done],
            [Chunk + text + Last + UsageChunk + Done], Cut(Chunk + text + Last + UsageChunk + Done)])
        {
            gateway.Upstream.Next(call => call.StreamAsync(frames));

            Reply reply = await gateway.PostAsync(OpenAI.Path, Secret, asked);

            Assert.Equal((Chunk + text + Last).Replace(",\"usage\":null", "", StringComparison.Ordinal) + Done, reply.Text);
        }

        Assert.All(gateway.Upstream.Requests, request => Assert.Equal(sent, request.Text));
        WindowUsage usage = await gateway.UsageOf(Secret);
        Assert.Equal((4 * 44 * Cent, 4 * 42L, 4L), (usage.SpendNanos, usage.Tokens, usage.Requests));
    }

    [Theory]
    [InlineData("""{"model":"smart","messages":[],"stream":true,"stream_options":{"include_usage":true}}""",
        """{"model":"wire-0","messages":[],"stream":true,"stream_options":{"include_usage":true}}""")]
    [InlineData("""{"model":"smart","stream_options":7,"stream":true}""", """{"model":"wire-0","stream_options":7,"stream":true}""")]
    public async Task A_client_that_asked_gets_every_byte_as_it_came(string asked, string sent)
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(new GovernedConfig(OpenAI), GovernedGateway.Key(Secret));
        string answer = asked.Contains("include_usage", StringComparison.Ordinal) ? Chunk + Last + UsageChunk + Done
            : "data: {}\n\n" + Chunk.Replace(",\"usage\":null", "", StringComparison.Ordinal) + Done;
        gateway.Upstream.Always = call => call.StreamAsync([answer]);

        Reply reply = await gateway.PostAsync(OpenAI.Path, Secret, asked);

        Assert.Equal((answer, sent), (reply.Text, gateway.Upstream.Requests[0].Text));
    }

    [Fact]
    [Trait("gotcha", "C235")]
    public async Task A_streamed_response_is_charged_by_its_nested_usage()
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig(new SpokenBare("responses")), GovernedGateway.Key(Secret));
        gateway.Upstream.Always = call => call.StreamAsync(
        [
            "event: response.created\ndata: " +
                "{\"type\":\"response.created\",\"sequence_number\":0,\"response\":" +
                "{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"in_progress\",\"output\":[]}}\n\n",
            "event: response.output_text.delta\ndata: " +
                "{\"type\":\"response.output_text.delta\",\"sequence_number\":1,\"output_index\":0,\"content_index\":" +
                "0,\"item_id\":\"m\",\"delta\":\"hi\"}\n\n",
            "event: response.completed\ndata: " +
                "{\"type\":\"response.completed\",\"sequence_number\":2,\"response\":" +
                "{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"completed\",\"output\":[],\"usage\":{\"input_tokens\":9,\"output_tokens\":" +
                "4,\"total_tokens\":13}}}\n\n",
        ]);

        Assert.Equal(200, (await gateway.PostAsync("/v1/responses", Secret, """{"model":"smart","input":"hi","stream":true}""")).Status);

        Assert.Equal((15 * Cent, 13L), (await gateway.UsageOf(Secret)) is var usage ? (usage.SpendNanos, usage.Tokens) : default);
    }

    [Theory]
    [InlineData("openai", "openai")]
    [InlineData("openai", "anthropic")]
    [InlineData("anthropic", "anthropic")]
    [InlineData("anthropic", "openai")]
    [Trait("gotcha", "C237")]
    public async Task A_client_that_leaves_pays_for_what_it_was_sent(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(new GovernedConfig(serves), GovernedGateway.Key(Secret));
        gateway.Upstream.Always = async call =>
        {
            await call.BeginAsync();
            foreach (string frame in (string[])[.. serves.Prelude, serves.First(new string('x', 200)), serves.More(new string('y', 200))])
            {
                await call.ChunkAsync(frame);
            }

            await call.SilenceAsync();
        };

        using (HttpResponseMessage response = await gateway.OpenAsync(speaks.Path, Secret, speaks.Request("smart", true, "hi")))
        {
            await using Stream stream = await response.Content.ReadAsStreamAsync();
            var seen = new StringBuilder();
            byte[] buffer = new byte[4096];
            while (!seen.ToString().Contains(new string('y', 200), StringComparison.Ordinal))
            {
                seen.Append(Encoding.UTF8.GetString(buffer, 0, await stream.ReadAsync(buffer)));
            }
        }

        DailyUsage day = default;
        await Eventually.HoldsAsync(async () =>
        {
            IReadOnlyList<DailyUsage> all = await gateway.LedgerOf(Secret);
            day = all.Count > 0 ? all[0] : default;
            return all.Count > 0 ? null : "nothing charged yet";
        });
        Assert.Equal((1L, 1L, 100L), (day.Requests, day.Estimated, day.Output));
        Assert.InRange(day.Input, 1, 60);
        Assert.Equal((day.Input + day.Output + 2) * Cent, day.SpendNanos);
    }

    [Theory]
    [InlineData("openai", "openai")]
    [InlineData("openai", "anthropic")]
    [InlineData("anthropic", "anthropic")]
    [InlineData("gemini", "gemini")]
    public async Task A_drained_stream_holds_its_place_until_its_end_and_is_charged_what_the_provider_reports(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig(serves) { Pool = "on_client_disconnect: drain" }, GovernedGateway.Key(Secret) with { MaxConcurrent = 1 });
        TaskCompletionSource left = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int refused = 0;
        gateway.Upstream.Next(async call =>
        {
            await call.BeginAsync();
            await call.ChunkAsync(string.Concat(serves.Prelude) + serves.First("hello"));
            await left.Task;

            // Far more than a client takes that closes its connection in good order, and than a connection holds that nobody reads from.
            for (int piece = 0; piece < 1000; piece++)
            {
                await call.ChunkAsync(serves.More(new string('x', 8000)));
            }

            refused = (await gateway.PostAsync(speaks.PathOf("smart", stream: false), Secret, speaks.Request("smart", false, "hi"))).Status;
            string usage = provider == "openai" ? UsageChunk.Replace("30", "5", StringComparison.Ordinal).Replace("12", "2", StringComparison.Ordinal)
                : "";
            await call.ChunkAsync(usage + string.Concat(serves.End));
            await call.EndAsync();
        });

        string path = speaks.PathOf("smart", stream: true) + (client == "gemini" ? "?alt=sse" : "");
        using (HttpResponseMessage response = await gateway.OpenAsync(path, Secret, speaks.Request("smart", true, "hi")))
        {
            await (await StreamText.OfAsync(response)).ReadUntilAsync("hello");
        }

        left.SetResult();
        DailyUsage day = default;
        await Eventually.HoldsAsync(async () =>
        {
            IReadOnlyList<DailyUsage> all = await gateway.LedgerOf(Secret);
            day = all.Count > 0 ? all[0] : default;
            return all.Count > 0 ? null : "nothing charged yet";
        });

        Assert.Equal((429, 0L, 5L, 2L), (refused, day.Estimated, day.Input, day.Output));
        Assert.Equal((5 + 2 + 2) * Cent, day.SpendNanos);

        // The one that left and the one that was refused meanwhile.
        await Eventually.TrueAsync(() => gateway.Page().Sum("busbar_requests_total", "outcome", "client_error") == 2,
            "two requests counted as the client's");
        Assert.Equal(200, (await gateway.PostAsync(speaks.PathOf("smart", stream: false), Secret, speaks.Request("smart", false, "hi"))).Status);
    }

    [Theory]
    [InlineData("openai", "openai", true)]
    [InlineData("openai", "anthropic", true)]
    [InlineData("anthropic", "anthropic", true)]
    [InlineData("openai", "openai", false)]
    [InlineData("anthropic", "openai", false)]
    [InlineData("anthropic", "anthropic", false)]
    [Trait("gotcha", "C238")]
    public async Task A_stream_that_breaks_off_or_ends_in_an_error_costs_its_fee_alone(string client, string provider, bool inBand)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(new GovernedConfig(serves), GovernedGateway.Key(Secret));
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        gateway.Upstream.Always = async call =>
        {
            await call.BeginAsync();
            foreach (string frame in (string[])[.. serves.Prelude, serves.First("hello")])
            {
                await call.ChunkAsync(frame);
            }

            await begun.Task;
            if (inBand)
            {
                await call.ChunkAsync(serves.ErrorEvent);
                await call.EndAsync();
            }
            else
            {
                call.Reset();
            }
        };

        using HttpResponseMessage response = await gateway.OpenAsync(speaks.Path, Secret, speaks.Request("smart", true, "hi"));
        begun.SetResult();
        Assert.True(speaks.HasError(await response.Content.ReadAsStringAsync()));

        WindowUsage usage = await gateway.UsageOf(Secret);
        Assert.Equal((2 * Cent, 0L, 1L), (usage.SpendNanos, usage.Tokens, usage.Requests));
    }

    [Fact]
    public async Task A_stream_that_never_reports_usage_is_estimated_from_what_was_delivered()
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(new GovernedConfig(OpenAI), GovernedGateway.Key(Secret));
        string chunk = Chunk.Replace(",\"usage\":null", "", StringComparison.Ordinal).Replace("TEXT", new string('z', 40), StringComparison.Ordinal);
        gateway.Upstream.Always = call => call.StreamAsync([chunk, chunk, Last, Done]);

        await gateway.PostAsync(OpenAI, Secret, stream: true);

        DailyUsage day = Assert.Single(await gateway.LedgerOf(Secret));
        Assert.Equal((1L, 20L), (day.Estimated, day.Output));
    }

    [Fact]
    public async Task A_client_that_leaves_before_the_headers_pays_nothing()
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig(OpenAI), GovernedGateway.Key(Secret) with { MaxConcurrent = 1 });
        gateway.Upstream.Next(call => call.SilenceAsync());
        using var left = new CancellationTokenSource();
        Task<HttpResponseMessage> asked = gateway.OpenAsync(OpenAI.Path, Secret, OpenAI.Request("smart", false, "hi"), left.Token);
        await gateway.Upstream.ArrivedAsync();
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);

        Assert.Equal((0L, 0L), (await gateway.UsageOf(Secret)) is var usage ? (usage.SpendNanos, usage.Requests) : default);
        Assert.Equal(200, (await gateway.PostAsync(OpenAI, Secret)).Status);
    }

    // In pieces of a prime length, so that cuts fall everywhere.
    private static string[] Cut(string text) => [.. text.Chunk(13).Select(piece => new string(piece))];
}
