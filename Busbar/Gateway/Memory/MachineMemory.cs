using System.Globalization;

namespace Busbar.Gateway.Memory;

/// <summary>How much memory the process may use: what its control group allows, or what the machine has.</summary>
internal static class MachineMemory
{
    // Where nothing can be read.
    private const long Unknown = 1024L * 1024 * 1024;

    private static readonly Lazy<long> ThisMachine = new(static () => Of("/"));

    /// <summary>Bytes of <see cref="Total"/> that requests may hold unless the configuration says otherwise: three quarters.</summary>
    public static long DefaultBudget => Total / 4 * 3;

    /// <summary>Bytes that this process may use.</summary>
    public static long Total => ThisMachine.Value;

    /// <summary>
    /// The least of what the control groups (cgroup v2, "memory.max"; v1, "memory.limit_in_bytes") and the machine below <paramref name="root"/>
    /// allow.
    /// </summary>
    public static long Of(string root)
    {
        long least = Physical(root) ?? Unknown;
        foreach (string group in Groups(root))
        {
            // A group is bound by those above it as well.
            for (string path = group; ; path = path[..path.LastIndexOf('/')])
            {
                least = Math.Min(least, Number(Path.Join(root, "sys/fs/cgroup", path, "memory.max")) ?? long.MaxValue);
                least = Math.Min(least, Number(Path.Join(root, "sys/fs/cgroup/memory", path, "memory.limit_in_bytes")) ?? long.MaxValue);
                if (path.LastIndexOf('/') < 0)
                {
                    break;
                }
            }
        }

        return least;
    }

    // Lines of proc_pid_cgroup(5): id, controllers, path.
    private static IEnumerable<string> Groups(string root) =>
        (Text(Path.Join(root, "proc/self/cgroup")) ?? "").Split('\n').Select(static line => line.Split(':', 3))
            .Where(static parts => parts.Length == 3)
            .Select(static parts => parts[2].TrimEnd('/')).Append("").Distinct();

    private static long? Physical(string root)
    {
        const string Name = "MemTotal:";
        string? line = Text(Path.Join(root, "proc/meminfo"))?.Split('\n')
            .FirstOrDefault(static line => line.StartsWith(Name, StringComparison.Ordinal));
        return line is not null && long.TryParse(line[Name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture,
            out long kilobytes) ? kilobytes * 1024 : null;
    }

    // "max" is no number, and no limit.
    private static long? Number(string path) => long.TryParse(Text(path), CultureInfo.InvariantCulture, out long number) && number > 0 ? number
        : null;

    private static string? Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
