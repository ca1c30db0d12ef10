using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Busbar.Ir;
using Busbar.Ir.Request;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Governance.Store;

public sealed class LedgerTests
{
    private const long Day = 1_709_078_400;
    private static readonly VirtualKey s_key = TestKeys.Make();

    private readonly FakeTimeProvider _time = new();
    private readonly MemoryStore _store = new(s_key);

    [Fact]
    public async Task What_is_posted_reaches_the_store_by_itself()
    {
        await using Ledger ledger = Open();
        ledger.Post(Settlement(1));

        await Ticks(() => _store.Adds > 0);

        Assert.Equal([new WindowUsage(s_key.Id, 0, 1, 3, 1)], _store.Windows);
    }

    [Fact]
    public async Task There_are_two_flushes_in_an_interval_so_that_writing_fits_in_what_a_crash_may_cost()
    {
        await using Ledger ledger = Open();
        ledger.Post(Settlement(1));
        await Ticks(() => _store.Adds > 0);
        ledger.Post(Settlement(1));
        _time.Advance(Ledger.Interval / 2);

        await WaitAsync(() => _store.Adds > 1);
    }

    [Fact]
    public async Task Nobody_waits_while_the_store_blocks_and_nothing_is_lost_or_counted_twice()
    {
        await using Ledger ledger = Open();
        _store.Block();
        ledger.Post(Settlement(1));
        await Ticks(() => _store.Blocked.IsCompleted);

        Parallel.For(0, 50_000, _ => ledger.Post(Settlement(1)));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.True(ledger.Lag >= TimeSpan.FromSeconds(30));
        _store.Unblock();
        Assert.True(await ledger.FlushAsync());

        Assert.Equal(50_001, Assert.Single(_store.Windows).SpendNanos);
        Assert.Equal(TimeSpan.Zero, ledger.Lag);
    }

    [Fact]
    public async Task What_is_posted_while_a_flush_is_failing_is_kept_with_what_it_carried()
    {
        await using Ledger ledger = Open();
        ledger.Post(Settlement(1));
        _store.FailNext(1);
        _store.Block();
        await Ticks(() => _store.Blocked.IsCompleted);
        ledger.Post(Settlement(2));
        _store.Unblock();
        Assert.True(await ledger.FlushAsync());

        Assert.Equal((1L, 3L), (ledger.FlushErrors, Assert.Single(_store.Windows).SpendNanos));
    }

    [Fact]
    public void Sums_grow_with_keys_models_and_days_and_not_with_requests()
    {
        var posts = new LedgerPosts();
        var sums = new LedgerSums();
        for (int request = 0; request < 10_000; request++)
        {
            posts.Add(Settlement(1) with { Model = request % 2 == 0 ? "a" : "b", Day = Day + (request % 3 * 86_400) });
        }

        Assert.Equal(6, posts.Sums.Count);
        sums.Add(posts);
        Assert.Single(sums.Windows);
        Assert.Equal(6, sums.Days.Count);
        Assert.Equal(10_000, sums.Days.Sum(day => day.Requests));
    }

    [Fact]
    public async Task A_failed_flush_keeps_everything_and_what_comes_after_it()
    {
        await using Ledger ledger = Open();
        _store.FailNext(2);
        ledger.Post(Settlement(1));
        Assert.False(await ledger.FlushAsync());
        ledger.Post(Settlement(2));
        Assert.False(await ledger.FlushAsync());
        ledger.Post(Settlement(4));
        Assert.True(await ledger.FlushAsync());
        Assert.True(await ledger.FlushAsync());

        Assert.Equal(2, ledger.FlushErrors);
        Assert.Equal(1, _store.Adds);
        Assert.Equal([new WindowUsage(s_key.Id, 0, 7, 9, 3)], _store.Windows);
    }

    [Fact]
    public async Task Lag_grows_while_the_store_fails_and_ends_when_it_recovers()
    {
        await using Ledger ledger = Open();
        ledger.Post(Settlement(1));
        _store.FailNext(int.MaxValue);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.False(await ledger.FlushAsync());
        Assert.Equal(TimeSpan.FromSeconds(5), ledger.Lag);

        _store.FailNext(0);
        Assert.True(await ledger.FlushAsync());
        Assert.Equal(TimeSpan.Zero, ledger.Lag);
    }

    [Fact]
    public async Task The_writer_outlives_an_error_that_no_store_should_raise()
    {
        var store = new BrokenOnceStore();
        await using var ledger = new Ledger(store, _time, NullLogger.Instance);
        ledger.Post(Settlement(1));
        await Ticks(() => ledger.FlushErrors == 1);

        await Ticks(() => store.Spend == 1);

        Assert.Equal(1, store.Spend);
    }

