namespace Busbar.Governance.Budgets;

/// <summary>What a request reserves of its key's own limits until it is settled.</summary>
/// <param name="WindowStart">The budget window it arrived in, epoch second.</param>
/// <param name="Cost">Held of the budget, nano-dollars.</param>
/// <param name="Tokens">Held of the tokens a minute.</param>
/// <param name="Bound">What it was thought to cost at most, nano-dollars; 0 where nobody asked.</param>
internal readonly record struct ReservedAmount(long WindowStart, long Cost, long Tokens, long Bound);
