using System.Text;
using Busbar.Observability.Metrics;

namespace Busbar.Tests.Observability.Metrics;

public sealed class GovernanceGaugesTests
{
    [Fact]
    public void Every_figure_stands_under_its_own_name()
    {
        string[] page = Lines(new GovernanceFigures
        {
            OpenReservations = 1,
            ReservedCents = 2.5,
            LedgerLag = TimeSpan.FromMilliseconds(3250),
            LedgerFlushErrors = 4,
            DatabaseAway = TimeSpan.FromMilliseconds(1500),
            EstimatedUsage = 5,
            ClampedUsage = 6,
            RefusedForBudget = 7,
            RefusedForTokens = 8,
            RefusedForRequests = 9,
            RefusedForConcurrency = 10,
            RefusedForAccess = 11,
            Keys = [new KeyFigures("vk_1", 12.000001, 0.25), new KeyFigures("vk_2", 13, null)],
        });

        Assert.Equal(
        [
            "busbar_reservations_open 1",
            "busbar_reserved_cents 2.5",
            "busbar_ledger_lag_seconds 3.25",
            "busbar_ledger_flush_errors_total 4",
            "busbar_database_away_seconds 1.5",
            "busbar_usage_estimated_total 5",
            "busbar_usage_clamped_total 6",
            "busbar_limit_rejections_total{kind=\"budget\"} 7",
            "busbar_limit_rejections_total{kind=\"tokens\"} 8",
            "busbar_limit_rejections_total{kind=\"requests\"} 9",
            "busbar_limit_rejections_total{kind=\"concurrency\"} 10",
            "busbar_limit_rejections_total{kind=\"acl\"} 11",
            "busbar_key_spend_cents{key=\"vk_1\"} 12.000001",
            "busbar_key_spend_cents{key=\"vk_2\"} 13",
            "busbar_key_budget_remaining_cents{key=\"vk_1\"} 0.25",
        ], page);
    }

    [Fact]
    public void Without_governance_the_series_are_there_and_zero() => Assert.All(Lines(new GovernanceFigures()), line => Assert.EndsWith(" 0", line));

    private static string[] Lines(GovernanceFigures figures)
    {
        var text = new StringBuilder();
        foreach (Figure figure in GovernanceGauges.Read(figures))
        {
            Busbar.Observability.Metrics.Metrics.Append(text, figure);
        }

        return [.. text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#')];
    }
}
