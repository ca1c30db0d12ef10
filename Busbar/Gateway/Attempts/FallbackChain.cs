using Busbar.Gateway.Admission;
using Busbar.Reliability;

namespace Busbar.Gateway.Attempts;

/// <summary>
/// A pool and the fallbacks behind it, each once however they refer to one another, and what all of them have. Found once for each configuration.
/// </summary>
internal sealed class FallbackChain
{
    private readonly List<Pool> _pools = [];

    /// <summary>Follows <paramref name="pool"/> to the end of its fallbacks.</summary>
    public FallbackChain(Pool pool, Fleet fleet)
        : this(pool, fleet, static _ => true)
    {
    }

    /// <summary>Follows <paramref name="pool"/> to the end of its fallbacks, of which only those that <paramref name="may"/> admits count.</summary>
    public FallbackChain(Pool pool, Fleet fleet, Func<Pool, bool> may)
    {
        var seen = new List<Pool>();
        for (Pool? next = pool; next is not null && !seen.Contains(next);)
        {
            seen.Add(next);
            if (next == pool || may(next))
            {
                _pools.Add(next);
            }

            next = next.Config.OnExhausted.FallbackPool is { } name ? fleet.ForPool(name) : null;
        }

        Pools = [.. _pools.Select(each => each.Name)];
        Lanes = [.. _pools.SelectMany(each => each.Members).Select(member => member.Lane).DistinctBy(lane => lane.Name, StringComparer.Ordinal)];
        Hedges = _pools.Exists(each => each.Config.Hedge is not null);
        Models = [.. Lanes.Select(lane => lane.Name)];
        RoutingFields = [.. Lanes.SelectMany(lane => lane.Provider.RoutingFields).Select(RoutingMembers.Folded)];
    }

    /// <summary>Names of the pool itself and of every pool on its chain of fallbacks.</summary>
    public string[] Pools { get; }

    /// <summary>Members, folded, by which some provider among these may choose another model than a request names.</summary>
    public HashSet<string> RoutingFields { get; }

    /// <summary>Whether some pool among these calls a second lane beside a slow one.</summary>
    public bool Hedges { get; }

    /// <summary>Names of the models that may answer.</summary>
    public string[] Models { get; }

    /// <summary>One lane of each of these models; the others differ in nothing but their key.</summary>
    public Lane[] Lanes { get; }

    /// <summary>The pool of the chain where a request goes when nothing is left in <paramref name="pool"/>; null behind the last one.</summary>
    public Pool? After(Pool pool)
    {
        int next = _pools.IndexOf(pool) + 1;
        return next > 0 && next < _pools.Count ? _pools[next] : null;
    }
}
