using System.Text.RegularExpressions;

namespace Busbar.Tests.Architecture;

/// <summary>One noun per file, named after it; one concept per folder, which the namespace follows.</summary>
public sealed partial class FileShapeTests
{
    // What a reader takes in at a glance.
    private const int MaxFiles = 30;

    [Fact]
    public void A_file_holds_at_most_one_top_level_type() =>
        Assert.Empty(
            from file in SourceTree.Files
            where TopLevelType().Count(file.Code) > 1
            select file.Path);

    [Fact]
    public void A_file_bears_the_name_of_its_type() =>
        Assert.Empty(
            from file in SourceTree.Files
            let type = TopLevelType().Match(file.Code)
            where type.Success && type.Groups["name"].Value != Path.GetFileName(file.Path).Split('.')[0]
            select file.Path);

    [Fact]
    public void A_folder_is_not_fuller_than_a_reader_can_overlook() =>
        Assert.Empty(
            from file in SourceTree.Everything
            group file by Path.GetDirectoryName(file.Path) into folder
            where folder.Count() > MaxFiles
            select $"{folder.Key} holds {folder.Count()} files");

    [Fact]
    public void A_namespace_follows_its_folder() =>
        Assert.Empty(
            from file in SourceTree.Everything
            let space = Namespace().Match(file.Text)
            where space.Success && space.Groups["name"].Value != Path.GetDirectoryName(file.Path)!.Replace('/', '.') && !OtherProject().IsMatch(file.Path)
            select $"{file.Path} is in {space.Groups["name"].Value}");

    [Fact]
    public void No_file_is_a_drawer_for_odds_and_ends() =>
        Assert.DoesNotContain(SourceTree.Files, file => DrawerName().IsMatch(Path.GetFileName(file.Path)));

    [Theory]
    [InlineData("internal sealed class Lane { }\ninternal enum Phase { A }", 2)]
    [InlineData("internal readonly record struct Cut(int At);\n", 1)]
    [InlineData("internal delegate void Sink(int value);\n", 1)]
    [InlineData("internal static partial class Log\n{\n    private enum Kind { A }\n}", 1)]
    public void Types_are_counted_at_the_top_level_only(string code, int expected) => Assert.Equal(expected, TopLevelType().Count(code));

    [GeneratedRegex(
        @"(?m)^(?:(?:public|internal|file|static|sealed|abstract|readonly|ref|partial|unsafe)\s+)*(?:(?:class|struct|interface|enum|record(?:\s+(?:class|struct))?)\s+(?<name>\w+)|delegate\s+[^\n(]*?(?<name>\w+)\s*(?:<[^>]*>)?\()")]
    private static partial Regex TopLevelType();

    // Programs of their own that lie within: the clients of frameworks, and a proxy to measure beside.
    [GeneratedRegex("/DotNet/|/bare-proxy/")]
    private static partial Regex OtherProject();

    [GeneratedRegex(@"(?m)^namespace (?<name>[\w.]+);")]
    private static partial Regex Namespace();

    [GeneratedRegex("Helper|Util", RegexOptions.IgnoreCase)]
    private static partial Regex DrawerName();
}
