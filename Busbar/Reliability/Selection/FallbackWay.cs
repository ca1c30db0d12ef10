namespace Busbar.Reliability.Selection;

/// <summary>The way of one request from pool to pool. It remembers where the request has been, so that no ring of fallbacks can hold it.</summary>
internal struct FallbackWay
{
    private List<Pool>? _visited;

    /// <summary>
    /// Enters <paramref name="pool"/>. Returns where the request goes when nothing is left here; null when the pool has no fallback, or one where the
    /// request has been.
    /// </summary>
    public Pool? Enter(Pool pool, Fleet fleet)
    {
        if (pool.Config.OnExhausted.FallbackPool is not { } name)
        {
            return null;
        }

        (_visited ??= []).Add(pool);
        return fleet.ForPool(name) is { } next && !_visited.Contains(next) ? next : null;
    }
}
