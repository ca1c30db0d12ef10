using System.Runtime.InteropServices;

namespace Busbar.Tests.Growth;

/// <summary>Processor time of the calling thread, which other threads' work does not touch.</summary>
internal static partial class CpuTime
{
    private const int ThreadClock = 3;

    /// <summary>Nanoseconds that this thread has computed so far (clock_gettime(2), CLOCK_THREAD_CPUTIME_ID).</summary>
    public static long Now => clock_gettime(ThreadClock, out TimeSpec time) == 0 ? (time.Seconds * 1_000_000_000) + time.Nanoseconds
        : throw new PlatformNotSupportedException();

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
