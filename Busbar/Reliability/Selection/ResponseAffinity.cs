namespace Busbar.Reliability.Selection;

/// <summary>
/// Which lane gave which answer to whom, for answers that a provider keeps and later requests refer to. A process has one for all its configurations;
/// it forgets after <see cref="Lifetime"/>, beyond <see cref="Capacity"/> entries the oldest, and with the process. Safe for concurrent calls.
/// </summary>
internal sealed class ResponseAffinity(MonotonicClock clock)
{
    /// <summary>Most entries, about 5 MiB.</summary>
    public const int Capacity = 65_536;

    /// <summary>How long others are asked for an entry.</summary>
    public static readonly TimeSpan MaxAskTime = TimeSpan.FromSeconds(1);

    /// <summary>How long an entry is of use after it was made or renewed.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    private readonly Dictionary<ulong, Entry> _lanes = [];
    private readonly Queue<(ulong Id, long At)> _order = [];

    /// <summary>Entries, of use or not.</summary>
    public int Count
    {
        get
        {
            lock (_order)
            {
                return _lanes.Count;
            }
        }
    }

    /// <summary>Is told of each entry that this process makes itself: hash of the id, lane and owner; null where nobody else is to know.</summary>
    public Action<ulong, int, string?>? Added { get; set; }

    /// <summary>Waits until what other processes told is known, or says false when that cannot be; null where there are none.</summary>
    public Func<CancellationToken, Task<bool>>? Ask { get; set; }

    /// <summary>
    /// Asks others again and again while <paramref name="isUnknown"/>: a busy one may tell of an answer some tenths of a second after the client has
    /// it. It gives up after <see cref="MaxAskTime"/>.
    /// </summary>
    public async ValueTask AskWhileAsync(Func<bool> isUnknown, CancellationToken giveUp)
    {
        long began = clock.NowMs;
        bool goesOn = true;
        while (goesOn && Ask is { } ask && isUnknown())
        {
            goesOn = await ask(giveUp).ConfigureAwait(false) && !giveUp.IsCancellationRequested
                && clock.NowMs - began < MaxAskTime.TotalMilliseconds;
        }
    }

    /// <summary>
    /// Notes that the answer, or conversation, called <paramref name="id"/> is kept where the lane of index <paramref name="lane"/> goes, for
    /// <paramref name="owner"/>; null where callers have no names. An owner who is known already stays.
    /// </summary>
    public void Add(ReadOnlySpan<byte> id, int lane, string? owner = null)
    {
        ulong hash = Rendezvous.Hash(id);
        Learn(hash, lane, owner);
        Added?.Invoke(hash, lane, owner);
    }

    /// <summary>The same for an entry that another process made.</summary>
    public void Learn(ulong hash, int lane, string? owner)
    {
        long now = clock.NowMs;
        lock (_order)
        {
            string? first = TryFind(hash, now, out Entry known) ? known.Owner ?? owner : owner;
            _lanes[hash] = new Entry(lane, now, first);
            _order.Enqueue((hash, now));
            while (_order.Count > Capacity || now - _order.Peek().At > Lifetime.TotalMilliseconds)
            {
                (ulong oldest, long at) = _order.Dequeue();
                if (_lanes.TryGetValue(oldest, out Entry entry) && entry.At == at && !(oldest == hash && at == now))
                {
                    _lanes.Remove(oldest);
                }
            }
        }
    }

    /// <summary>Index of the lane that keeps <paramref name="id"/>; null when that is not known.</summary>
    public int? Find(ReadOnlySpan<byte> id) => TryFind(id, out Entry entry) ? entry.Lane : null;

    /// <summary>Who <paramref name="id"/> belongs to; null when nobody is known to own it.</summary>
    public string? OwnerOf(ReadOnlySpan<byte> id) => TryFind(id, out Entry entry) ? entry.Owner : null;

    private bool TryFind(ReadOnlySpan<byte> id, out Entry entry)
    {
        ulong hash = Rendezvous.Hash(id);
        long now = clock.NowMs;
        lock (_order)
        {
            return TryFind(hash, now, out entry);
        }
    }

    private bool TryFind(ulong hash, long now, out Entry entry) => _lanes.TryGetValue(hash, out entry)
        && now - entry.At <= Lifetime.TotalMilliseconds;

    private readonly record struct Entry(int Lane, long At, string? Owner);
}
