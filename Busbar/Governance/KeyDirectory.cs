using System.Collections.Concurrent;

namespace Busbar.Governance;

/// <summary>
/// Every key in memory, found by secret, by id or by access key id without a lock. Whoever edits keys serialises the edits; readers see
/// each edit whole.
/// </summary>
internal sealed class KeyDirectory
{
    private readonly ConcurrentDictionary<KeyDigest, KeyEntry> _byDigest = new();
    private readonly ConcurrentDictionary<string, KeyEntry> _byId = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, KeyEntry> _byAccessKey = new(StringComparer.Ordinal);

    /// <summary>Number of keys.</summary>
    public int Count => _byId.Count;

    /// <summary>All keys, in no order.</summary>
    public IEnumerable<KeyEntry> Entries => _byId.Select(pair => pair.Value);

    /// <summary>The key that <paramref name="secret"/> opens at <paramref name="now"/> (epoch second); null when there is none, or not any more.</summary>
    public KeyEntry? Find(ReadOnlySpan<char> secret, long now, out KeyDigest digest)
    {
        digest = KeyDigest.Of(secret);
        return _byDigest.TryGetValue(digest, out KeyEntry? entry) && entry.Admits(digest, now) ? entry : null;
    }

    /// <summary>The key called <paramref name="id"/>, active or not; null when there is none.</summary>
    public KeyEntry? Find(string id) => _byId.GetValueOrDefault(id);

    /// <summary>The key, active or not, that has the access key called <paramref name="accessKeyId"/>; null when there is none.</summary>
    public KeyEntry? FindAccessKey(string accessKeyId) => _byAccessKey.GetValueOrDefault(accessKeyId);

    /// <summary>Adds a key with its counters. False, and nothing changed, when its id, digest or access key id is taken.</summary>
    public bool TryAdd(KeyEntry entry)
    {
        VirtualKey key = entry.Key;
        if (_byDigest.ContainsKey(key.Digest) || (key.AccessKey is { } pair && _byAccessKey.ContainsKey(pair.Id)) || !_byId.TryAdd(key.Id, entry))
        {
            return false;
        }

        Index(entry, key);
        return true;
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
        Index(entry, next);
        Forget(former.Digest, next);
        if (former.FormerDigest is { } digest)
        {
            Forget(digest, next);
        }

        if (former.AccessKey is { } pair && pair.Id != next.AccessKey?.Id)
        {
            _byAccessKey.TryRemove(pair.Id, out _);
        }

        return true;
    }

    /// <summary>Takes a key out; null when there was none.</summary>
    public KeyEntry? Remove(string id)
    {
        if (!_byId.TryRemove(id, out KeyEntry? entry))
        {
            return null;
        }

        VirtualKey key = entry.Key;
        entry.Delete();
        _byDigest.TryRemove(key.Digest, out _);
        if (key.FormerDigest is { } former)
        {
            _byDigest.TryRemove(former, out _);
        }

        if (key.AccessKey is { } pair)
        {
            _byAccessKey.TryRemove(pair.Id, out _);
        }

        return entry;
    }

    private void Index(KeyEntry entry, VirtualKey key)
    {
        _byDigest[key.Digest] = entry;
        if (key.FormerDigest is { } former)
        {
            _byDigest[former] = entry;
        }

        if (key.AccessKey is { } pair)
        {
            _byAccessKey[pair.Id] = entry;
        }
    }

    private void Forget(in KeyDigest digest, VirtualKey next)
    {
        if (!next.Digest.Equals(digest) && !(next.FormerDigest is { } former && former.Equals(digest)))
        {
            _byDigest.TryRemove(digest, out _);
        }
    }
}
