using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Pools;
using Busbar.Ir;

namespace Busbar.Tests.Configuration;

public sealed class ConfigLoaderTests
{
    [Fact]
    public void A_minimal_deployment_loads_with_every_default()
    {
        GatewayConfig config = ConfigText.Valid(ConfigText.Minimal);

        Assert.Equal("0.0.0.0:8080", config.Listen);
        Assert.Equal("https://api.openai.com", config.Providers["openai"].BaseUrl);
        Assert.Equal(ProtocolId.OpenAI, config.Providers["openai"].Protocol);
        Assert.Equal("sk-test", config.Providers["openai"].ApiKeys[0].Reveal());
        Assert.Equal("small", config.Models["small"].UpstreamModel);
        Assert.Equal(-1, config.Models["small"].MaxRequests);
        Assert.Equal(new BreakerConfig(), config.Pools["fast"].Breaker);
        Assert.Equal(120, config.Pools["fast"].Failover.DeadlineSecs);
        Assert.Equal(new LimitsConfig(), config.Limits);
        Assert.Equal(new GovernanceConfig(), config.Governance);
    }

    [Theory]
    [InlineData("")]
    [InlineData("providers: [")]
    [InlineData("listne: x")]
    [InlineData(null)]
    public void Text_loads_like_a_file_that_holds_it(string? text)
    {
        text ??= ConfigText.With(more: "observability: {otlp_sample_ratio: 2}");
        ConfigResult file = ConfigText.Load(text);
        ConfigResult loaded = ConfigLoader.LoadText(text, "text", ConfigText.Environment);

        Assert.NotEmpty(loaded.Errors);
        Assert.Equal(file.Problems.Select(problem => (problem.Severity, problem.Path, problem.Message)),
            loaded.Problems.Select(problem => (problem.Severity, problem.Path, problem.Message)));
        Assert.NotNull(ConfigLoader.LoadText(ConfigText.Minimal, "text", ConfigText.Environment).Config);
    }
}
