using System.Text.RegularExpressions;

namespace Busbar.Tests.Architecture;

/// <summary>The product's C# sources, as text.</summary>
internal static partial class SourceTree
{
    private static readonly string[] Generated = ["bin", "obj"];

    /// <summary>Each source of the product: its path below the product's folder, with forward slashes, and its code without comments.</summary>
    public static IReadOnlyList<(string Path, string Code)> Files { get; } = Read(static text => Comment().Replace(text, ""));

    /// <summary>The same with its comments.</summary>
    public static IReadOnlyList<(string Path, string Text)> Commented { get; } = Read(static text => text);

    /// <summary>Each source of the product, its tests and its benchmarks, with comments; the path begins with the project.</summary>
    public static IReadOnlyList<(string Path, string Text)> Everything { get; } =
    [
        .. from project in (string[])["Busbar", "Busbar.Tests", "Busbar.Benchmarks"]
           from file in Read(static text => text, project)
           select ($"{project}/{file.Path}", file.Code),
    ];

    /// <summary>The folder of a source, first segment only; empty for a file at the top.</summary>
    public static string FolderOf(string path) => path.Contains('/') ? path[..path.IndexOf('/')] : "";

    private static List<(string Path, string Code)> Read(Func<string, string> of, string project = "Busbar")
    {
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "busbar.sln")))
        {
            root = root.Parent;
        }

        Assert.NotNull(root);
        string product = Path.Combine(root.FullName, project);
        var files = new List<(string, string)>();
        foreach (string file in Directory.EnumerateFiles(product, "*.cs", SearchOption.AllDirectories))
        {
            string path = Path.GetRelativePath(product, file).Replace('\\', '/');
            if (!Generated.Contains(FolderOf(path)))
            {
                files.Add((path, of(File.ReadAllText(file))));
            }
        }

        Assert.NotEmpty(files);
        return files;
    }

    [GeneratedRegex(@"(?m)^\s*//.*$|\s//.*$")]
    private static partial Regex Comment();
}
