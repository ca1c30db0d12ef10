using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Threading.Channels;

namespace Busbar.Observability.Live;

/// <summary>
/// One who is told of events. What he takes too slowly is dropped from the front of his queue, and he is told how much that was; nobody else waits
/// for him.
/// </summary>
internal sealed class LiveSubscription : IDisposable
{
    /// <summary>Seconds that wait for him at most.</summary>
    public const int MaxWaiting = 8;

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    // After that he is taken for gone.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly byte[] Greeting = [.. "retry: 2000\n\n"u8];

    private readonly LiveEvents _events;
    private readonly Channel<byte[]> _waiting;
    private long _dropped;

    /// <summary>Subscribes to <paramref name="events"/>, which count him until he is disposed.</summary>
    public LiveSubscription(LiveEvents events)
    {
        _events = events;
        _waiting = Channel.CreateBounded<byte[]>(
            new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            _ => Interlocked.Increment(ref _dropped));
    }

    /// <summary>Puts events into his queue.</summary>
    public void Offer(byte[] frame) => _waiting.Writer.TryWrite(frame);

    /// <summary>Says that there will be no more.</summary>
    public void End() => _waiting.Writer.TryComplete();

    /// <summary>
    /// Writes events until he is gone, there are no more, or <paramref name="isWelcome"/>, asked about once a second, says no. Throws
    /// <see cref="OperationCanceledException"/> when he is gone or takes nothing.
    /// </summary>
    public async Task WriteAsync(PipeWriter output, Func<bool> isWelcome, TimeProvider time, CancellationToken gone)
    {
        using var late = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(gone, late.Token);
        long beat = time.GetTimestamp();
        await output.WriteAsync(Greeting, gone).ConfigureAwait(false);
        while (await _waiting.Reader.WaitToReadAsync(gone).ConfigureAwait(false) && isWelcome())
        {
            if (Interlocked.Exchange(ref _dropped, 0) is > 0 and var dropped)
            {
                output.Write("event: dropped\ndata: {\"seconds\":"u8);
                Utf8Formatter.TryFormat(dropped, output.GetSpan(20), out int written);
                output.Advance(written);
                output.Write("}\n\n"u8);
            }

            while (_waiting.Reader.TryRead(out byte[]? frame))
            {
                output.Write(frame);
            }

            if (time.GetElapsedTime(beat) >= Heartbeat)
            {
                output.Write(": heartbeat\n\n"u8);
                beat = time.GetTimestamp();
            }

            late.CancelAfter(Patience);
            await output.FlushAsync(end.Token).ConfigureAwait(false);
            late.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _events.Leave(this);
}
