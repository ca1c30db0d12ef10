using Busbar.Reliability;

namespace Busbar.Gateway.Attempts;

/// <summary>Where a request to a pool may end up, its fallbacks included. Found once for each configuration.</summary>
internal sealed class PoolReach
{
    /// <summary>Follows <paramref name="pool"/> to the end of its fallbacks.</summary>
    public PoolReach(Pool pool, Fleet fleet)
    {
        var pools = new List<Pool>();
        for (Pool? next = pool; next is not null && !pools.Contains(next);)
        {
            pools.Add(next);
            next = next.Config.OnExhausted.FallbackPool is { } name ? fleet.ForPool(name) : null;
        }

        Pools = [.. pools.Select(each => each.Name)];
        Lanes = [.. pools.SelectMany(each => each.Members).Select(member => member.Lane).DistinctBy(lane => lane.Name, StringComparer.Ordinal)];
        Models = [.. Lanes.Select(lane => lane.Name)];
    }

    /// <summary>Names of the pool itself and of every pool on its chain of fallbacks.</summary>
    public string[] Pools { get; }

    /// <summary>Names of the models that may answer.</summary>
    public string[] Models { get; }

    /// <summary>One lane of each of these models; the others differ in nothing but their key.</summary>
    public Lane[] Lanes { get; }
}
