using System.Diagnostics.Metrics;

namespace Busbar.Observability.Metrics;

/// <summary>The series of governance, read when the page is asked for.</summary>
internal static class GovernanceGauges
{
    /// <summary>Keys that get series of their own: the biggest spenders, since there may be a hundred thousand.</summary>
    public const int MaxKeys = 100;

    /// <summary>The metrics of <paramref name="figures"/>.</summary>
    public static IEnumerable<Figure> Read(GovernanceFigures figures) =>
    [
        Figure.Single("busbar_reservations_open", "Requests that hold a reservation of their key's limits.", figures.OpenReservations),
        Figure.Single("busbar_reserved_cents", "What they hold of budgets, cents.", figures.ReservedCents),
        Figure.Single("busbar_ledger_lag_seconds", "Age of the newest usage that is surely in the database.", figures.LedgerLag.TotalSeconds),
        Figure.Single("busbar_ledger_flush_errors_total", "Writes of usage to the database that failed.", figures.LedgerFlushErrors),
        Figure.Single("busbar_database_away_seconds", "How long the database that nodes share has been away; 0 while it answers.",
            figures.DatabaseAway.TotalSeconds),
        Figure.Single("busbar_usage_estimated_total", "Requests charged for estimated tokens because the provider reported none.",
            figures.EstimatedUsage),
        Figure.Single("busbar_usage_clamped_total", "Requests for which a provider reported impossibly many tokens.", figures.ClampedUsage),
        new Figure("busbar_limit_rejections_total", "Requests refused for their key, by the limit in their way.", IsTotal: true,
        [
            Of("kind", "budget", figures.RefusedForBudget),
            Of("kind", "tokens", figures.RefusedForTokens),
            Of("kind", "requests", figures.RefusedForRequests),
            Of("kind", "concurrency", figures.RefusedForConcurrency),
            Of("kind", "acl", figures.RefusedForAccess),
        ]),
        new Figure("busbar_key_rejections_total", "Requests refused for their key, by key; those with most refusals only.", IsTotal: true,
            [.. figures.Refusals.Select(refused => Of("key", refused.Key, refused.Count))]),
        new Figure("busbar_key_spend_cents", "Spent in the current budget window, cents; the biggest spenders only.", IsTotal: false,
            [.. figures.Keys.Select(key => Of("key", key.Key, key.SpendCents))]),
        new Figure("busbar_key_budget_remaining_cents", "Left of the current budget window, cents; the biggest spenders only.", IsTotal: false,
            [.. figures.Keys.Where(key => key.RemainingCents is not null).Select(key => Of("key", key.Key, key.RemainingCents!.Value))]),
    ];

    private static Measurement<double> Of(string label, string labelValue, double value)
        => new(value, new KeyValuePair<string, object?>(label, labelValue));
}
