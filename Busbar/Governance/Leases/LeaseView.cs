namespace Busbar.Governance.Leases;

/// <summary>What a node may go by as it judges one request.</summary>
/// <param name="Desk">Where it borrows; null where it shares limits with nobody.</param>
/// <param name="Session">The session that was open when the request was looked at; null when there was none, or what was lent in it had
/// ended.</param>
/// <param name="Timestamp">When that was.</param>
internal readonly record struct LeaseView(LeaseDesk? Desk, LeaseSession? Session, long Timestamp);
