using System.Text.RegularExpressions;
using Busbar.Commands;
using Busbar.Gateway.Routing;

namespace Busbar.Tests.Gateway.Routing;

/// <summary>The page of endpoints says what the program does.</summary>
public sealed partial class EndpointsPageTests
{
    private static IEnumerable<Route> BuiltIn => Routes.All.Where(route => route.Protocol is not { } protocol || Enum.IsDefined(protocol));

    [Fact]
    public void The_page_lists_every_route_and_no_other() => Assert.Equal(
        BuiltIn.Select(route => $"{route.Method} {route.Pattern}").Order(StringComparer.Ordinal),
        Line().Matches(File.ReadAllText(Path.Combine(Corpus.RepositoryRoot, "docs", "endpoints.md")))
            .Select(line => $"{line.Groups["method"].Value} {line.Groups["path"].Value}")
            .Order(StringComparer.Ordinal));

    [Fact]
    [Trait("gotcha", "C2")]
    public void The_help_text_names_every_path_that_leads_somewhere() =>
        Assert.All(BuiltIn.Where(route => route.Endpoint != GatewayEndpoint.NoAction),
            route => Assert.Contains(route.Pattern, HelpText.Text, StringComparison.Ordinal));

    [GeneratedRegex(@"(?m)^\| (?<method>GET|HEAD|OPTIONS|POST) \| `(?<path>[^`]+)` \|")]
    private static partial Regex Line();
}
