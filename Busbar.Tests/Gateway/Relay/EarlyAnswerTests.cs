namespace Busbar.Tests.Gateway.Relay;

/// <summary>What it costs every stream that a provider may be silent.</summary>
public sealed class EarlyAnswerTests
{
    [Fact]
    public void A_stream_that_begins_in_time_allocates_nothing_for_it()
    {
        var scene = new LooseExchange("{ stream_keepalive_secs: 3600 }");
        scene.Exchange.Early.Start(scene.Exchange);
        Assert.True(scene.Exchange.Early.IsUsed);
        Assert.True(scene.Exchange.Early.EndAsync().IsCompletedSuccessfully);

        Assert.Equal(0, Allocations.Least(() =>
        {
            for (int request = 0; request < 1000; request++)
            {
                scene.Exchange.Early.Start(scene.Exchange);
                scene.Exchange.Early.EndAsync().GetAwaiter().GetResult();
            }
        }));
        Assert.False(scene.Exchange.HasStarted);
    }

    [Fact]
    public void Without_keep_alives_nothing_waits()
    {
        var scene = new LooseExchange("{ stream_keepalive_secs: 0 }");

        scene.Exchange.Early.Start(scene.Exchange);

        Assert.False(scene.Exchange.Early.IsUsed);
    }
}
