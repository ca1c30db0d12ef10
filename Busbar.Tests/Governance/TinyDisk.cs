using System.Diagnostics;

namespace Busbar.Tests.Governance;

/// <summary>A file system of four megabytes, which can be filled up or made read-only. Needs the right to mount.</summary>
internal sealed class TinyDisk : IDisposable
{
    private readonly string _filler;

    private TinyDisk(string path)
    {
        Path = path;
        _filler = System.IO.Path.Combine(path, "filler");
    }

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    /// <summary>Mounts one at <paramref name="path"/>, a directory; null when that is not allowed here.</summary>
    public static TinyDisk? TryMount(string path) => Run("mount", "-t", "tmpfs", "-o", "size=4m", "none", path) ? new TinyDisk(path) : null;

    /// <summary>Takes up all the space that is left.</summary>
    public void Fill()
    {
        byte[] page = new byte[4096];
        using var file = new FileStream(_filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
            {
                file.Write(page);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    /// <summary>Gives it back.</summary>
    public void Clear()
    {
        // A process that another test starts just now may hold the deleted file, and with it the space, until it runs its program.
        using (var file = new FileStream(_filler, FileMode.Truncate))
        {
        }

        File.Delete(_filler);
    }

    /// <summary>Forbids all writing; nothing may be open.</summary>
    public void MakeReadOnly() => Assert.True(Run("mount", "-o", "remount,ro", Path));

    /// <inheritdoc/>
    public void Dispose() => Run("umount", "-l", Path);

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
