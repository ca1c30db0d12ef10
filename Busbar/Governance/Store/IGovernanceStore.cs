using Busbar.Governance.Groups;
using Busbar.Governance.Keys;

namespace Busbar.Governance.Store;

/// <summary>
/// Where keys and usage survive a restart. Calls block; they are made at start, from the admin API and from the ledger's own thread, never on the way
/// of a request. Every method may throw <see cref="StoreException"/> and then has changed nothing. Safe for use from several threads.
/// </summary>
internal interface IGovernanceStore : IDisposable
{
    /// <summary>How often usage is to be written.</summary>
    TimeSpan Pace => Ledger.Interval / 2;

    /// <summary>Everything, as of <paramref name="now"/> (epoch second).</summary>
    StoredGovernance Load(long now);

    /// <summary>Adds a key. False when its id, a digest or its access key id is taken.</summary>
    bool Insert(VirtualKey key);

    /// <summary>Replaces the key with the same id; never adds one. False when there is none.</summary>
    bool Update(VirtualKey key);

    /// <summary>Removes a key and all its usage. False when there is none.</summary>
    bool Delete(string id);

    /// <summary>Adds a group.</summary>
    void InsertGroup(Group group);

    /// <summary>Replaces the group with the same id.</summary>
    void UpdateGroup(Group group);

    /// <summary>Removes a group that nothing belongs to, and its counts.</summary>
    void DeleteGroup(string id);

    /// <summary>
    /// Writes counts of limits, each in place of what was known of its window; all or nothing. The collection is the caller's again when the call
    /// returns.
    /// </summary>
    void Put(IReadOnlyCollection<LimitUsage> usages);

    /// <summary>
    /// Notes that a threshold is told in its window. False when it was noted before, but for what this process may have noted itself when it asked
    /// last and got no answer: then it <paramref name="asksAgain"/>.
    /// </summary>
    bool TryNoteAlert(in LimitAlert alert, bool asksAgain = false);

    /// <summary>Notes that the receiver has <paramref name="alerts"/>, or does not want them.</summary>
    void NoteTold(IReadOnlyCollection<LimitAlert> alerts)
    {
        // Where nothing outlives the process there is nobody to tell it once more.
    }

    /// <summary>Whether <paramref name="alert"/> is still this process' to tell, and no other has taken it over.</summary>
    bool IsToTell(in LimitAlert alert) => true;

    /// <summary>Takes over what processes that have ended had noted and not told.</summary>
    IReadOnlyList<UntoldAlert> TakeUntold() => [];

    /// <summary>
    /// Adds the increments of one flush, all or nothing. Increments of keys that no longer exist are passed over. Both collections are the caller's
    /// again when the call returns.
    /// </summary>
    void Add(IReadOnlyCollection<WindowUsage> windows, IReadOnlyCollection<DailyUsage> days);

    /// <summary>What a key has used of the budget window that began at <paramref name="start"/>.</summary>
    WindowUsage ReadWindow(string keyId, long start);

    /// <summary>
    /// Usage by key, model, day, name asked for and labels, in the order of day, key, model; <paramref name="keyId"/> null for all keys; days from
    /// <paramref name="from"/> to before <paramref name="until"/> (epoch seconds).
    /// </summary>
    IReadOnlyList<DailyUsage> ReadUsage(string? keyId, long from, long until, int limit);

    /// <summary>Notes an act of an administrator.</summary>
    void Append(AuditEntry entry);

    /// <summary>Acts with an id below <paramref name="before"/>, the newest first.</summary>
    IReadOnlyList<AuditEntry> ReadAudit(long before, int limit);
}