    [Fact]
    public async Task Stopping_writes_what_is_left()
    {
        Ledger ledger = Open();
        ledger.Post(Settlement(5));
        await ledger.DisposeAsync();

        Assert.Equal(5, Assert.Single(_store.Windows).SpendNanos);
    }

    [Fact]
    public async Task What_a_deleted_key_still_owed_brings_nothing_back()
    {
        await using Ledger ledger = Open();
        ledger.Post(Settlement(1));
        Assert.True(_store.Delete(s_key.Id));
        ledger.Post(Settlement(1));
        Assert.True(await ledger.FlushAsync());

        Assert.Empty(_store.Windows);
        Assert.Empty(_store.ReadUsage(null, 0, long.MaxValue, 10));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Under_random_failures_and_parallel_posts_the_store_ends_with_the_exact_sums(int seed)
    {
        VirtualKey[] keys = [.. Enumerable.Range(1, 5).Select(TestKeys.Make)];
        var store = new MemoryStore(keys);
        var ledger = new Ledger(store, _time, NullLogger.Instance);
        ChargedAmount[] all = [.. Settlements(seed, keys, 20_000)];
        Task posting = Task.Run(() => Parallel.ForEach(all, settlement => ledger.Post(settlement)));
        var random = new Random(seed);
        while (!posting.IsCompleted)
        {
            store.FailNext(random.Next(3));
            await ledger.FlushAsync();
            _time.Advance(Ledger.Interval);
        }

        await posting;
        store.FailNext(0);
        await ledger.DisposeAsync();

        var expected = all.GroupBy(one => (one.Day, one.KeyId, one.Model)).OrderBy(group => group.Key.Day)
            .ThenBy(group => group.Key.KeyId, StringComparer.Ordinal).ThenBy(group => group.Key.Model, StringComparer.Ordinal)
            .Select(group => new DailyUsage(
                group.Key.KeyId, group.Key.Model, group.Key.Day, group.Count(one => one.IsSuccess), group.Count(one => one.IsEstimated), 0,
                group.Sum(one => one.SpendNanos),
                group.Sum(one => one.Usage.Input), group.Sum(one => one.Usage.CacheRead), group.Sum(one => one.Usage.CacheWrite), 0,
                group.Sum(one => one.Usage.Output),
                group.Sum(one => one.Usage.Reasoning), 0, 0, 0));
        Assert.Equal(expected, store.ReadUsage(null, 0, long.MaxValue, int.MaxValue));
        Assert.Equal(all.Sum(one => one.SpendNanos), store.Windows.Sum(window => window.SpendNanos));
        Assert.Equal(all.Sum(one => one.Usage.Total), store.Windows.Sum(window => window.Tokens));
    }

    [Fact]
    public void Sums_saturate()
    {
        var posts = new LedgerPosts();
        var sums = new LedgerSums();
        for (int request = 0; request < 3; request++)
        {
            posts.Add(Settlement(long.MaxValue / 2));
        }

        sums.Add(posts);

        Assert.Equal(long.MaxValue, Assert.Single(sums.Windows).SpendNanos);
        Assert.Equal(long.MaxValue, Assert.Single(sums.Days).SpendNanos);
    }

    private static IEnumerable<ChargedAmount> Settlements(int seed, VirtualKey[] keys, int count)
    {
        var random = new Random(seed);
        for (int index = 0; index < count; index++)
        {
            yield return new ChargedAmount
            {
                KeyId = keys[random.Next(keys.Length)].Id,
                WindowStart = random.Next(2) * Day,
                Day = Day + (random.Next(3) * 86_400),
                Model = random.Next(2) == 0 ? "a" : "b",
                SpendNanos = random.Next(1000),
                Usage = new Usage { Input = random.Next(100), CacheRead = random.Next(100), CacheWrite = random.Next(100), Output =
                    50 + random.Next(50), Reasoning = random.Next(50) },
                IsSuccess = random.Next(3) > 0,
                IsEstimated = random.Next(5) == 0,
            };
        }
    }

    private static ChargedAmount Settlement(long spend) => new()
    {
        KeyId = s_key.Id,
        WindowStart = 0,
        Day = Day,
        Model = "m",
        SpendNanos = spend,
        Usage = new Usage { Input = 1, Output = 2 },
        IsSuccess = true,
    };

    private static async Task WaitAsync(Func<bool> until)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!until())
        {
            await Task.Delay(1, bound.Token);
        }
    }

    private Ledger Open() => new(_store, _time, NullLogger.Instance);

    // The writer's timer may not exist yet when time moves, so it moves until the effect is there.
    private async Task Ticks(Func<bool> until)
    {
        while (!until())
        {
            _time.Advance(Ledger.Interval);
            await Task.Yield();
        }
    }
}
