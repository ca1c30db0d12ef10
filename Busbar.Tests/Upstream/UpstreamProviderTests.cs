using System.Net;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;
using Busbar.Ir;
using Busbar.Upstream;

namespace Busbar.Tests.Upstream;

/// <summary>What is configured of the connections to a provider.</summary>
public sealed class UpstreamProviderTests
{
    [Fact]
    public void The_platforms_client_connects_in_the_configured_time_and_keeps_an_idle_connection_for_90_seconds()
    {
        var provider = new ProviderConfig { Name = "p", Protocol = ProtocolId.OpenAI, BaseUrl = "https://vendor.test" };

        using SocketsHttpHandler handler = UpstreamProvider.NewHandler(provider, new LimitsConfig { UpstreamConnectTimeoutSecs = 7 }, _ => false);

        Assert.Equal((TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(90)), (handler.ConnectTimeout, handler.PooledConnectionIdleTimeout));
        Assert.Equal(DecompressionMethods.None, handler.AutomaticDecompression);
        Assert.False(handler.UseProxy);
    }
}
