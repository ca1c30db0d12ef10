using System.Runtime.InteropServices;

namespace Busbar.Gateway.Server;

/// <summary>File descriptors: what the process may open, and how much of it clients get.</summary>
internal static partial class Descriptors
{
    /// <summary>Kept for files, listeners and the runtime.</summary>
    public const long ReservedForFiles = 64;

    // Clients are never shut out altogether, whatever the limit.
    private const long MinConnections = 16;

    // The kernel takes no more of them for a process by default.
    private const long MaxLimit = 1L << 20;

    // RLIMIT_NOFILE of Linux.
    private const int OpenFiles = 7;

    /// <summary>Raises the soft limit to the hard one, where that may be done; the limit in force then.</summary>
    public static long Raise()
    {
        if (GetLimit(OpenFiles, out Limit limit) != 0)
        {
            return MaxLimit;
        }

        Limit raised = limit with { Soft = Math.Min(limit.Hard, (nuint)MaxLimit) };
        bool isRaised = raised.Soft > limit.Soft && SetLimit(OpenFiles, raised) == 0;
        return (long)Math.Min(isRaised ? raised.Soft : limit.Soft, (nuint)MaxLimit);
    }

    /// <summary>
    /// Connections of clients that may be open under <paramref name="limit"/>: half of what files leave. The other half is for calls to providers.
    /// </summary>
    public static int MaxConnections(long limit) => (int)Math.Max(MinConnections, (limit - ReservedForFiles) / 2);

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, in Limit limit);

    private record struct Limit(nuint Soft, nuint Hard);
}
