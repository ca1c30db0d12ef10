namespace Busbar.Governance.Budgets;

/// <summary>What an admitted request holds of its key's limits until it is settled.</summary>
/// <param name="WindowStart">The budget window it arrived in, epoch second.</param>
/// <param name="Cost">Held of the budget, micro-cents.</param>
/// <param name="Tokens">Held of the tokens a minute.</param>
/// <param name="Bound">What it was thought to cost at most, micro-cents; 0 where nobody asked.</param>
internal readonly record struct Hold(long WindowStart, long Cost, long Tokens, long Bound);
