using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;

namespace Busbar.Tests.Governance;

/// <summary>A store whose first write fails in a way that no store should, and which adds up the spending of the others.</summary>
internal sealed class BrokenOnceStore : IGovernanceStore
{
    private long _spend;
    private int _calls;

    /// <summary>Money written.</summary>
    public long Spend => Interlocked.Read(ref _spend);

    /// <inheritdoc/>
    public void Add(IReadOnlyCollection<WindowUsage> windows, IReadOnlyCollection<DailyUsage> days)
    {
        if (Interlocked.Increment(ref _calls) == 1)
        {
            throw new InvalidOperationException("a bug of the store");
        }

        Interlocked.Add(ref _spend, windows.Sum(window => window.SpendNanos));
    }

    /// <inheritdoc/>
    public StoredGovernance Load(long now) => new([], [], []);

    /// <inheritdoc/>
    public bool Insert(VirtualKey key) => throw new NotSupportedException();

    /// <inheritdoc/>
    public bool Update(VirtualKey key) => throw new NotSupportedException();

    /// <inheritdoc/>
    public bool Delete(string id) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void InsertGroup(Group group) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void UpdateGroup(Group group) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void DeleteGroup(string id) => throw new NotSupportedException();

    /// <inheritdoc/>
    public bool TryNoteAlert(in LimitAlert alert, bool asksAgain = false) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Put(IReadOnlyCollection<LimitUsage> usages) => throw new NotSupportedException();

    /// <inheritdoc/>
    public WindowUsage ReadWindow(string keyId, long start) => throw new NotSupportedException();

    /// <inheritdoc/>
    public IReadOnlyList<DailyUsage> ReadUsage(string? keyId, long from, long until, int limit) => [];

    /// <inheritdoc/>
    public void Append(AuditEntry entry) => throw new NotSupportedException();

    /// <inheritdoc/>
    public IReadOnlyList<AuditEntry> ReadAudit(long before, int limit) => [];

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
