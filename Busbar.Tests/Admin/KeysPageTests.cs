using System.Text.RegularExpressions;
using Busbar.Admin;
using Busbar.Admin.Keys;

namespace Busbar.Tests.Admin;

/// <summary>The page for operators says what the program does.</summary>
public sealed partial class KeysPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Corpus.RepositoryRoot, "docs", "keys.md"));

    [Fact]
    public void It_lists_every_route_and_no_other() => Assert.Equal(
        AdminRoutes.All.Select(route => $"{route.Method} {route.Pattern}"),
        Line().Matches(Page).Select(line => line.Groups["call"].Value));

    [Fact]
    public void It_names_every_query_parameter_in_the_line_of_its_route() => Assert.All(AdminRoutes.All, route =>
    {
        string line = Line().Matches(Page).Single(line => line.Groups["call"].Value == $"{route.Method} {route.Pattern}").Groups["what"].Value;
        Assert.All(route.Query, parameter => Assert.Contains($"`{parameter}`", line));
    });

    [Fact]
    public void It_explains_every_member_that_can_be_set() =>
        Assert.All(KeyFields.Changeable, member => Assert.Contains($"`{member}`", Page));

    [GeneratedRegex(@"(?m)^\| `(?<call>[A-Z]+ /admin[^`]*)` \| (?<what>.*) \|$")]
    private static partial Regex Line();
}
