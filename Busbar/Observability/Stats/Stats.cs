using Busbar.Reliability;
using Busbar.Upstream.Identity;

namespace Busbar.Observability.Stats;

/// <summary>The document of <c>/stats</c> (control plane, 8.2), in configuration order.</summary>
/// <param name="Pools">Members by pool.</param>
/// <param name="Lanes">Every lane.</param>
/// <param name="Identities">The gateway's own identities at providers.</param>
internal sealed record Stats(IReadOnlyDictionary<string, IReadOnlyList<string>> Pools, IReadOnlyList<LaneStats> Lanes,
    IReadOnlyList<IdentityStats> Identities)
{
    /// <summary>A reading of <paramref name="fleet"/> and <paramref name="identities"/>; changes nothing.</summary>
    public static Stats Of(Fleet fleet, IReadOnlyList<CloudIdentity>? identities = null)
    {
        var pools = new SortedDictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (Pool pool in fleet.Pools)
        {
            pools[pool.Name] = [.. pool.Config.Members.Select(member => member.Target)];
        }

        return new Stats(pools.ToDictionary(), [.. fleet.Lanes.Select(LaneStats.Of)], [.. (identities ?? []).Select(IdentityStats.Of)]);
    }
}
