using Busbar.Configuration;
using Busbar.Configuration.Binding;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Prices;
using Busbar.Governance.Budgets;
using Busbar.Ir;

namespace Busbar.Tests.Configuration;

/// <summary>The price list that is shipped, and how a model finds its row.</summary>
public sealed class PriceListTests
{
    private static readonly PriceCatalog s_list = PriceCatalog.Open(new ConfigSources("", null), new ConfigReport(), new FakeEnvironment());
    private static readonly List<ListedModel> s_rows = [.. s_list.All];

    [Fact]
    public void Every_row_binds_and_there_are_hundreds()
    {
        Assert.Empty(s_list.Problems);
        Assert.True(s_rows.Count >= 250, $"{s_rows.Count} rows");
        Assert.All(s_rows, row => Assert.StartsWith("https://", row.Source));
        Assert.Equal(s_rows.Count, s_rows.DistinctBy(row => (row.Provider, row.Name)).Count());
    }

    [Fact]
    public void Every_block_is_a_provider_of_the_catalogue()
    {
        ConfigReport report = new();
        Assert.Empty(s_rows.Select(row => row.Provider).Distinct().Except(ConfigLoader.ReadCatalog(new ConfigSources("", null), report)!.Keys));
    }

    [Fact]
    public void No_row_contradicts_itself()
    {
        Assert.All(s_rows, row =>
        {
            RateStep? before = null;
            foreach (RateStep step in row.Card.Steps)
            {
                string name = $"{row.Provider}/{row.Name} above {step.Above}";
                Assert.True(step.Standard.Input > 0, $"{name} costs nothing");
                Assert.True(step.Standard.CacheRead <= step.Standard.Input, $"{name}: reading a cache costs more than not having one");
                Assert.True(step.Standard.CacheWriteLong >= step.Standard.CacheWrite, $"{name}: keeping something longer costs less");
                Assert.True(step.Batch is not { } batch || batch.IsWithin(step.Standard), $"{name}: a batch costs more");
                Assert.True(step.Flex is not { } flex || flex.IsWithin(step.Standard), $"{name}: flex costs more");
                Assert.True(step.Priority is not { } priority || step.Standard.IsWithin(priority), $"{name}: priority costs less");
                Assert.True(before is null || (step.Above > before.Above && before.Standard.IsWithin(step.Standard)), $"{name}: more costs less");
                before = step;
            }

            Assert.True(row.Context is null || row.Context >= row.Card.Steps[^1].Above, $"{row.Name}: its last step is beyond its context");
        });
    }

    [Theory]
    [InlineData("openai", "gpt-5.4", "openai", "gpt-5.4")]
    [InlineData("openai", "gpt-5.4-2026-03-05", "openai", "gpt-5.4")]
    [InlineData("openai", "gpt-4o-2024-05-13", "openai", "gpt-4o-2024-05-13")]
    [InlineData("responses", "gpt-5.4", "openai", "gpt-5.4")]
    [InlineData("anthropic", "claude-opus-4-8-20260601", "anthropic", "claude-opus-4-8")]
    [InlineData("bedrock", "eu.anthropic.claude-opus-4-8", "bedrock", "eu.anthropic.claude-opus-4-8")]
    [InlineData("z.ai", "glm-5", "zai-api", "glm-5")]
    [InlineData("openai", "claude-opus-4-8", null, null)]
    [InlineData("openrouter", "gpt-5.4", null, null)]
    [InlineData("openai", "gpt", null, null)]
    public void A_model_finds_its_row_by_its_providers_name_or_address(string provider, string model, string? block, string? row)
    {
        GatewayConfig config = ConfigText.Valid(ConfigText.With(
            providers: $"{{{provider}: {{api_key_env: OPENAI_KEY}}}}",
            models: $"{{small: {{provider: {provider}, max_concurrent: 1, upstream_model: '{model}'}}}}"));

        ListedModel? listed = config.Models["small"].Listed;
        Assert.Equal((block, row), (listed?.Provider, listed?.Name));
    }

