using Busbar.Gateway.Memory;

namespace Busbar.Tests.Gateway.Memory;

/// <summary>What the process may use is what its control groups and the machine allow, whichever is least.</summary>
public sealed class MachineMemoryTests : IDisposable
{
    private const long Gigabyte = 1024 * 1024 * 1024;

    private readonly string _root = Directory.CreateTempSubdirectory().FullName;

    [Fact]
    public void Without_a_group_it_is_the_machine_s()
    {
        Write("proc/meminfo", "MemTotal:        4194304 kB\nMemFree: 1 kB\n");

        Assert.Equal(4 * Gigabyte, MachineMemory.Of(_root));
    }

    [Theory]
    [InlineData("sys/fs/cgroup/memory.max")]
    [InlineData("sys/fs/cgroup/system.slice/memory.max")]
    [InlineData("sys/fs/cgroup/system.slice/busbar.service/memory.max")]
    [InlineData("sys/fs/cgroup/memory/memory.limit_in_bytes")]
    [InlineData("sys/fs/cgroup/memory/system.slice/busbar.service/memory.limit_in_bytes")]
    public void A_group_s_limit_counts_wherever_it_stands(string file)
    {
        Write("proc/meminfo", "MemTotal:        4194304 kB\n");
        Write("proc/self/cgroup", "0::/system.slice/busbar.service\n");
        Write("sys/fs/cgroup/system.slice/busbar.service/memory.max", "max\n");
        Write(file, $"{Gigabyte}\n");

        Assert.Equal(Gigabyte, MachineMemory.Of(_root));
    }

    [Fact]
    public void A_limit_beyond_the_machine_s_memory_is_none()
    {
        Write("proc/meminfo", "MemTotal:        4194304 kB\n");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");

        Assert.Equal(4 * Gigabyte, MachineMemory.Of(_root));
    }

    [Fact]
    public void Where_nothing_can_be_read_there_is_still_a_limit() => Assert.Equal(Gigabyte, MachineMemory.Of(_root));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Write(string file, string text)
    {
        string path = Path.Join(_root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
