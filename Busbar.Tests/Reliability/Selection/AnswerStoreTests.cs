using Busbar.Reliability;
using Busbar.Reliability.Selection;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Reliability.Selection;

public sealed class AnswerStoreTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void An_owner_finds_what_it_kept_and_nothing_of_another()
    {
        var store = new AnswerStore(new MonotonicClock(_time));
        Assert.True(store.IsEmpty);
        store.Add(1, "a"u8, [1]);
        store.Add(1, "a"u8, [2]);
        Assert.Equal([2], store.Find(1, "a"u8)!);
        Assert.Null(store.Find(2, "a"u8));
        Assert.Null(store.Find(1, "b"u8));
        _time.Advance(AnswerStore.Lifetime + TimeSpan.FromSeconds(1));
        Assert.Null(store.Find(1, "a"u8));
    }

    [Fact]
    public void Memory_is_bounded_per_owner_and_over_all_of_them()
    {
        var store = new AnswerStore(new MonotonicClock(_time));
        var entry = new byte[AnswerStore.MaxEntry];
        store.Add(1, "huge"u8, new byte[AnswerStore.MaxEntry + 1]);
        Assert.True(store.IsEmpty);
        for (byte owner = 0; owner < 8; owner++)
        {
            for (byte id = 0; id < 6; id++)
            {
                store.Add(owner, [id], entry);
            }
        }

        long kept = Enumerable.Range(0, 8).Sum(owner => Enumerable.Range(0, 6).Count(id => store.Find((ulong)owner, [(byte)id]) is not null)) * (
            long)entry.Length;
        Assert.InRange(kept, 1, AnswerStore.Capacity);
        Assert.NotNull(store.Find(7, [5]));
        Assert.Null(store.Find(7, [0]));
    }

    [Fact]
    public void An_entry_is_found_up_to_its_last_moment_however_old_the_process_is()
    {
        var store = new AnswerStore(new MonotonicClock(_time));
        _time.Advance(AnswerStore.Lifetime * 3);
        store.Add(1, "a"u8, [1]);
        _time.Advance(AnswerStore.Lifetime);
        Assert.NotNull(store.Find(1, "a"u8));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(store.Find(1, "a"u8));
    }

    [Fact]
    public void An_entry_that_is_replaced_is_not_counted_twice()
    {
        var store = new AnswerStore(new MonotonicClock(_time));
        var entry = new byte[AnswerStore.MaxEntry];
        store.Add(1, "first"u8, [1]);
        for (int times = 0; times < 20; times++)
        {
            store.Add(1, "same"u8, entry);
        }

        Assert.NotNull(store.Find(1, "same"u8));
        store.Add(1, "second"u8, entry);
        store.Add(1, "third"u8, [3]);
        Assert.NotNull(store.Find(1, "same"u8));
        Assert.NotNull(store.Find(1, "third"u8));
    }

    [Fact]
    public void An_owner_whose_last_entry_is_dropped_leaves_nothing_behind()
    {
        var store = new AnswerStore(new MonotonicClock(_time));
        var entry = new byte[AnswerStore.MaxEntry];
        for (byte owner = 0; owner < 40; owner++)
        {
            store.Add(owner, [owner], entry);
        }

        int kept = Enumerable.Range(0, 40).Count(owner => store.Find((ulong)owner, [(byte)owner]) is not null);
        Assert.Equal((AnswerStore.Capacity / entry.Length) - 1, kept);
    }
}
