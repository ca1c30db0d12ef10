namespace Busbar.Governance.Groups;

/// <summary>What a request holds of one limit.</summary>
/// <param name="Counter">The limit's count.</param>
/// <param name="WindowStart">The window it arrived in.</param>
/// <param name="Amount">Held.</param>
/// <param name="Bound">What it was thought to use at most; 0 where nobody asked.</param>
internal readonly record struct ReservedLimit(LimitCounter Counter, long WindowStart, long Amount, long Bound);
