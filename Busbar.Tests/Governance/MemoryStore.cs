using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;

namespace Busbar.Tests.Governance;

/// <summary>
/// A store in memory that fails or blocks when told to. It keeps its content after <see cref="Dispose"/>, so that a second governor can be opened on
/// it like a process that starts again.
/// </summary>
internal sealed class MemoryStore : IGovernanceStore
{
    private readonly Lock _lock = new();
    private readonly List<VirtualKey> _keys = [];
    private readonly Dictionary<(string Key, long Start), WindowUsage> _windows = [];
    private readonly Dictionary<(long Day, string Key, string Model, string Asked, string Labels), DailyUsage> _days = [];
    private readonly List<AuditEntry> _audit = [];
    private readonly Dictionary<string, Group> _groups = [];
    private readonly HashSet<(string Owner, string Key, long Start, int Percent)> _told = [];
    private readonly Dictionary<(string Owner, string Key, long Start), LimitUsage> _counts = [];
    private readonly ManualResetEventSlim _open = new(initialState: true);
    private TaskCompletionSource _blocked = NewSignal();
    private int _failures;
    private int _calls;
    private int _adds;

    /// <summary>Starts with <paramref name="keys"/>.</summary>
    public MemoryStore(params IEnumerable<VirtualKey> keys) => _keys.AddRange(keys);

    /// <summary>Calls made, failed ones included.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Calls of <see cref="Add"/> that succeeded.</summary>
    public int Adds => Volatile.Read(ref _adds);

    /// <summary>Times it was disposed.</summary>
    public int Disposals { get; private set; }

    /// <summary>Ids that <see cref="Load"/> reports as having an unreadable window.</summary>
    public HashSet<string> Unreadable { get; } = [];

    /// <summary>Completes when a call waits because of <see cref="Block"/>.</summary>
    public Task Blocked
    {
        get
        {
            lock (_lock)
            {
                return _blocked.Task;
            }
        }
    }

    /// <summary>Every window that was ever used.</summary>
    public IReadOnlyList<WindowUsage> Windows
    {
        get
        {
            lock (_lock)
            {
                return [.. _windows.Values];
            }
        }
    }

    /// <summary>Every key, in the order of insertion.</summary>
    public IReadOnlyList<VirtualKey> Keys
    {
        get
        {
            lock (_lock)
            {
                return [.. _keys];
            }
        }
    }

    /// <summary>The next <paramref name="calls"/> calls throw; 0 ends it.</summary>
    public void FailNext(int calls) => Volatile.Write(ref _failures, calls);

    /// <summary>Calls wait until <see cref="Unblock"/>.</summary>
    public void Block()
    {
        lock (_lock)
        {
            _blocked = NewSignal();
            _open.Reset();
        }
    }

    /// <summary>Lets waiting calls go on.</summary>
    public void Unblock() => _open.Set();

    /// <inheritdoc/>
    public StoredGovernance Load(long now) => Do(() => new StoredGovernance(
        [.. _keys.OrderBy(key => key.CreatedAt)],
        [.. from key in _keys
            where !Unreadable.Contains(key.Id) && _windows.ContainsKey((key.Id, BudgetWindow.StartOf(key.Period, now)))
            select _windows[(key.Id, BudgetWindow.StartOf(key.Period, now))]],
        [.. Unreadable])
    {
        Groups = [.. _groups.Values],
        LimitUsages = [.. _counts.Values],
    });

    /// <inheritdoc/>
    public void InsertGroup(Group group) => Do(() => _groups[group.Id] = group);

    /// <inheritdoc/>
    public void UpdateGroup(Group group) => Do(() => _groups[group.Id] = group);

    /// <inheritdoc/>
    public void DeleteGroup(string id) => Do(() => _groups.Remove(id));

    /// <inheritdoc/>
    public bool TryNoteAlert(in LimitAlert alert, bool asksAgain = false)
    {
        var noted = (alert.Owner, alert.Limit.Key, alert.WindowStart, alert.Percent);
        return Do(() => _told.Add(noted));
    }

    /// <inheritdoc/>
    public void Put(IReadOnlyCollection<LimitUsage> usages) => Do(() =>
    {
        foreach (LimitUsage usage in usages)
        {
            _counts[(usage.Owner, usage.Key, usage.WindowStart)] = usage;
        }

        return true;
    });

    /// <inheritdoc/>
    public bool Insert(VirtualKey key) => Do(() =>
    {
        bool isFree = !_keys.Exists(other => other.Id == key.Id || Clash(other, key));
        if (isFree)
        {
            _keys.Add(key);
        }

        return isFree;
    });

