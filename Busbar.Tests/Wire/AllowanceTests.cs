using System.Text;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Wire;

/// <summary>What bounds the memory of a translation.</summary>
public sealed class AllowanceTests
{
    [Fact]
    public void As_much_as_the_limit_may_be_taken_and_not_a_byte_more()
    {
        var allowance = new Allowance(1000, CancellationToken.None);
        Assert.Equal(Allowance.Floor + (1000 * Allowance.PerByte), allowance.Limit);
        allowance.Take(allowance.Limit - 1);
        allowance.Take(1);
        Assert.Equal(allowance.Limit, allowance.Taken);
        Assert.Throws<AllowanceException>(() => allowance.Take(1));
    }

    [Fact]
    public void A_translation_that_nobody_waits_for_ends_within_a_few_hundred_steps()
    {
        using var gone = new CancellationTokenSource();
        var allowance = new Allowance(0, gone.Token);
        allowance.Take(1);
        gone.Cancel();
        Assert.Throws<OperationCanceledException>(() => Enumerable.Range(0, 1000).ToList().ForEach(_ => allowance.Take(1)));
    }

    [Fact]
    public void A_buffer_and_a_tape_are_charged_for_what_they_grow_by()
    {
        var allowance = new Allowance(0, CancellationToken.None);
        using var buffer = new PooledBuffer(1) { Allowance = allowance };
        using var tape = new JsonTape { Allowance = allowance };
        Assert.Equal(0, allowance.Taken);
        buffer.Write(new byte[100_000]);
        Assert.InRange(allowance.Taken, 100_000, 200_000);
        long before = allowance.Taken;
        Assert.True(tape.TryParse(Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Range(0, 50_000))}]")));
        Assert.InRange(allowance.Taken - before, 50_000 * 12, 200_000 * 12);
        Assert.Throws<AllowanceException>(() => buffer.Write(new byte[Allowance.Floor]));
    }

    [Fact]
    public void A_capped_list_takes_as_many_as_it_says_and_names_what_there_are_too_many_of()
    {
        var list = new CappedList<int>(1000, "messages");
        for (int item = 0; item < 1000; item++)
        {
            list.Add(item);
        }

        AllowanceException refused = Assert.Throws<AllowanceException>(() => list.Add(1000));
        Assert.Equal("too many messages: at most 1,000 are allowed", refused.Message);
        Assert.Equal(1000, list.Count);
    }

    [Theory]
    [InlineData(10, true)]
    [InlineData(256, true)]
    [InlineData(257, false)]
    [InlineData(100_000, false)]
    public void A_list_that_is_emptied_keeps_little_storage_only(int capacity, bool isKept)
    {
        var list = new List<int>(capacity) { 1 };
        list.Empty();
        Assert.Empty(list);
        Assert.Equal(isKept ? capacity : 0, list.Capacity);
    }
}
