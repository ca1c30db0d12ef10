namespace Busbar.Governance;

/// <summary>
/// A page of keys in the order of their creation, then of their ids. It is selected in one pass that keeps no more than the page, so that reading one of many
/// thousand keys costs no sort of them all.
/// </summary>
internal static class KeyPage
{
    private static readonly Comparer<VirtualKey> Order = Comparer<VirtualKey>.Create(static (left, right) =>
        left.CreatedAt != right.CreatedAt ? left.CreatedAt.CompareTo(right.CreatedAt) : string.CompareOrdinal(left.Id, right.Id));

    private static readonly Comparer<VirtualKey> LastFirst = Comparer<VirtualKey>.Create(static (left, right) => Order.Compare(right, left));

    /// <summary>The first <paramref name="limit"/> (at least 1) of <paramref name="entries"/> that come after <paramref name="after"/>; fewer where there are no more.</summary>
    public static IReadOnlyList<VirtualKey> Of(IEnumerable<KeyEntry> entries, (long CreatedAt, string Id)? after, int limit)
    {
        var page = new PriorityQueue<VirtualKey, VirtualKey>(LastFirst);
        foreach (KeyEntry entry in entries)
        {
            VirtualKey key = entry.Key;
            if (after is { } last && (key.CreatedAt < last.CreatedAt || (key.CreatedAt == last.CreatedAt && string.CompareOrdinal(key.Id, last.Id) <= 0)))
            {
                continue;
            }

            if (page.Count < limit)
            {
                page.Enqueue(key, key);
            }
            else if (Order.Compare(key, page.Peek()) < 0)
            {
                page.DequeueEnqueue(key, key);
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
