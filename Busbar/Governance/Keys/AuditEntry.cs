namespace Busbar.Governance.Keys;

/// <summary>One act of an administrator. Holds names and ids, never a secret or a body.</summary>
/// <param name="Id">Rising number, given by the store; 0 before.</param>
/// <param name="At">Epoch second.</param>
/// <param name="Action">What was done: <c>key.create</c>, <c>key.update</c>, <c>key.rotate</c>, <c>key.delete</c>, <c>lane.disable</c>, …</param>
/// <param name="Subject">What it was done to: a key id, a lane.</param>
/// <param name="Detail">Names of changed fields, comma-separated; empty when there are none.</param>
/// <param name="Source">Where it came from: the peer's address.</param>
internal readonly record struct AuditEntry(long Id, long At, string Action, string Subject, string Detail, string Source);