    /// <inheritdoc/>
    public bool Update(VirtualKey key) => Do(() =>
    {
        if (_keys.Exists(other => other.Id != key.Id && Clash(other, key)))
        {
            throw new StoreException("a digest or the access key id is taken");
        }

        int index = _keys.FindIndex(other => other.Id == key.Id);
        if (index >= 0)
        {
            _keys[index] = key;
        }

        return index >= 0;
    });

    /// <inheritdoc/>
    public bool Delete(string id) => Do(() =>
    {
        foreach ((string Key, long Start) window in _windows.Keys.Where(window => window.Key == id).ToArray())
        {
            _windows.Remove(window);
        }

        foreach ((long Day, string Key, string Model, string Asked, string Labels) day in _days.Keys.Where(day => day.Key == id).ToArray())
        {
            _days.Remove(day);
        }

        return _keys.RemoveAll(key => key.Id == id) > 0;
    });

    /// <inheritdoc/>
    public void Add(IReadOnlyCollection<WindowUsage> windows, IReadOnlyCollection<DailyUsage> days) => Do(() =>
    {
        foreach (WindowUsage more in windows.Where(window => _keys.Exists(key => key.Id == window.KeyId)))
        {
            WindowUsage sum = _windows.GetValueOrDefault((more.KeyId, more.WindowStart));
            _windows[(more.KeyId, more.WindowStart)] = more with
            {
                SpendNanos = sum.SpendNanos + more.SpendNanos,
                Tokens = sum.Tokens + more.Tokens,
                Requests = sum.Requests + more.Requests,
            };
        }

        foreach (DailyUsage more in days.Where(day => _keys.Exists(key => key.Id == day.KeyId)))
        {
            DailyUsage sum = _days.GetValueOrDefault((more.Day, more.KeyId, more.Model, more.Asked, more.Labels));
            _days[(more.Day, more.KeyId, more.Model, more.Asked, more.Labels)] = more with
            {
                Requests = sum.Requests + more.Requests,
                Estimated = sum.Estimated + more.Estimated,
                SpendNanos = sum.SpendNanos + more.SpendNanos,
                Input = sum.Input + more.Input,
                CacheRead = sum.CacheRead + more.CacheRead,
                CacheWrite = sum.CacheWrite + more.CacheWrite,
                Output = sum.Output + more.Output,
                Reasoning = sum.Reasoning + more.Reasoning,
            };
        }

        return Interlocked.Increment(ref _adds);
    });

    /// <inheritdoc/>
    public WindowUsage ReadWindow(string keyId, long start) => Do(
        () => _windows.GetValueOrDefault((keyId, start), new WindowUsage(keyId, start, 0, 0, 0)));

    /// <inheritdoc/>
    public IReadOnlyList<DailyUsage> ReadUsage(string? keyId, long from, long until, int limit) => Do(() => _days.Values
        .Where(day => (keyId is null || day.KeyId == keyId) && day.Day >= from && day.Day < until)
        .OrderBy(day => day.Day).ThenBy(day => day.KeyId, StringComparer.Ordinal).ThenBy(day => day.Model, StringComparer.Ordinal)
        .Take(limit)
        .ToArray());

    /// <inheritdoc/>
    public void Append(AuditEntry entry) => Do(() =>
    {
        _audit.Add(entry with { Id = _audit.Count + 1 });
        return true;
    });

    /// <inheritdoc/>
    public IReadOnlyList<AuditEntry> ReadAudit(long before, int limit) =>
        Do(() => _audit.Where(entry => entry.Id < before).OrderByDescending(entry => entry.Id).Take(limit).ToArray());

    /// <inheritdoc/>
    public void Dispose() => Disposals++;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static bool Clash(VirtualKey one, VirtualKey other) =>
        DigestsOf(one).Intersect(DigestsOf(other)).Any() || (one.AccessKey is { } pair && pair.Id == other.AccessKey?.Id);

    private static IEnumerable<KeyDigest> DigestsOf(VirtualKey key) => key.FormerDigest is { } former ? [key.Digest, former] : [key.Digest];

    private T Do<T>(Func<T> work)
    {
        Interlocked.Increment(ref _calls);
        if (!_open.IsSet)
        {
            lock (_lock)
            {
                _blocked.TrySetResult();
            }

            _open.Wait();
        }

        lock (_lock)
        {
            if (_failures > 0)
            {
                _failures--;
                throw new StoreException("told to fail");
            }

            return work();
        }
    }
}
