using System.IO.Pipelines;
using Busbar.Gateway.Admission;
using Busbar.Gateway.Attempts;
using Busbar.Gateway.Server;

namespace Busbar.Tests.Gateway.Admission;

public sealed class BodyReaderTests
{
    [Fact]
    public async Task A_declared_length_buys_little_memory_before_the_bytes_arrive()
    {
        const int Declared = 64 * 1024 * 1024;
        using var end = new CancellationTokenSource();
        Task<BodyRead>? read = null;
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(new byte[10]);

        // On a thread of its own, up to where it waits.
        long allocated = 0;
        var thread = new Thread(() =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            read = BodyReader.ReadAsync(pipe.Reader, null, Declared, Declared, TimeSpan.FromMinutes(1), new CallTimer(), end.Token).AsTask();
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        });
        thread.Start();
        thread.Join();

        Assert.InRange(allocated, 0, 1024 * 1024);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read!);
    }

    [Theory]
    [InlineData(500_000L, BlockPool.LargeBytes)]
    [InlineData(20_000L, BlockPool.BlockBytes)]
    [InlineData(null, BlockPool.BlockBytes)]
    public async Task What_comes_of_a_large_body_is_read_in_large_blocks(long? declared, int bytes)
    {
        using var end = new CancellationTokenSource();
        using var pool = new BlockPool();
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(new byte[10]);
        Task<BodyRead> read = BodyReader.ReadAsync(pipe.Reader, null, declared, 1_000_000, TimeSpan.FromMinutes(1), new CallTimer(), end.Token)
            .AsTask();

        // Where it waits, the thread goes back to reading the connection.
        int next = pool.Rent().Memory.Length;

        Assert.Equal(bytes, next);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
    }
}
