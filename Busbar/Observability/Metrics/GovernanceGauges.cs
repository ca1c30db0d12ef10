using System.Text;

namespace Busbar.Observability.Metrics;

/// <summary>The series of governance, read when the page is asked for.</summary>
internal static class GovernanceGauges
{
    /// <summary>Keys that get series of their own: the biggest spenders, since there may be a hundred thousand.</summary>
    public const int MostKeys = 100;

    /// <summary>Appends <paramref name="figures"/>.</summary>
    public static void Render(StringBuilder text, GovernanceFigures figures)
    {
        Single(text, "busbar_reservations_open", "Requests that hold a reservation of their key's limits.", "gauge", figures.OpenReservations);
        Single(text, "busbar_reserved_cents", "What they hold of budgets, cents.", "gauge", figures.ReservedCents);
        Single(text, "busbar_ledger_lag_seconds", "Age of the newest usage that is surely in the database.", "gauge", figures.LedgerLag.TotalSeconds);
        Single(text, "busbar_ledger_flush_errors_total", "Writes of usage to the database that failed.", "counter", figures.LedgerFlushErrors);
        Single(text, "busbar_usage_estimated_total", "Requests charged for estimated tokens because the provider reported none.", "counter", figures.EstimatedUsage);
        Single(text, "busbar_usage_clamped_total", "Requests for which a provider reported impossibly many tokens.", "counter", figures.ClampedUsage);

        Metrics.Head(text, "busbar_limit_rejections_total", "Requests refused for their key, by the limit in their way.", "counter");
        Line(text, "busbar_limit_rejections_total", "kind", "budget", figures.RefusedForBudget);
        Line(text, "busbar_limit_rejections_total", "kind", "tokens", figures.RefusedForTokens);
        Line(text, "busbar_limit_rejections_total", "kind", "requests", figures.RefusedForRequests);
        Line(text, "busbar_limit_rejections_total", "kind", "concurrency", figures.RefusedForConcurrency);
        Line(text, "busbar_limit_rejections_total", "kind", "acl", figures.RefusedForAccess);

        Metrics.Head(text, "busbar_key_rejections_total", "Requests refused for their key, by key; those with most refusals only.", "counter");
        foreach ((string key, long count) in figures.Refusals)
        {
            Line(text, "busbar_key_rejections_total", "key", key, count);
        }

        Metrics.Head(text, "busbar_key_spend_cents", "Spent in the current budget window, cents; the biggest spenders only.", "gauge");
        foreach (KeyFigures key in figures.Keys)
        {
            Line(text, "busbar_key_spend_cents", "key", key.Key, key.SpendCents);
        }

        Metrics.Head(text, "busbar_key_budget_remaining_cents", "Left of the current budget window, cents; the biggest spenders only.", "gauge");
        foreach (KeyFigures key in figures.Keys)
        {
            if (key.RemainingCents is { } remaining)
            {
                Line(text, "busbar_key_budget_remaining_cents", "key", key.Key, remaining);
            }
        }
    }

    private static void Single(StringBuilder text, string name, string help, string type, double value) =>
        Metrics.Head(text, name, help, type).Append(name).Append(' ').Append(Metrics.Text(value)).Append('\n');

    private static void Line(StringBuilder text, string name, string label, string labelValue, double value) =>
        text.Append(name).Append('{').Append(LabelText.Render([label], [labelValue])).Append("} ").Append(Metrics.Text(value)).Append('\n');
}
