namespace Busbar.Governance.Leases;

/// <summary>What goes to the database in one statement.</summary>
/// <param name="Session">The session that it is about.</param>
/// <param name="Sequence">Greater than that of every call of the session before: a call that arrives late changes nothing.</param>
/// <param name="Term">How long the session lives from now on, unless another call comes.</param>
/// <param name="Asks">At most one for each limit and window.</param>
internal sealed record LeaseCall(long Session, long Sequence, TimeSpan Term, IReadOnlyList<LeaseAsk> Asks);
