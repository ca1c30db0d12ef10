using System.Text.RegularExpressions;

namespace Busbar.Tests.Architecture;

/// <summary>One noun per file, named after it.</summary>
public sealed partial class FileShapeTests
{
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

    [GeneratedRegex("Helper|Util", RegexOptions.IgnoreCase)]
    private static partial Regex DrawerName();
}
