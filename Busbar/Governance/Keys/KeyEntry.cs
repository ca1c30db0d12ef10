using Busbar.Governance.Groups;

namespace Busbar.Governance.Keys;

/// <summary>A key in force and its running counters. One object for as long as the key exists; edits replace <see cref="Key"/>.</summary>
internal sealed class KeyEntry(VirtualKey key, KeyAccount account)
{
    private VirtualKey _key = key;
    private GroupNode? _group;
    private LimitCounter[] _limits = LimitCounters.Of(key.Id, key.Limits, []);
    private LimitCounter[]? _shared;
    private LimitCounter[] _ofAccount = [];
    private Limit[] _sessionLimits = OfSessions(key);
    private volatile bool _isDeleted;

    /// <summary>Greater than that of every key that was made before it: creation is told in seconds, and several keys may be made in one.</summary>
    public int Order { get; set; }

    /// <summary>The key as last edited.</summary>
    public VirtualKey Key
    {
        get => Volatile.Read(ref _key);
        set
        {
            Volatile.Write(ref _limits, LimitCounters.Of(value.Id, value.Limits, _limits));
            Volatile.Write(ref _sessionLimits, OfSessions(value));
            Volatile.Write(ref _key, value);
            lock (Account)
            {
                Volatile.Write(ref _shared, null);
            }
        }
    }

    /// <summary>The group it belongs to; null for none.</summary>
    public GroupNode? Group
    {
        get => Volatile.Read(ref _group);
        set => Volatile.Write(ref _group, value);
    }

    /// <summary>The counts of the key's own limits beside those of its <see cref="Account"/>.</summary>
    public LimitCounter[] Limits => Volatile.Read(ref _limits);

    /// <summary>
    /// The counts of all limits of the key, where nodes share them: <see cref="Limits"/>, and those that its <see cref="Account"/> holds where there
    /// is one node. Made when they are first needed, since of many keys few are used.
    /// </summary>
    public LimitCounter[] Shared => Volatile.Read(ref _shared) ?? Share();

    /// <summary>The limits of each of its sessions.</summary>
    public Limit[] SessionLimits => Volatile.Read(ref _sessionLimits);

    /// <summary>Whether any limit of the key, or of a group above it, needs to know what a request may use.</summary>
    public bool NeedsEstimate =>
        Key is { MaxBudgetCents: not null } or { TpmLimit: not null } || Group is { NeedsEstimate: true }
            || (Limits.Length > 0 && LimitCounters.NeedEstimate(Limits))
        || Array.Exists(SessionLimits, static limit => limit.Kind != LimitKind.Requests);

    /// <summary>Spending, rates and open reservations.</summary>
    public KeyAccount Account { get; } = account;

    /// <summary>True once the key was deleted; never false again.</summary>
    public bool IsDeleted => _isDeleted;

    /// <summary>Whether it is to be obeyed at <paramref name="now"/>, an epoch second: not deleted, disabled, expired or in a frozen group.</summary>
    public bool IsInForce(long now) => !_isDeleted && Key.IsActive(now) && Group is not { IsFrozen: true };

    /// <summary>Whether the secret with <paramref name="digest"/> opens anything at <paramref name="now"/>, an epoch second.</summary>
    public bool Admits(in KeyDigest digest, long now)
    {
        VirtualKey key = Key;
        return IsInForce(now) && (key.Digest.Equals(digest) || (key.FormerDigest is { } former && former.Equals(digest) && now < key.FormerUntil));
    }

    private static Limit[] OfSessions(VirtualKey key) => key.Limits.Count == 0 ? [] : [.. key.Limits.Where(limit => limit.IsPerSession)];

    /// <summary>Marks the key as deleted, for requests and connections that still hold this object.</summary>
    public void Delete() => _isDeleted = true;

    private LimitCounter[] Share()
    {
        lock (Account)
        {
            _ofAccount = LimitCounters.Of(Key.Id, AccountLimits.Of(Key), _ofAccount);
            LimitCounter[] shared = LimitCounters.Sorted([.. Limits, .. _ofAccount]);
            Volatile.Write(ref _shared, shared);
            return shared;
        }
    }
}
