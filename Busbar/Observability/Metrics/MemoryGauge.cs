namespace Busbar.Observability.Metrics;

/// <summary>Bytes that requests in flight hold of the memory budget.</summary>
internal sealed class MemoryGauge
{
    private long _held;

    /// <summary>Bytes held; 0 when no request is in flight.</summary>
    public long Held => Volatile.Read(ref _held);

    /// <summary>Adds <paramref name="bytes"/>, which may be negative, and returns what is held then.</summary>
    public long Add(long bytes) => Interlocked.Add(ref _held, bytes);
}
