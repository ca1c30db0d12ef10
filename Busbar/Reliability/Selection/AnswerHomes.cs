namespace Busbar.Reliability.Selection;

/// <summary>
/// Which lane gave which answer, for answers that a provider keeps and later requests refer to. A process has one for all its configurations; it forgets after
/// <see cref="Lifetime"/>, beyond <see cref="Capacity"/> entries the oldest, and with the process. Safe for concurrent calls.
/// </summary>
internal sealed class AnswerHomes(MonotonicClock clock)
{
    /// <summary>Most entries, about 4 MiB.</summary>
    public const int Capacity = 65_536;

    /// <summary>How long an entry is of use after it was made or renewed.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    private readonly Dictionary<ulong, (int Lane, long At)> _lanes = [];
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

    /// <summary>Notes that the answer, or conversation, called <paramref name="id"/> is kept where the lane of index <paramref name="lane"/> goes.</summary>
    public void Add(ReadOnlySpan<byte> id, int lane)
    {
        ulong hash = Rendezvous.Hash(id);
        long now = clock.NowMs;
        lock (_order)
        {
            _lanes[hash] = (lane, now);
            _order.Enqueue((hash, now));
            while (_order.Count > Capacity || now - _order.Peek().At > Lifetime.TotalMilliseconds)
            {
                (ulong oldest, long at) = _order.Dequeue();
                if (_lanes.TryGetValue(oldest, out (int Lane, long At) entry) && entry.At == at && !(oldest == hash && at == now))
                {
                    _lanes.Remove(oldest);
                }
            }
        }
    }

    /// <summary>Index of the lane that keeps <paramref name="id"/>; null when that is not known.</summary>
    public int? Find(ReadOnlySpan<byte> id)
    {
        ulong hash = Rendezvous.Hash(id);
        long now = clock.NowMs;
        lock (_order)
        {
            return _lanes.TryGetValue(hash, out (int Lane, long At) entry) && now - entry.At <= Lifetime.TotalMilliseconds ? entry.Lane : null;
        }
    }
}
