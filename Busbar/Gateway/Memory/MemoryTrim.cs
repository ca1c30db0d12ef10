using Busbar.Observability.Metrics;

namespace Busbar.Gateway.Memory;

/// <summary>
/// Gives the memory of large bodies back to the machine once they are gone. The collector alone keeps it for as long as little is allocated, which on
/// a quiet gateway is for ever.
/// </summary>
/// <param name="gauge">What requests hold.</param>
/// <param name="time">Clock of the wait.</param>
/// <param name="collect">Collects, and returns what is free.</param>
internal sealed class MemoryTrim(MemoryGauge gauge, TimeProvider time, Action collect) : IDisposable
{
    /// <summary>Bytes of one request from which on it is worth a collection.</summary>
    public const long Large = 16 * 1024 * 1024;

    /// <summary>Time without large bodies before a collection: it stops the process for tens of milliseconds, so that it must be rare.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private ITimer? _timer;
    private bool _isDue;
    private bool _isDisposed;

    /// <summary>With the collector of this process.</summary>
    public MemoryTrim(MemoryGauge gauge, TimeProvider time)
        : this(gauge, time, static () => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true))
    {
    }

    /// <summary>Notes that a request gave <paramref name="bytes"/> back.</summary>
    public void Released(long bytes)
    {
        if (bytes < Large)
        {
            return;
        }

        lock (_lock)
        {
            if (!_isDue && !_isDisposed)
            {
                _isDue = true;
                _timer ??= time.CreateTimer(static trim => ((MemoryTrim)trim!).Run(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                _timer.Change(Quiet, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _timer?.Dispose();
        }
    }

    private void Run()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            if (gauge.Held >= Large)
            {
                _timer!.Change(Quiet, Timeout.InfiniteTimeSpan);
                return;
            }

            _isDue = false;
        }

        collect();
    }
}
