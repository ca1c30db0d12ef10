using System.Buffers;
using System.Collections.Concurrent;

namespace Busbar.Gateway.Server;

/// <summary>
/// The memory that clients' connections read into and write from, in blocks of one page. A body of known length that is on its way gets larger ones:
/// with a page at a time, half of the time a request of 500 KB took went into asking the system for the next page.
/// </summary>
internal sealed class BlockPool : MemoryPool<byte>
{
    /// <summary>Bytes of a usual block.</summary>
    public const int BlockBytes = 4096;

    /// <summary>Bytes of a block for a large body.</summary>
    public const int LargeBytes = 32 * 1024;

    // Kept for the next use; more than that is left to the collector: 2 MiB and 1 MiB.
    private const int MaxKept = 512;
    private const int MaxLargeKept = 32;

    [ThreadStatic]
    private static bool _expectsMore;

    private readonly ConcurrentQueue<Block> _kept = new();
    private readonly ConcurrentQueue<Block> _largeKept = new();

    // Not all: pipes cut what they take into blocks of this size, and take what is larger from elsewhere.
    /// <inheritdoc/>
    public override int MaxBufferSize => BlockBytes;

    /// <summary>
    /// Says that <paramref name="bytes"/> of a body are still to come, from a caller who is known. The next block that this thread takes may be large;
    /// requests run on the thread that reads their connection, so that is as a rule the one for them.
    /// </summary>
    public static void Expect(long bytes) => _expectsMore = bytes >= LargeBytes;

    /// <inheritdoc/>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        bool isLarge = _expectsMore;
        _expectsMore = false;
        return (isLarge ? _largeKept : _kept).TryDequeue(out Block? block) ? block.Lend() : new Block(this, isLarge ? LargeBytes : BlockBytes).Lend();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _kept.Clear();
        _largeKept.Clear();
    }

    private void Return(Block block)
    {
        (ConcurrentQueue<Block> kept, int max) = block.Memory.Length == BlockBytes ? (_kept, MaxKept) : (_largeKept, MaxLargeKept);
        if (kept.Count < max)
        {
            kept.Enqueue(block);
        }
    }

    private sealed class Block(BlockPool pool, int bytes) : IMemoryOwner<byte>
    {
        private int _isLent;

        // The system writes into it, so it must not move.
        public Memory<byte> Memory { get; } = GC.AllocateUninitializedArray<byte>(bytes, pinned: true);

        public Block Lend()
        {
            _isLent = 1;
            return this;
        }

        public void Dispose()
        {
            // Two owners of one block would read each other's bytes.
            if (Interlocked.Exchange(ref _isLent, 0) == 1)
            {
                pool.Return(this);
            }
        }
    }
}
