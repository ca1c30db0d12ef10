using Busbar.Configuration;
using Busbar.Reliability;

namespace Busbar.Gateway;

/// <summary>Where a request to a pool may end up, its fallbacks included. Found once for each configuration.</summary>
internal sealed class PoolReach
{
    /// <summary>Follows <paramref name="pool"/> to the end of its fallbacks.</summary>
    public PoolReach(Pool pool, Fleet fleet, LimitsConfig limits)
    {
        var pools = new List<Pool>();
        for (Pool? next = pool; next is not null && !pools.Contains(next);)
        {
            pools.Add(next);
            next = next.Config.OnExhausted.FallbackPool is { } name ? fleet.ForPool(name) : null;
        }

        Pools = [.. pools.Select(each => each.Name)];
        Lane[] lanes = [.. pools.SelectMany(each => each.Members).Select(member => member.Lane)];
        Models = [.. lanes.Select(lane => lane.Name).Distinct(StringComparer.Ordinal)];
        DefaultMaxTokens = lanes.Select(lane => lane.Model.DefaultMaxTokens ?? limits.DefaultMaxTokens).DefaultIfEmpty(limits.DefaultMaxTokens).Max();
    }

    /// <summary>Names of the pool itself and of every pool on its chain of fallbacks.</summary>
    public string[] Pools { get; }

    /// <summary>Names of the models that may answer.</summary>
    public string[] Models { get; }

    /// <summary>Output tokens to expect where the client set no limit: the largest default of these models.</summary>
    public long DefaultMaxTokens { get; }
}
