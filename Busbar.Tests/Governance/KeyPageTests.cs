using Busbar.Governance;

namespace Busbar.Tests.Governance;

public sealed class KeyPageTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Page_after_page_gives_every_key_once_by_creation_and_then_by_id(int limit)
    {
        var random = new Random(7);
        KeyEntry[] entries = [.. Enumerable.Range(1, 500).Select(number => Entry(TestKeys.Make(number) with { CreatedAt = random.Next(40) }))];
        IEnumerable<string> expected = entries.Select(entry => entry.Key).OrderBy(key => key.CreatedAt).ThenBy(key => key.Id, StringComparer.Ordinal).Select(key => key.Id);

        var seen = new List<string>();
        (long, string)? after = null;
        while (KeyPage.Of(entries, after, limit) is { Count: > 0 } page)
        {
            Assert.InRange(page.Count, 1, limit);
            seen.AddRange(page.Select(key => key.Id));
            after = (page[^1].CreatedAt, page[^1].Id);
        }

        Assert.Equal(expected, seen);
    }

    [Fact]
    public void A_page_of_many_thousand_keys_needs_no_more_room_than_the_page()
    {
        KeyEntry[] entries = [.. Enumerable.Range(1, 20_000).Select(number => Entry(TestKeys.Make(number)))];
        KeyPage.Of(entries, null, 10);

        long before = GC.GetAllocatedBytesForCurrentThread();
        IReadOnlyList<VirtualKey> page = KeyPage.Of(entries, (9999, "vk_z"), 10);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(10_000, page[0].CreatedAt);
        Assert.InRange(allocated, 0, 8 * 1024);
    }

    private static KeyEntry Entry(VirtualKey key) => new(key, new KeyAccount());
}
