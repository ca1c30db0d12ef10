using Busbar.Reliability.Capacity;

namespace Busbar.Gateway.Work;

/// <summary>
/// Work on large bodies, which takes long: away from the threads that serve sockets, at half of the processors at most, callers in turn. However
/// large the bodies of one caller are, others wait for one of them at most, and small requests for none.
/// </summary>
/// <param name="time">Clock of the wait.</param>
/// <param name="max">Bodies that are worked on at once; at least 1.</param>
internal sealed class WorkGate(TimeProvider time, int max)
{
    /// <summary>Bodies of at least this many bytes are large.</summary>
    public const int LargeBytes = 256 * 1024;

    /// <summary>
    /// How many bodies are scanned in the time that one takes to be translated, at least: a scan alone is worth a turn only of bodies so much larger.
    /// </summary>
    public const int ScansPerTranslation = 4;

    /// <summary>Longest wait for a turn.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private readonly PermitGate[] _gate = [new(max)];

    /// <summary>For this machine.</summary>
    public WorkGate(TimeProvider time)
        : this(time, Math.Max(1, Environment.ProcessorCount / 2))
    {
    }

    /// <summary>Bodies that are worked on now.</summary>
    public int Busy => _gate[0].InFlight;

    /// <summary>
    /// Waits for a turn of <paramref name="caller"/> and goes on with it in the thread pool. The caller calls <see cref="Leave"/> afterwards. Throws
    /// <see cref="OverloadException"/> when it takes too long, and <see cref="OperationCanceledException"/> when cancelled.
    /// </summary>
    public async ValueTask EnterAsync(ulong caller, CancellationToken cancellation)
    {
        if (_gate[0].TryTake())
        {
            if (!Thread.CurrentThread.IsThreadPoolThread)
            {
                await Task.Yield();
            }

            return;
        }

        if (await new PermitWaiter(caller).WaitAsync(_gate, LongestWait, time, cancellation).ConfigureAwait(false) is null)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new OverloadException();
        }
    }

    /// <summary>Ends a turn.</summary>
    public void Leave() => _gate[0].Release();
}
