using Busbar.Configuration.Model.Pools;
using Busbar.Gateway.Attempts;
using Busbar.Tests.Reliability;

namespace Busbar.Tests.Gateway.Attempts;

public sealed class FallbackChainTests
{
    [Fact]
    [Trait("gotcha", "C167")]
    public void A_ring_of_fallbacks_ends_where_it_would_come_back()
    {
        FleetScene scene = Ring();
        var chain = new FallbackChain(scene["a"], scene.Fleet);

        Assert.Same(scene["b"], chain.After(scene["a"]));
        Assert.Same(scene["c"], chain.After(scene["b"]));
        Assert.Null(chain.After(scene["c"]));
        Assert.Equal(["a", "b", "c"], chain.Pools);
    }

    [Fact]
    public void A_pool_that_rejects_leads_nowhere()
    {
        var scene = new FleetScene().Pool("a", FleetScene.Lenient, FleetScene.Member("m"));
        var chain = new FallbackChain(scene["a"], scene.Fleet);

        Assert.Null(chain.After(scene["a"]));
        Assert.Null(chain.After(scene["m"]));
    }

    [Fact]
    public void A_pool_that_is_not_admitted_is_passed_over_for_the_one_behind_it()
    {
        FleetScene scene = Ring();
        var chain = new FallbackChain(scene["a"], scene.Fleet, pool => pool.Name != "b");

        Assert.Same(scene["c"], chain.After(scene["a"]));
        Assert.Null(chain.After(scene["c"]));
        Assert.Null(chain.After(scene["b"]));
        Assert.Equal(["a", "c"], chain.Pools);
    }

    [Fact]
    public void The_pool_that_is_asked_for_belongs_to_its_chain_in_any_case()
    {
        FleetScene scene = Ring();
        var chain = new FallbackChain(scene["a"], scene.Fleet, pool => pool.Name == "c");

        Assert.Equal(["a", "c"], chain.Pools);
    }

    // Each falls back to the next, and the last to the first.
    private static FleetScene Ring()
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

        return scene;
    }
}
