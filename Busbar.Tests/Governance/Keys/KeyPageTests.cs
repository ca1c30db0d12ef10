using Busbar.Governance.Keys;

namespace Busbar.Tests.Governance.Keys;

public sealed class KeyPageTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Page_after_page_gives_every_key_once_in_the_order_of_creation_also_within_a_second(int limit)
    {
        var random = new Random(7);
        VirtualKey[] made = [.. Enumerable.Range(1, 500).Select(number => TestKeys.Make(number) with { CreatedAt = random.Next(40) })
            .OrderBy(key => key.CreatedAt)];
        var directory = new KeyDirectory();
        Assert.All(made, key => Assert.True(directory.TryAdd(Entry(key))));

        var seen = new List<string>();
        (long, int)? after = null;
        while (KeyPage.Of(directory.Entries, after, limit) is { Count: > 0 } page)
        {
            Assert.InRange(page.Count, 1, limit);
            seen.AddRange(page.Select(key => key.Id));
            after = (page[^1].CreatedAt, directory.Find(page[^1].Id)!.Order);
        }

        Assert.Equal(made.Select(key => key.Id), seen);
    }

    [Fact]
    public void Pages_of_nodes_that_heard_of_keys_in_different_orders_go_on_from_each_other()
    {
        VirtualKey[] made = [.. Enumerable.Range(1, 100).Select(number => TestKeys.Make(number) with { CreatedAt = number / 40 })];
        KeyEntry[][] nodes = [[.. made.Select(Entry)], [.. made.Reverse().Select(Entry)]];

        var seen = new List<string>();
        (long, string)? after = null;
        for (int turn = 0; KeyPage.ById(nodes[turn % 2], after, 7) is { Count: > 0 } page; turn++)
        {
            seen.AddRange(page.Select(key => key.Id));
            after = (page[^1].CreatedAt, page[^1].Id);
        }

        Assert.Equal(made.OrderBy(key => key.CreatedAt).ThenBy(key => key.Id, StringComparer.Ordinal).Select(key => key.Id), seen);
    }

    [Fact]
    public void A_page_of_many_thousand_keys_needs_no_more_room_than_the_page()
    {
        KeyEntry[] entries = [.. Enumerable.Range(1, 20_000).Select(number => Entry(TestKeys.Make(number)))];
        KeyPage.Of(entries, null, 10);

        long before = GC.GetAllocatedBytesForCurrentThread();
        IReadOnlyList<VirtualKey> page = KeyPage.Of(entries, (9999, 1), 10);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(10_000, page[0].CreatedAt);
        Assert.InRange(allocated, 0, 8 * 1024);
    }

    private static KeyEntry Entry(VirtualKey key) => new(key, new KeyAccount());
}
