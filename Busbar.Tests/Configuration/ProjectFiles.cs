namespace Busbar.Tests.Configuration;

/// <summary>Finds the files that stand beside the solution.</summary>
internal static class ProjectFiles
{
    public static string Path(string name)
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(System.IO.Path.Combine(directory.FullName, "busbar.sln")))
        {
            directory = directory.Parent;
        }

        return System.IO.Path.Combine(directory?.FullName ?? throw new InvalidOperationException("The solution was not found above the tests."),
            name);
    }

    public static string Read(string name) => File.ReadAllText(Path(name));
}
