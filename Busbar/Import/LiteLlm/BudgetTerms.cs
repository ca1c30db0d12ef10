using System.Globalization;
using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Ir;

namespace Busbar.Import.LiteLlm;

/// <summary>Money and times of LiteLLM's tables.</summary>
internal static class BudgetTerms
{
    private const decimal MaxDollars = 10_000_000_000m;

    /// <summary>The window of a <c>budget_duration</c> such as <c>30d</c>, with whether it is the very same; null for a text that is none.</summary>
    public static (LimitPeriod Period, int Days, Verdict Verdict)? Window(string? duration)
    {
        if (string.IsNullOrEmpty(duration))
        {
            return (LimitPeriod.Total, 0, Verdict.Exact);
        }

        int digits = duration.TakeWhile(char.IsAsciiDigit).Count();
        if (digits == 0 || !int.TryParse(duration.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count < 1)
        {
            return null;
        }

        long seconds = duration[digits..].ToLowerInvariant() switch { "s" => 1, "m" => 60, "h" => 3600, "d" => 86_400, "w" => 7 * 86_400,
            "mo" => 30 * 86_400, "y" => 365 * 86_400, _ => 0 };
        return (seconds * count) switch
        {
            0 => null,
            60 => (LimitPeriod.Minute, 0, Verdict.Exact),
            3600 => (LimitPeriod.Hour, 0, Verdict.Exact),
            86_400 => (LimitPeriod.Day, 0, Verdict.Exact),
            7 * 86_400 => (LimitPeriod.Week, 0, Verdict.Exact),
            30 * 86_400 => (LimitPeriod.Month, 0, Verdict.Exact),
            < 3600 => (LimitPeriod.Hour, 0, Verdict.Approximate),
            < 86_400 => (LimitPeriod.Day, 0, Verdict.Approximate),
            var length => (LimitPeriod.Rolling, (int)Math.Min(Limit.MaxDays, (length + 86_399) / 86_400), Verdict.Approximate),
        };
    }

    /// <summary>The period of a key's own budget that is the same as a window; null when only a limit says it.</summary>
    public static BudgetPeriod? Period(LimitPeriod period) => period switch
    {
        LimitPeriod.Total => BudgetPeriod.Total,
        LimitPeriod.Day => BudgetPeriod.Daily,
        LimitPeriod.Month => BudgetPeriod.Monthly,
        _ => null,
    };

    /// <summary>Dollars as whole cents, rounded down; null for no number.</summary>
    public static long? Cents(string? dollars) => Dollars(dollars) is { } amount ? (long)Math.Floor(amount * 100) : null;

    /// <summary>Dollars as nano-dollars; 0 for no number.</summary>
    public static long Nanos(string? dollars) => Dollars(dollars) is { } amount
        ? (long)Math.Round(Math.Min(amount * 1_000_000_000m, Money.OfCents(100_000_000_000))) : 0;

    /// <summary>A time of the database, which is in UTC, as epoch second; null for none.</summary>
    public static long? Second(string? time) => DateTimeOffset.TryParse(
        time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset at) ? at.ToUnixTimeSeconds() : null;

    private static decimal? Dollars(string? text) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal amount) && amount >= 0 ? Math.Min(amount, MaxDollars)
            : null;
}
