using System.Globalization;
using Busbar.Configuration.Binding;

namespace Busbar.Admin;

/// <summary>
/// The query of a call, read parameter by parameter like a <see cref="JsonForm"/>: readers answer with a fallback when a value is wrong, and
/// <see cref="Problem"/> keeps the first thing that is.
/// </summary>
internal sealed class AdminQuery
{
    private const int LongestQuery = 4096;

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>Takes a query apart; parameters other than <paramref name="known"/> are wrong, and so are repeated ones.</summary>
    public AdminQuery(string query, IReadOnlyList<string> known)
    {
        if (query.Length > LongestQuery)
        {
            Fail($"the query must have at most {LongestQuery} characters");
            return;
        }

        foreach (string part in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = part.IndexOf('=');
            string name = Decode(equals < 0 ? part : part[..equals]);
            if (!known.Contains(name))
            {
                Fail($"the query has an unknown parameter; {Nearest.Remedy(name, known) ?? "it takes none"}", "unknown_parameter");
            }
            else if (!_values.TryAdd(name, equals < 0 ? "" : Decode(part[(equals + 1)..])))
            {
                Fail($"'{name}' is given twice", "duplicate_parameter");
            }
        }
    }

    /// <summary>The first thing that is wrong; null while nothing is.</summary>
    public AdminError? Problem { get; private set; }

    /// <summary>Notes that something is wrong, unless something was before.</summary>
    public void Fail(string message, string code = "invalid_value") => Problem ??= AdminError.Invalid(message, code);

    /// <summary>The value of a parameter; null when it is missing.</summary>
    public string? Text(string name) => _values.GetValueOrDefault(name);

    /// <summary>A whole number in a range.</summary>
    public long Integer(string name, long fallback, long least, long most)
    {
        if (Text(name) is not { } text)
        {
            return fallback;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number >= least && number <= most)
        {
            return number;
        }

        Fail($"'{name}' must be a whole number from {least} to {most}");
        return fallback;
    }

    /// <summary>A day, as <c>2026-01-31</c> or an epoch second; its midnight, UTC, as an epoch second.</summary>
    public long Day(string name, long fallback)
    {
        if (Text(name) is not { } text)
        {
            return fallback;
        }

        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day) && day.Year >= 1970)
        {
            return new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero).ToUnixTimeSeconds();
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long second)
            && second <= Governance.Budgets.BudgetWindow.LatestSecond)
        {
            return Governance.Budgets.BudgetWindow.DayOf(second);
        }

        Fail($"'{name}' must be a day such as 2026-01-31, or an epoch second");
        return fallback;
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}
