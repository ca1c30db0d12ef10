namespace Busbar.Commands;

/// <summary>Tests whether a database could be opened, without opening one.</summary>
internal static class DatabaseFile
{
    /// <summary>
    /// Why the file, or one beside it (SQLite keeps its journal there), cannot be written; null when it can. Only an attempt tells, since a file
    /// system may be mounted read-only: a file with a random name is made and removed again.
    /// </summary>
    public static string? Refusal(string file)
    {
        try
        {
            string directory = Path.GetDirectoryName(Path.GetFullPath(file))!;
            if (!Directory.Exists(directory))
            {
                return $"there is no directory '{directory}'";
            }

            if (Directory.Exists(file))
            {
                return "it is a directory";
            }

            if (File.Exists(file))
            {
                using FileStream existing = new(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            }

            string probe = Path.Combine(directory, $".busbar-{Guid.NewGuid():N}");
            using FileStream beside = new(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            return null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return problem is UnauthorizedAccessException ? "permission is denied" : problem.Message;
        }
    }
}
