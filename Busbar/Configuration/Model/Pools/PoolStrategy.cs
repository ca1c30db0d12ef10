namespace Busbar.Configuration.Model.Pools;

/// <summary>How a pool chooses among lanes that are ready: <c>pools.*.strategy</c>.</summary>
internal enum PoolStrategy
{
    /// <summary>In turns, by weight.</summary>
    Weighted,

    /// <summary>The first in the order of the members.</summary>
    Priority,

    /// <summary>The faster one to begin its answers, of two taken by chance, so that slow lanes are asked now and then.</summary>
    LeastLatency,

    /// <summary>The one with the smallest share of its calls in flight.</summary>
    LeastBusy,

    /// <summary>The cheapest, at three tokens of input for one of output.</summary>
    LeastCost,
}
