using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using static Busbar.Tests.Governance.StoreDirectory;

namespace Busbar.Tests.Governance;

public sealed class SqliteCrashTests
{
    private const long Today = Now - (Now % 86_400);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void After_a_crash_at_any_byte_the_sums_are_those_after_some_whole_flush(int seed)
    {
        var random = new Random(seed);
        using var live = new StoreDirectory();
        VirtualKey[] keys = [.. Enumerable.Range(0, 20).Select(i => Key($"k{i}"))];
        using (SqliteStore first = live.Open())
        {
            Assert.All(keys, key => Assert.True(first.Insert(key)));
        }

        using SqliteStore store = live.Open();
        List<string> states = [Describe(store)];
        var windows = new Dictionary<string, WindowUsage>();

        // Fewer than fill the thousand pages after which the journal goes into the file: what is there already cannot be lost with the journal.
        for (int flush = 0; flush < 120; flush++)
        {
            WindowUsage[] increments = [.. random.GetItems(keys, random.Next(1, 15)).Distinct()
                .Select(key => new WindowUsage(key.Id, 0, random.Next(1000), random.Next(1000), random.Next(3)))];
            foreach (WindowUsage more in increments)
            {
                WindowUsage sum = windows.GetValueOrDefault(more.KeyId);
                windows[more.KeyId] = new(more.KeyId, 0, sum.SpendNanos + more.SpendNanos, sum.Tokens + more.Tokens, sum.Requests + more.Requests);
            }

            store.Add(increments, [.. increments.Select(more
                => new DailyUsage(more.KeyId, $"m{random.Next(4)}", Today - (86_400 * random.Next(5)), 1, 1, 0, more.SpendNanos, 1, 1, 1, 1, 1, 1, 1,
                1, 1))]);
            Assert.Equal(windows.Values.OrderBy(window => window.KeyId, StringComparer.Ordinal),
                store.Load(Now).Windows.OrderBy(window => window.KeyId, StringComparer.Ordinal));
            states.Add(Describe(store));
            if (random.Next(10) != 0)
            {
                continue;
            }

            int expected = states.Count - 1;
            Assert.Equal(expected, StateAfterCrash(live, states, cut: null));
            for (int i = 0; i < 5; i++)
            {
                long length = new FileInfo(live.File + "-wal").Length;
                Assert.InRange(StateAfterCrash(live, states, random.NextInt64(length + 1)), 0, expected);
            }
        }
    }

    // Which of the states a process finds that starts with what a crash left; -1 for none of them.
    private static int StateAfterCrash(StoreDirectory live, List<string> states, long? cut)
    {
        using var crashed = new StoreDirectory();
        System.IO.File.Copy(live.File, crashed.File);
        System.IO.File.Copy(live.File + "-wal", crashed.File + "-wal");
        if (cut is { } length)
        {
            using FileStream journal = new(crashed.File + "-wal", FileMode.Open);
            journal.SetLength(length);
        }

        using SqliteStore store = crashed.Open();
        return store.Load(Now).Keys.Count == 20 ? states.LastIndexOf(Describe(store)) : -1;
    }
}
