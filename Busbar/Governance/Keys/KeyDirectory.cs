namespace Busbar.Governance.Keys;

/// <summary>
/// Every key in memory, found by secret, by id or by access key id without a lock. Whoever edits keys serialises the edits; readers see
/// each edit whole.
/// </summary>
/// <param name="expected">Number of keys to make room for.</param>
internal sealed class KeyDirectory(int expected = 0)
{
    private readonly KeyIndex<KeyDigest, ByDigest> _byDigest = new(expected);
    private readonly KeyIndex<string, ById> _byId = new(expected);
    private readonly KeyIndex<string, ByAccessKey> _byAccessKey = new(0);
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, KeyEntry> _limited = new(StringComparer.Ordinal);
    private int _added;

    /// <summary>Number of keys.</summary>
    public int Count => _byId.Count;

    /// <summary>All keys, in no order.</summary>
    public IEnumerable<KeyEntry> Entries => _byId.Entries;

    /// <summary>The keys with <see cref="KeyEntry.Limits"/>.</summary>
    public IEnumerable<KeyEntry> Limited => _limited.Values;

    /// <summary>
    /// The key that <paramref name="secret"/> opens at <paramref name="now"/> (epoch second); null when there is none, or not any more.
    /// </summary>
    public KeyEntry? Find(ReadOnlySpan<char> secret, long now, out KeyDigest digest)
    {
        digest = KeyDigest.Of(secret);
        return _byDigest.Find(digest) is { } entry && entry.Admits(digest, now) ? entry : null;
    }

    /// <summary>The key called <paramref name="id"/>, active or not; null when there is none.</summary>
    public KeyEntry? Find(string id) => _byId.Find(id);

    /// <summary>The key, active or not, that has the access key called <paramref name="accessKeyId"/>; null when there is none.</summary>
    public KeyEntry? FindAccessKey(string accessKeyId) => _byAccessKey.Find(accessKeyId);

    /// <summary>
    /// Adds a key with its counters, behind all others in <see cref="KeyEntry.Order"/>. False, and nothing changed, when its id, a digest or its
    /// access key id is taken.
    /// </summary>
    public bool TryAdd(KeyEntry entry)
    {
        VirtualKey key = entry.Key;
        if ((key.FormerDigest is { } former && _byDigest.Find(former) is not null)
            || (key.AccessKey is { } pair && _byAccessKey.Find(pair.Id) is not null)
            || !_byId.TryAdd(key.Id, entry))
        {
            return false;
        }

        if (!_byDigest.TryAdd(key.Digest, entry))
        {
            _byId.Remove(key.Id, entry);
            return false;
        }

        entry.Order = ++_added;
        IndexRest(entry, null, key);
        NoteLimits(entry);
        return true;
    }

    /// <summary>
    /// Adds the keys of a start, in their <see cref="KeyEntry.Order"/>, before anybody looks for one. An entry that shares its id, a digest or its
    /// access key id with another; null when none does. Index by index, so that the processor waits for the memory of many keys at once.
    /// </summary>
    public KeyEntry? AddAll(KeyEntry[] entries)
    {
        foreach (KeyEntry entry in entries)
        {
            if (!_byId.TryAdd(entry.Key.Id, entry))
            {
                return entry;
            }

            entry.Order = ++_added;
        }

        foreach (KeyEntry entry in entries)
        {
            if (!_byDigest.TryAdd(entry.Key.Digest, entry))
            {
                return entry;
            }
        }

        foreach (KeyEntry entry in entries)
        {
            VirtualKey key = entry.Key;
            NoteLimits(entry);
            if ((key.FormerDigest is { } former && former != key.Digest && !_byDigest.TryAdd(former, entry))
                || (key.AccessKey is { } pair && !_byAccessKey.TryAdd(pair.Id, entry)))
            {
                return entry;
            }
        }

        return null;
    }

    /// <summary>Puts <paramref name="next"/> in force for the key with its id. False when there is no such key.</summary>
    public bool TryUpdate(VirtualKey next)
    {
        if (Find(next.Id) is not { } entry)
        {
            return false;
        }

        VirtualKey former = entry.Key;
        entry.Key = next;
        NoteLimits(entry);
        Index(entry, former, next);
        Forget(entry, former, next);
        return true;
    }

    /// <summary>Takes a key out; null when there was none.</summary>
    public KeyEntry? Remove(string id)
    {
        if (Find(id) is not { } entry)
        {
            return null;
        }

        entry.Delete();
        _limited.TryRemove(id, out _);
        _byId.Remove(id, entry);
        Forget(entry, entry.Key, null);
        return entry;
    }

    private void NoteLimits(KeyEntry entry)
    {
        if (entry.Limits.Length > 0)
        {
            _limited[entry.Key.Id] = entry;
        }
        else if (!_limited.IsEmpty)
        {
            _limited.TryRemove(entry.Key.Id, out _);
        }
    }

    // Under what next has and former has not.
    private void Index(KeyEntry entry, VirtualKey former, VirtualKey next)
    {
        if (!former.Has(next.Digest))
        {
            _byDigest.Add(next.Digest, entry);
        }

        IndexRest(entry, former, next);
    }

    private void IndexRest(KeyEntry entry, VirtualKey? former, VirtualKey next)
    {
        if (next.FormerDigest is { } digest && digest != next.Digest && former?.Has(digest) != true)
        {
            _byDigest.Add(digest, entry);
        }

        if (next.AccessKey is { } pair && pair.Id != former?.AccessKey?.Id)
        {
            _byAccessKey.Add(pair.Id, entry);
        }
    }

    // From under what former has and next has not.
    private void Forget(KeyEntry entry, VirtualKey former, VirtualKey? next)
    {
        if (next?.Has(former.Digest) != true)
        {
            _byDigest.Remove(former.Digest, entry);
        }

        if (former.FormerDigest is { } digest && digest != former.Digest && next?.Has(digest) != true)
        {
            _byDigest.Remove(digest, entry);
        }

        if (former.AccessKey is { } pair && pair.Id != next?.AccessKey?.Id)
        {
            _byAccessKey.Remove(pair.Id, entry);
        }
    }

    private readonly struct ByDigest : IKeyRule<KeyDigest>
    {
        public static int HashOf(in KeyDigest digest) => digest.GetHashCode();

        public static bool Has(VirtualKey key, in KeyDigest digest) => key.Has(digest);
    }

    private readonly struct ById : IKeyRule<string>
    {
        public static int HashOf(in string id) => id.GetHashCode();

        public static bool Has(VirtualKey key, in string id) => key.Id == id;
    }

    private readonly struct ByAccessKey : IKeyRule<string>
    {
        public static int HashOf(in string id) => id.GetHashCode();

        public static bool Has(VirtualKey key, in string id) => key.AccessKey?.Id == id;
    }
}
