using System.Text.RegularExpressions;
using Busbar.Commands;
using Busbar.Configuration.Model;
using Busbar.Ir;
using Busbar.Observability.Metrics;
using Busbar.Reliability;
using Busbar.Tests.Configuration;

namespace Busbar.Tests.Observability;

/// <summary>What watches the product, and what describes it, speaks of the series that it exports.</summary>
public sealed partial class BoardTests
{
    // Those that Prometheus itself adds.
    private static readonly string[] OtherLabels = ["instance", "job", "le"];

    private static readonly string Page = Rendered();

    private static IEnumerable<string> Exported => Typed().Matches(Page).Select(match => match.Groups["name"].Value);

    [Theory]
    [InlineData("deploy/grafana/busbar.json")]
    [InlineData("deploy/prometheus/alerts.yaml")]
    [InlineData("docs/observability.md")]
    public void Every_series_that_is_named_is_exported(string file)
    {
        IEnumerable<string> named = Series().Matches(ProjectFiles.Read(file)).Select(match => Part().Replace(match.Value, "")).Distinct();

        Assert.NotEmpty(named);
        Assert.Empty(named.Except(Exported));
    }

    [Theory]
    [InlineData("deploy/grafana/busbar.json")]
    [InlineData("deploy/prometheus/alerts.yaml")]
    public void Every_label_that_is_asked_for_is_one_that_series_have(string file)
    {
        string[] labels = [.. Label().Matches(Page).Select(match => match.Groups["name"].Value).Distinct()];
        string text = ProjectFiles.Read(file).Replace("\\\"", "\"", StringComparison.Ordinal);
        IEnumerable<string> asked = Matcher().Matches(text).Select(match => match.Groups["name"].Value)
            .Concat(Grouping().Matches(text).SelectMany(match => match.Groups["names"].Value.Split(", ")))
            .Concat(Legend().Matches(text).Select(match => match.Groups["name"].Value)).Distinct();

        Assert.NotEmpty(asked);
        Assert.Empty(asked.Except(labels).Except(OtherLabels));
    }

    [Fact]
    public void Every_series_of_the_product_is_on_the_board_or_in_an_alert()
    {
        string watched = ProjectFiles.Read("deploy/grafana/busbar.json") + ProjectFiles.Read("deploy/prometheus/alerts.yaml");

        Assert.Empty(Exported.Where(name => name.StartsWith("busbar_", StringComparison.Ordinal))
            .Except(Series().Matches(watched).Select(match => Part().Replace(match.Value, ""))));
    }

    [Fact]
    public void The_page_of_figures_is_described_whole() =>
        Assert.Empty(Exported.Except(Series().Matches(ProjectFiles.Read("docs/observability.md")).Select(match => match.Value)));

    [Fact]
    public void Every_alert_says_what_is_to_be_done()
    {
        string rules = ProjectFiles.Read("deploy/prometheus/alerts.yaml");

        int alerts = Regex.Count(rules, "- alert: ");
        Assert.True(alerts > 0);
        foreach (string key in (string[])["expr", "severity", "summary", "runbook"])
        {
            Assert.Equal(alerts, Regex.Count(rules, $@"\b{key}: "));
        }
    }

    [Fact]
    public void Every_command_of_ours_that_a_runbook_names_exists()
    {
        string[] commands = [.. Command().Matches(ProjectFiles.Read("deploy/prometheus/alerts.yaml")).Select(match => match.Value).Distinct()];

        Assert.Contains("busbar status", commands);
        Assert.All(commands, command => Assert.Contains(command, HelpText.Text, StringComparison.Ordinal));
    }

    [Fact]
    [Trait("gotcha", "C249")]
    public void C249_every_line_of_a_fresh_page_is_of_a_series_that_was_announced_and_stands_beside_its_like()
    {
        string announced = "";
        var seen = new HashSet<string>();
        foreach (string line in Page.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = line.Split(' ');
            if (words is ["#", "HELP", var name, ..])
            {
                Assert.True(seen.Add(name), $"{name} is announced twice");
                announced = name;
            }
            else if (words is ["#", "TYPE", var typed, var type])
            {
                Assert.Equal(announced, typed);
                Assert.Equal(type == "counter", typed.EndsWith("_total", StringComparison.Ordinal));
            }
            else
            {
                Assert.Matches($@"^{announced}(_bucket|_sum|_count)?(\{{.+\}})? [^ ]+$", line);
            }
        }

        Assert.Contains("busbar_build_info{version=", Page);
    }

    private static string Rendered()
    {
        GatewayConfig config = ConfigText.Valid(ConfigText.Minimal);
        var metrics = new Busbar.Observability.Metrics.Metrics { Governance =
            new FixedFigures(new GovernanceFigures { Refusals = [("vk_0123456789abcdef", 1)], Keys =
            [new KeyFigures("vk_0123456789abcdef", 1.5, 8.5)] }) };
        Fleet fleet = Fleet.Create(config, TimeProvider.System);
        foreach (Pool pool in Busbar.Observability.Metrics.Metrics.AllPools(fleet))
        {
            PoolMetrics counters = metrics.ForPool(pool);
            counters.Request(ProtocolId.OpenAI, Outcome.Ok);
            counters.Failover(FailoverReason.Timeout);
            counters.Duration(ProtocolId.OpenAI, TimeSpan.Zero);
            counters.FirstByte(ProtocolId.OpenAI, TimeSpan.Zero);
            counters.StreamDuration(ProtocolId.OpenAI, TimeSpan.Zero);
            foreach (PoolMember member in pool.Members)
            {
                member.Lane.State.CountOk();
                member.Lane.State.Latency.Observe(TimeSpan.FromMilliseconds(1));
                LaneMetrics lane = counters.Lane(member.Lane.Name);
                lane.Attempts.Add();
                lane.Failure(FailoverReason.HardDown);
                lane.Tokens(new Usage { Input = 1, Output = 1 });
                lane.Cost(1);
                metrics.Trips.Get(pool.Name, member.Lane.Name);
            }
        }

        metrics.Shed.Get("openai");
        metrics.AuthRejections.Get("openai");
        metrics.FollowUps.Get("gone");
        metrics.LimitAlerts.Get("budget", "100");
        metrics.Credentials.Get("openai", "failed");
        metrics.CountTranslation(ProtocolId.OpenAI, ProtocolId.Cohere);
        metrics.Config.CertificateEnd = () => DateTimeOffset.UnixEpoch;
        var losses = default(Losses);
        losses.Add(LossField.Image);
        metrics.CountLosses(ProtocolId.OpenAI, ProtocolId.Cohere, losses);
        return metrics.Render(fleet, ProcessGauges.Read());
    }

    [GeneratedRegex(@"\b(busbar|process)_[a-z0-9_]+\b")]
    private static partial Regex Series();

    [GeneratedRegex(@"\bbusbar (--validate|status|(keys|lanes|groups|prices|providers) [a-z]+)\b")]
    private static partial Regex Command();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Part();

    [GeneratedRegex(@"^# TYPE (?<name>\S+)", RegexOptions.Multiline)]
    private static partial Regex Typed();

    [GeneratedRegex(@"[{,](?<name>\w+)=""")]
    private static partial Regex Label();

    [GeneratedRegex(@"[{,](?<name>\w+)(=~|!~|!=|=)""")]
    private static partial Regex Matcher();

    [GeneratedRegex(@"\b(by|on) \((?<names>[^)]+)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"\{\{(\s*\$labels\.)?(?<name>\w+)\s*\}\}")]
    private static partial Regex Legend();
}
