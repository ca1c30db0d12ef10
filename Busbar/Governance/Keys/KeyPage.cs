namespace Busbar.Governance.Keys;

/// <summary>
/// A page of keys in the order of their creation. It is selected in one pass that keeps no more than the page, so that reading one of many
/// thousand keys costs no sort of them all.
/// </summary>
internal static class KeyPage
{
    private static readonly Comparer<(long CreatedAt, int Order)> LastFirst =
        Comparer<(long CreatedAt, int Order)>.Create(static (left, right) => right.CompareTo(left));

    /// <summary>
    /// The first <paramref name="limit"/> (at least 1) of <paramref name="entries"/> that come after <paramref name="after"/>, a second of creation
    /// and an order in it; fewer where there are no more.
    /// </summary>
    public static IReadOnlyList<VirtualKey> Of(IEnumerable<KeyEntry> entries, (long CreatedAt, int Order)? after, int limit)
    {
        var page = new PriorityQueue<VirtualKey, (long CreatedAt, int Order)>(LastFirst);
        foreach (KeyEntry entry in entries)
        {
            VirtualKey key = entry.Key;
            (long CreatedAt, int Order) place = (key.CreatedAt, entry.Order);
            if (after is { } last && place.CompareTo(last) <= 0)
            {
                continue;
            }

            if (page.Count < limit)
            {
                page.Enqueue(key, place);
            }
            else if (page.TryPeek(out _, out (long CreatedAt, int Order) end) && place.CompareTo(end) < 0)
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
