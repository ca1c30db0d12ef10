using Busbar.Reliability;
using Busbar.Reliability.Breaker;

namespace Busbar.Observability.Stats;

/// <summary>The document of <c>/stats</c> (control plane, 8.2), in configuration order.</summary>
/// <param name="Pools">Members by pool.</param>
/// <param name="Lanes">Every lane.</param>
internal sealed record Stats(IReadOnlyDictionary<string, IReadOnlyList<string>> Pools, IReadOnlyList<LaneStats> Lanes)
{
    /// <summary>A reading of all of <paramref name="fleet"/>; changes nothing.</summary>
    public static Stats Of(Fleet fleet) => Of(fleet, static _ => true);

    /// <summary>
    /// A reading of <paramref name="fleet"/>; changes nothing. Of what <paramref name="shows"/> leaves out, nothing is seen: no pool, no lane that is
    /// reached through no other, and no cell.
    /// </summary>
    public static Stats Of(Fleet fleet, Func<Pool, bool> shows)
    {
        Pool[] shown = [.. fleet.Pools.Concat(fleet.Direct).Where(shows)];
        HashSet<Lane> lanes = [.. shown.SelectMany(pool => pool.Members).Select(member => member.Lane)];
        var pools = new SortedDictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (Pool pool in shown.Where(pool => !pool.IsDirect))
        {
            pools[pool.Name] = [.. pool.Config.Members.Select(member => member.Target)];
        }

        return new Stats(pools.ToDictionary(), [.. fleet.Lanes.Where(lanes.Contains).Select(lane => LaneStats.Of(lane, cell => IsShown(cell, lane, shown)))]);
    }

    private static bool IsShown(CellView cell, Lane lane, Pool[] shown) =>
        Array.Exists(shown, pool => pool.IsDirect ? cell.Pool.Length == 0 && pool.Name == lane.Name : cell.Pool == pool.Name);
}
