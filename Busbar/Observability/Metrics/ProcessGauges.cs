using System.Globalization;
using Busbar.Wire;

namespace Busbar.Observability.Metrics;

/// <summary>Figures of the process as a whole.</summary>
internal static class ProcessGauges
{
    private static readonly double StartTime = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;

    /// <summary>The figures as of now. What the system does not tell is left out.</summary>
    public static IEnumerable<Figure> Read()
    {
        yield return Figure.Single("busbar_pooled_buffers", "Pooled buffers in use; zero when no request is in flight.", PooledBuffer.Outstanding);
        yield return Figure.Single("busbar_gc_heap_bytes", "Bytes on the managed heap.", GC.GetTotalMemory(forceFullCollection: false));
        yield return Figure.Single("busbar_gc_allocated_bytes_total", "Bytes that were allocated on the managed heap.", GC.GetTotalAllocatedBytes());
        yield return Figure.Single("busbar_gc_collections_total", "Garbage collections of any generation.", GC.CollectionCount(0));
        yield return Figure.Single("busbar_gc_pause_seconds_total", "Time in which garbage collections stopped the process.",
            GC.GetTotalPauseDuration().TotalSeconds);
        yield return Figure.Single("busbar_thread_pool_threads", "Threads of the thread pool.", ThreadPool.ThreadCount);
        yield return Figure.Single("busbar_thread_pool_queued", "Work items that wait for a thread.", ThreadPool.PendingWorkItemCount);
        yield return Figure.Single("process_cpu_seconds_total", "Processor time used.", OperatingSystem.IsLinux()
            ? Environment.CpuUsage.TotalTime.TotalSeconds : 0);
        yield return Figure.Single("process_resident_memory_bytes", "Resident memory of the process.", Environment.WorkingSet);
        yield return Figure.Single("process_start_time_seconds", "Start time of the process, Unix seconds.", StartTime);
        if (Descriptors() is var (open, most))
        {
            yield return Figure.Single("process_open_fds", "Open file descriptors.", open);
            yield return Figure.Single("process_max_fds", "File descriptors that may be open.", most);
        }
    }

    private static (int Open, double Most)? Descriptors()
    {
        try
        {
            const string Limit = "Max open files";
            string line = File.ReadLines("/proc/self/limits").First(line => line.StartsWith(Limit, StringComparison.Ordinal));
            string soft = line[Limit.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
            return (Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(),
                double.TryParse(soft, CultureInfo.InvariantCulture, out double most) ? most : ulong.MaxValue);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return null;
        }
    }
}
