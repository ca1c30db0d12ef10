using Busbar.Configuration;
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
}
