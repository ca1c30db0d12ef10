namespace Busbar.Governance.Leases;

/// <summary>The answer to a <see cref="LeaseAsk"/>.</summary>
/// <param name="Granted">What the session may use in the window, everything it has used included.</param>
/// <param name="OthersUsed">Used up by all others, and in the earlier windows that count.</param>
/// <param name="OthersLeased">Lent to others whose sessions live, and not used.</param>
internal readonly record struct LeaseGrant(long Granted, long OthersUsed, long OthersLeased);
