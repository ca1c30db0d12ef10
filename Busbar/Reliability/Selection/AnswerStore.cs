namespace Busbar.Reliability.Selection;

/// <summary>
/// What answers given here contained, for requests that refer to them by id instead of repeating them. A process has one for all its configurations;
/// nobody finds what another owner put in. It forgets after <see cref="Lifetime"/>, what is oldest when memory is used up, and with the process. Safe
/// for concurrent calls.
/// </summary>
internal sealed class AnswerStore(MonotonicClock clock)
{
    /// <summary>Most bytes of all owners together.</summary>
    public const long Capacity = 64 * 1024 * 1024;

    /// <summary>Most bytes of one owner.</summary>
    public const long CapacityPerOwner = 16 * 1024 * 1024;

    /// <summary>Most bytes of one entry; larger ones are not kept.</summary>
    public const int MaxEntry = 4 * 1024 * 1024;

    /// <summary>How long an entry is of use.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    private const int Overhead = 128;

    private readonly Dictionary<ulong, Owned> _owners = [];
    private long _bytes;

    /// <summary>Nothing is kept, so that nothing can be found.</summary>
    public bool IsEmpty => Volatile.Read(ref _bytes) == 0;

    /// <summary>Keeps <paramref name="content"/> under <paramref name="id"/> for <paramref name="owner"/>.</summary>
    public void Add(ulong owner, ReadOnlySpan<byte> id, byte[] content)
    {
        if (content.Length > MaxEntry)
        {
            return;
        }

        ulong key = Rendezvous.Hash(id);
        lock (_owners)
        {
            if (!_owners.TryGetValue(owner, out Owned? owned))
            {
                _owners.Add(owner, owned = new Owned());
            }

            Remove(owned, key);
            owned.Entries[key] = (content, clock.NowMs);
            owned.Order.Enqueue(key);
            Count(owned, content.Length + Overhead);
            while (owned.Bytes > CapacityPerOwner)
            {
                DropOldest(owner, owned);
            }

            while (_bytes > Capacity)
            {
                (ulong largest, Owned most) = _owners.MaxBy(static pair => pair.Value.Bytes);
                DropOldest(largest, most);
            }
        }
    }

    /// <summary>What <paramref name="owner"/> keeps under <paramref name="id"/>; null when that is nothing.</summary>
    public byte[]? Find(ulong owner, ReadOnlySpan<byte> id)
    {
        ulong key = Rendezvous.Hash(id);
        lock (_owners)
        {
            return _owners.TryGetValue(owner, out Owned? owned) && owned.Entries.TryGetValue(key, out (byte[] Content, long At) entry)
                && clock.NowMs - entry.At <= Lifetime.TotalMilliseconds ? entry.Content : null;
        }
    }

    private void DropOldest(ulong owner, Owned owned)
    {
        if (owned.Order.TryDequeue(out ulong oldest))
        {
            Remove(owned, oldest);
        }

        if (owned.Order.Count == 0)
        {
            _owners.Remove(owner);
        }
    }

    private void Remove(Owned owned, ulong key)
    {
        if (owned.Entries.Remove(key, out (byte[] Content, long At) entry))
        {
            Count(owned, -entry.Content.Length - Overhead);
        }
    }

    private void Count(Owned owned, long bytes)
    {
        owned.Bytes += bytes;
        Volatile.Write(ref _bytes, _bytes + bytes);
    }

    private sealed class Owned
    {
        public Dictionary<ulong, (byte[] Content, long At)> Entries { get; } = [];

        public Queue<ulong> Order { get; } = [];

        public long Bytes { get; set; }
    }
}
