using Busbar.Wire;

namespace Busbar.Observability;

/// <summary>Gauges of the process as a whole.</summary>
internal static class ProcessGauges
{
    /// <summary>Name, help and present value of each.</summary>
    public static IEnumerable<(string Name, string Help, double Value)> Read() =>
    [
        ("busbar_pooled_buffers", "Pooled buffers in use; zero when no request is in flight.", PooledBuffer.Outstanding),
        ("busbar_gc_heap_bytes", "Bytes on the managed heap.", GC.GetTotalMemory(forceFullCollection: false)),
        ("process_resident_memory_bytes", "Resident memory of the process.", Environment.WorkingSet),
        ("process_start_time_seconds", "Start time of the process, Unix seconds.", StartTime),
    ];

    private static readonly double StartTime = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
}
