using System.Buffers.Binary;
using Busbar.Governance.Budgets;

namespace Busbar.Governance.Store;

/// <summary>The file of a database as the operating system sees it: where it may be, who may read it, which process has it.</summary>
internal static class DatabaseFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int WouldBlock = 11;

    /// <summary>Why no file can be there; null when one can.</summary>
    public static string? Misplacement(string file) =>
        Path.GetDirectoryName(Path.GetFullPath(file)) is { } directory && !Directory.Exists(directory) ? $"there is no directory '{directory}'"
        : Directory.Exists(file) ? "it is a directory"
        : null;

    /// <summary>
    /// Why the file, or one beside it (SQLite keeps its journal there), cannot be written; null when it can. Only an attempt tells, since a file
    /// system may be mounted read-only: a file with a random name is made and removed again.
    /// </summary>
    public static string? Refusal(string file)
    {
        try
        {
            if (Misplacement(file) is { } misplacement)
            {
                return misplacement;
            }

            if (File.Exists(file))
            {
                using FileStream existing = new(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            }

            string probe = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, $".busbar-{Guid.NewGuid():N}");
            using FileStream beside = new(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            return null;
        }
        catch (Exception problem) when (IsRefusal(problem))
        {
            return Reason(problem);
        }
    }

    /// <summary>What the file system answered.</summary>
    public static string Reason(Exception problem) => problem is UnauthorizedAccessException ? "permission is denied" : problem.Message;

    /// <summary>
    /// Whether the file ends within a page although no journal is there to complete it. SQLite would take what is missing for zeros, and a file of
    /// one byte for a new one.
    /// </summary>
    public static bool IsCutOff(string file)
    {
        const int PageSizeOffset = 16;
        const int SmallestPage = 512;
        if (HasContent($"{file}-wal") || HasContent($"{file}-journal"))
        {
            return false;
        }

        using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> head = stackalloc byte[SmallestPage];
        int length = stream.ReadAtLeast(head, SmallestPage, throwOnEndOfStream: false);
        int page = BinaryPrimitives.ReadUInt16BigEndian(head[PageSizeOffset..]) switch { 1 => 65_536,
            ushort size => Math.Max((int)size, SmallestPage) };
        return length > 0 && (length < SmallestPage || stream.Length % page != 0);
    }

    /// <summary>
    /// The file itself where <paramref name="path"/> is a link to it, so that all names of a database share its journal and its lock.
    /// </summary>
    public static string Resolve(string path) =>
        File.Exists(path) && File.ResolveLinkTarget(path, returnFinalTarget: true) is { } target ? target.FullName : Path.GetFullPath(path);

    /// <summary>Takes the database for this process until the lock is disposed of; null when another one has it.</summary>
    public static DatabaseLock? Lock(string file)
    {
        string path = file + ".lock";
        bool isNew = !File.Exists(path);
        try
        {
            return new DatabaseLock(new FileStream(path, Private(FileMode.OpenOrCreate)), isNew);
        }
        catch (IOException problem) when (problem.HResult == WouldBlock)
        {
            return null;
        }
    }

    /// <summary>Makes the file, readable by its owner alone, if there is none.</summary>
    public static void Make(string file)
    {
        if (!File.Exists(file))
        {
            new FileStream(file, Private(FileMode.CreateNew)).Dispose();
        }
    }

    /// <summary>Makes the file and what is beside it readable by its owner alone; SQLite gives its journal the mode of the file.</summary>
    public static void Protect(string file)
    {
        foreach (string part in (ReadOnlySpan<string>)[file, $"{file}-wal", $"{file}-shm"])
        {
            try
            {
                if (File.Exists(part) && File.GetUnixFileMode(part) != OwnerOnly)
                {
                    File.SetUnixFileMode(part, OwnerOnly);
                }
            }
            catch (UnauthorizedAccessException)
            {
                // Another user's file, writable through its group: whoever set that up decides who reads it.
            }
        }
    }

    /// <summary>Whether <paramref name="problem"/> is the file system's answer rather than a defect of the program.</summary>
    public static bool IsRefusal(Exception problem) => problem is IOException or UnauthorizedAccessException or ArgumentException
        or NotSupportedException;

    private static bool HasContent(string file) => new FileInfo(file) is { Exists: true, Length: > 0 };

    private static FileStreamOptions Private(FileMode mode) => new()
    {
        Mode = mode,
        Access = FileAccess.ReadWrite,
        Share = FileShare.None,
        UnixCreateMode = OwnerOnly,
        BufferSize = 0,
    };
}
