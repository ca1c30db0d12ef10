namespace Busbar.Governance.Leases;

/// <summary>The answer to a <see cref="LeaseCall"/>.</summary>
/// <param name="IsAlive">False when the session had ended: what was used is noted, and nothing is lent.</param>
/// <param name="NowMillis">The clock of the database, milliseconds since 1970.</param>
/// <param name="Grants">One for each ask, in their order.</param>
internal sealed record LeaseReply(bool IsAlive, long NowMillis, LeaseGrant[] Grants);