    [Theory]
    [InlineData("{mine: {protocol: openai, base_url: 'https://API.openai.com', api_key_env: OPENAI_KEY}}", true)]
    [InlineData("{mine: {protocol: openai, base_url: 'https://api.openai.com.example.com', api_key_env: OPENAI_KEY}}", false)]
    [InlineData("{mine: {protocol: bedrock, base_url: 'https://bedrock-runtime.eu-west-1.amazonaws.com', api_key_env: OPENAI_KEY}}", true)]
    [InlineData("{mine: {platform: bedrock-invoke, region: eu-west-1, api_key_env: OPENAI_KEY}}", true)]
    public void A_provider_of_ones_own_is_known_by_its_host(string providers, bool isListed)
    {
        string model = providers.Contains("bedrock", StringComparison.Ordinal) ? "anthropic.claude-opus-4-8" : "gpt-5.4";
        GatewayConfig config = ConfigText.Valid(ConfigText.With(
            providers: providers, models: $"{{small: {{provider: mine, max_concurrent: 1, upstream_model: '{model}'}}}}"));

        Assert.Equal(isListed, config.Models["small"].Listed is not null);
    }

    // By hand, with the prices on the vendors' pages. Dollars.
    [Theory]

    // Anthropic's example of a session: 50,000 in and 15,000 out on Opus: 0.25 + 0.375.
    [InlineData("anthropic/claude-opus-4-6", 50_000, 0, 0, 0, 15_000, "Standard", 0.625)]

    // The same with 40,000 of them read from the cache: 0.05 + 0.02 + 0.375.
    [InlineData("anthropic/claude-opus-4-6", 10_000, 40_000, 0, 0, 15_000, "Standard", 0.445)]

    // A cache of 100,000 tokens for an hour and one of 20,000 for five minutes on Sonnet: 0.6 + 0.075, and 1,000 out: 0.015.
    [InlineData("anthropic/claude-sonnet-4-6", 0, 0, 20_000, 100_000, 1_000, "Standard", 0.690)]

    // OpenAI: more than 272,000 tokens of input double its price and raise that of the output by half, for all of the request: 300,000 x 5 + 10,000 x
    // 22.5.
    [InlineData("openai/gpt-5.4", 300_000, 0, 0, 0, 10_000, "Standard", 1.725)]

    // OpenAI's flex: half of 0.025 + 0.0125 + 0.02.
    [InlineData("openai/gpt-5", 20_000, 100_000, 0, 0, 2_000, "Flex", 0.02875)]

    // OpenAI's priority for GPT-4o mini has prices of its own: 100,000 x 0.25 + 10,000 x 1.
    [InlineData("openai/gpt-4o-mini", 100_000, 0, 0, 0, 10_000, "Priority", 0.035)]

    // Gemini 2.5 Pro beyond 200,000 tokens, in a batch: half of 250,000 x 2.5 + 4,000 x 15.
    [InlineData("gemini/gemini-2.5-pro", 250_000, 0, 0, 0, 4_000, "Batch", 0.3425)]

    // Amazon Nova Pro: 10,000 x 0.8 + 1,000 x 3.2.
    [InlineData("bedrock/amazon.nova-pro-v1:0", 10_000, 0, 0, 0, 1_000, "Standard", 0.0112)]
    public void A_bill_is_what_one_makes_out_by_hand(string model, long input, long read, long write, long writeLong, long output, string tier,
        double dollars)
    {
        ListedModel row = s_rows.Single(row => $"{row.Provider}/{row.Name}" == model);
        var usage = new Usage
        {
            Input = input, CacheRead = read, CacheWrite = write + writeLong, CacheWriteLong = writeLong, Output = output, Tier =
                Enum.Parse<ServedTier>(tier),
        };

        Assert.Equal((long)Math.Round(dollars * 1e9), new Prices(0, row.Card).CostOfTokens(usage, out bool isPriced));
        Assert.True(isPriced);
    }

    [Fact]
    public void Sound_and_pictures_have_prices_of_their_own()
    {
        Rates flash = s_rows.Single(row => row is { Provider: "gemini", Name: "gemini-2.5-flash" }).Card.Steps[0].Standard;
        Assert.Equal((300_000, 1_000_000), (flash.Input, flash.AudioInput));
        Rates image = s_rows.Single(row => row is { Provider: "gemini", Name: "gemini-2.5-flash-image" }).Card.Steps[0].Standard;
        Assert.Equal((2_500_000, 30_000_000), (image.Output, image.ImageOutput));
    }
}
