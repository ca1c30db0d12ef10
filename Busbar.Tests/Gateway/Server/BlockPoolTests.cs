using System.Buffers;
using Busbar.Gateway.Server;

namespace Busbar.Tests.Gateway.Server;

/// <summary>The blocks that connections read into.</summary>
public sealed class BlockPoolTests
{
    [Fact]
    public void A_block_is_a_page_unless_a_large_body_is_expected()
    {
        using var pool = new BlockPool();
        using IMemoryOwner<byte> usual = pool.Rent(2048);
        BlockPool.Expect(BlockPool.LargeBytes);
        using IMemoryOwner<byte> large = pool.Rent(2048);
        using IMemoryOwner<byte> after = pool.Rent(2048);
        BlockPool.Expect(BlockPool.LargeBytes - 1);
        using IMemoryOwner<byte> rest = pool.Rent(2048);

        Assert.Equal([BlockPool.BlockBytes, BlockPool.LargeBytes, BlockPool.BlockBytes, BlockPool.BlockBytes],
            new[] { usual, large, after, rest }.Select(block => block.Memory.Length));
    }

    [Fact]
    public void A_block_given_back_twice_has_one_next_owner()
    {
        using var pool = new BlockPool();
        IMemoryOwner<byte> first = pool.Rent();
        first.Dispose();
        first.Dispose();

        using IMemoryOwner<byte> second = pool.Rent();
        using IMemoryOwner<byte> third = pool.Rent();

        Assert.False(second.Memory.Span.Overlaps(third.Memory.Span));
    }

    [Fact]
    public void A_block_that_was_given_back_is_used_again_without_allocating()
    {
        using var pool = new BlockPool();
        pool.Rent().Dispose();

        Assert.Equal(0, Allocations.Least(() => pool.Rent().Dispose()));
    }

    [Fact]
    public void No_more_than_three_megabytes_are_kept()
    {
        using var pool = new BlockPool();
        var lent = new List<WeakReference>();
        Fill(pool, lent);
        GC.Collect();

        Assert.InRange(lent.Count(block => block.IsAlive), 1, 512 + 32);
    }

    // In a method of its own, so that nothing on the stack holds a block.
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void Fill(BlockPool pool, List<WeakReference> lent)
    {
        var blocks = new List<IMemoryOwner<byte>>();
        for (int each = 0; each < 1000; each++)
        {
            BlockPool.Expect(each % 10 == 0 ? BlockPool.LargeBytes : 0);
            blocks.Add(pool.Rent());
        }

        foreach (IMemoryOwner<byte> block in blocks)
        {
            lent.Add(new WeakReference(block));
            block.Dispose();
        }
    }
}
