namespace Busbar.Governance.Keys;

/// <summary>
/// A page of keys in the order of their creation. It is selected in one pass that keeps no more than the page, so that reading one of many
/// thousand keys costs no sort of them all.
/// </summary>
internal static class KeyPage
{
    private static readonly Comparer<(long CreatedAt, int Order, string Id)> LastFirst = Comparer<(long CreatedAt, int Order, string Id)>.Create(
        static (left, right) => Compare(right, left));

    /// <summary>
    /// The first <paramref name="limit"/> (at least 1) of <paramref name="entries"/> that come after <paramref name="after"/>, a second of creation
    /// and an order in it; fewer where there are no more.
    /// </summary>
    public static IReadOnlyList<VirtualKey> Of(IEnumerable<KeyEntry> entries, (long CreatedAt, int Order)? after, int limit)
        => Of(entries, after is var (at, order) ? (at, order, "") : null, limit, static entry => (entry.Key.CreatedAt, entry.Order, ""));

    /// <summary>
    /// The same where several nodes have the keys: those of one second by their ids, since each node heard of them in an order of its own, and the
    /// next page may be another node's.
    /// </summary>
    public static IReadOnlyList<VirtualKey> ById(IEnumerable<KeyEntry> entries, (long CreatedAt, string Id)? after, int limit)
        => Of(entries, after is var (at, id) ? (at, 0, id) : null, limit, static entry => (entry.Key.CreatedAt, 0, entry.Key.Id));

    private static int Compare((long CreatedAt, int Order, string Id) left, (long CreatedAt, int Order, string Id) right)
        => (left.CreatedAt, left.Order).CompareTo((right.CreatedAt, right.Order)) is not 0 and var order ? order
            : string.CompareOrdinal(left.Id, right.Id);

    private static VirtualKey[] Of(IEnumerable<KeyEntry> entries, (long CreatedAt, int Order, string Id)? after, int limit,
        Func<KeyEntry, (long CreatedAt, int Order, string Id)> placeOf)
    {
        var page = new PriorityQueue<VirtualKey, (long CreatedAt, int Order, string Id)>(LastFirst);
        foreach (KeyEntry entry in entries)
        {
            VirtualKey key = entry.Key;
            (long CreatedAt, int Order, string Id) place = placeOf(entry);
            if (after is { } last && Compare(place, last) <= 0)
            {
                continue;
            }

            if (page.Count < limit)
            {
                page.Enqueue(key, place);
            }
            else if (page.TryPeek(out _, out (long CreatedAt, int Order, string Id) end) && Compare(place, end) < 0)
            {
                page.DequeueEnqueue(key, place);
            }
        }

        var keys = new VirtualKey[page.Count];
        while (page.Count > 0)
        {
            keys[page.Count - 1] = page.Dequeue();
        }

        return keys;
    }
}
