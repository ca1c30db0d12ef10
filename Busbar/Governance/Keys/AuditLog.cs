using Busbar.Governance.Store;
using Microsoft.Extensions.Logging;

namespace Busbar.Governance.Keys;

/// <summary>
/// Notes what administrators do, in the log and in the store; without governance there is none. What it is given holds names and ids, never a secret.
/// </summary>
internal sealed partial class AuditLog(IGovernanceStore? store, TimeProvider time, ILogger log)
{
    /// <summary>
    /// Notes an act that has taken effect. The act stands even if the store cannot keep the note; the log has it in any case.
    /// </summary>
    /// <param name="action">What was done, such as <c>key.create</c>.</param>
    /// <param name="subject">What it was done to: a key id, a lane.</param>
    /// <param name="detail">Names of changed fields, comma-separated.</param>
    /// <param name="source">The peer's address.</param>
    public void Note(string action, string subject, string detail, string source)
    {
        Done(log, action, subject, detail, source);
        try
        {
            store?.Append(new AuditEntry(0, time.GetUtcNow().ToUnixTimeSeconds(), action, subject, detail, source));
        }
        catch (StoreException exception)
        {
            NotKept(log, action, subject, exception.Message);
        }
    }

    /// <summary>Acts with an id below <paramref name="before"/>, the newest first.</summary>
    public IReadOnlyList<AuditEntry> Read(long before, int limit) => store?.ReadAudit(before, limit) ?? [];

    [LoggerMessage(60, LogLevel.Information, "admin: {Action} {Subject} {Detail} from {Source}")]
    private static partial void Done(ILogger logger, string action, string subject, string detail, string source);

    [LoggerMessage(61, LogLevel.Error, "admin: {Action} {Subject} took effect, but the audit log could not keep it: {Reason}")]
    private static partial void NotKept(ILogger logger, string action, string subject, string reason);
}
