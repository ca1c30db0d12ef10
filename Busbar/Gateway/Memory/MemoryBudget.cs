using Busbar.Observability.Metrics;

namespace Busbar.Gateway.Memory;

/// <summary>
/// Memory for the bodies of all requests in flight, and for what they are read into. Beyond the limit a request waits a moment for others to end,
/// then is turned away. Taking and giving back is one addition where there is room.
/// </summary>
/// <param name="gauge">Where what is held is counted.</param>
/// <param name="time">Clock of the wait.</param>
/// <param name="trim">Told of what is given back.</param>
internal sealed class MemoryBudget(MemoryGauge gauge, TimeProvider time, MemoryTrim? trim = null)
{
    /// <summary>Longest wait for room.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    private TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _waiting;

    /// <summary>Bytes held now.</summary>
    public long Held => gauge.Held;

    /// <summary>
    /// Takes <paramref name="bytes"/> beside the <paramref name="own"/> that the request holds already. False, and nothing taken, when all would then
    /// hold more than <paramref name="limit"/>; who is alone always gets what he asks for.
    /// </summary>
    public bool TryTake(long bytes, long own, long limit) => gauge.TryAdd(bytes, Math.Max(limit, own + bytes));

    /// <summary>
    /// As <see cref="TryTake"/>, waiting for at most <see cref="LongestWait"/>. Throws <see cref="OperationCanceledException"/> when cancelled.
    /// </summary>
    public async ValueTask<bool> TakeAsync(long bytes, long own, long limit, CancellationToken cancellation)
    {
        long began = time.GetTimestamp();
        Interlocked.Increment(ref _waiting);
        try
        {
            while (true)
            {
                // Asked for before the attempt, so that no release in between is missed.
                Task released = Volatile.Read(ref _released).Task;
                if (TryTake(bytes, own, limit))
                {
                    return true;
                }

                TimeSpan left = LongestWait - time.GetElapsedTime(began);
                if (left <= TimeSpan.Zero)
                {
                    return false;
                }

                await released.WaitAsync(left, time, cancellation).ConfigureAwait(false);
            }
        }
        catch (TimeoutException)
        {
            return TryTake(bytes, own, limit);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>Gives <paramref name="bytes"/> back.</summary>
    public void Release(long bytes)
    {
        gauge.Subtract(bytes);
        trim?.Released(bytes);
        if (Volatile.Read(ref _waiting) > 0)
        {
            Interlocked.Exchange(ref _released, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }
    }
}
