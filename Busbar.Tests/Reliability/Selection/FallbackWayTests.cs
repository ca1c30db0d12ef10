using Busbar.Configuration.Model.Pools;
using Busbar.Reliability;
using Busbar.Reliability.Selection;

namespace Busbar.Tests.Reliability.Selection;

public sealed class FallbackWayTests
{
    [Fact]
    [Trait("gotcha", "C167")]
    public void A_ring_of_fallbacks_ends_where_it_would_come_back()
    {
        var scene = new FleetScene();
        string[] names = ["a", "b", "c"];
        for (int i = 0; i < names.Length; i++)
        {
            scene.Pool(new PoolConfig
            {
                Name = names[i],
                Members = [FleetScene.Member("m")],
                OnExhausted = new ExhaustionConfig { Action = ExhaustionAction.FallbackPool, FallbackPool = names[(i + 1) % names.Length] },
            });
        }

        var way = new FallbackWay();

        Assert.Same(scene["b"], way.Enter(scene["a"], scene.Fleet));
        Assert.Same(scene["c"], way.Enter(scene["b"], scene.Fleet));
        Assert.Null(way.Enter(scene["c"], scene.Fleet));
    }

    [Fact]
    public void A_pool_that_rejects_leads_nowhere()
    {
        var scene = new FleetScene().Pool("a", FleetScene.Lenient, FleetScene.Member("m"));
        var way = new FallbackWay();

        Assert.Null(way.Enter(scene["a"], scene.Fleet));
        Assert.Null(way.Enter(scene["m"], scene.Fleet));
    }
}
