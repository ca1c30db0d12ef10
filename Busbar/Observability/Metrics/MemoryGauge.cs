namespace Busbar.Observability.Metrics;

/// <summary>Bytes that requests in flight hold of the memory budget.</summary>
internal sealed class MemoryGauge
{
    private long _held;

    /// <summary>Bytes held; 0 when no request is in flight.</summary>
    public long Held => Volatile.Read(ref _held);

    /// <summary>Adds <paramref name="bytes"/> unless more than <paramref name="most"/> would then be held.</summary>
    public bool TryAdd(long bytes, long most)
    {
        long held = Volatile.Read(ref _held);
        while (held + bytes <= most)
        {
            long seen = Interlocked.CompareExchange(ref _held, held + bytes, held);
            if (seen == held)
            {
                return true;
            }

            held = seen;
        }

        return false;
    }

    /// <summary>Takes <paramref name="bytes"/> away.</summary>
    public void Subtract(long bytes) => Interlocked.Add(ref _held, -bytes);
}
