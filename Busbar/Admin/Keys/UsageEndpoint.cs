using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Governance.Labels;
using Busbar.Governance.Store;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Admin.Keys;

/// <summary>Answers what was used, by key, group, label, model, name asked for and day, or by some of these.</summary>
internal sealed class UsageEndpoint(KeyService keys, TimeProvider time)
{
    private const int MaxRead = 200_000;
    private const int MaxShown = 10_000;
    private const int FewestShown = 1000;
    private const long DefaultDays = 30;

    private static readonly string[] Groups = ["key", "model", "day"];
    private static readonly string[] Dimensions = ["key", "group", "label", "model", "lane", "asked", "day"];

    private static readonly (string Name, Func<DailyUsage, long> Of)[] Columns =
    [
        ("requests", sum => sum.Requests),
        ("estimated_requests", sum => sum.Estimated),
        ("unpriced_requests", sum => sum.Unpriced),
        ("spend_cents", sum => sum.SpendNanos / Money.NanosPerCent),
        ("spend_micro_cents", sum => sum.SpendNanos / Money.NanosPerMicroCent),
        ("spend_nano_dollars", sum => sum.SpendNanos),
        ("input_tokens", sum => sum.Input),
        ("cache_read_tokens", sum => sum.CacheRead),
        ("cache_write_tokens", sum => sum.CacheWrite),
        ("cache_write_1h_tokens", sum => sum.CacheWriteLong),
        ("output_tokens", sum => sum.Output),
        ("reasoning_tokens", sum => sum.Reasoning),
        ("audio_input_tokens", sum => sum.AudioInput),
        ("audio_output_tokens", sum => sum.AudioOutput),
        ("image_output_tokens", sum => sum.ImageOutput),
    ];

    /// <summary>Answers <paramref name="call"/>; null when the answer is written, else what is wrong.</summary>
    public async ValueTask<AdminError?> RunAsync(AdminCall call)
    {
        AdminQuery query = call.Query;
        long today = BudgetWindow.DayOf(time.GetUtcNow().ToUnixTimeSeconds());
        string? key = query.Text("key");
        long until = query.Day("until", today + BudgetWindow.Day);
        long from = query.Day("from", Math.Max(0, until - (DefaultDays * BudgetWindow.Day)));
        int limit = (int)query.Integer("limit", FewestShown, 1, MaxShown);
        IReadOnlyList<string> groups = GroupsOf(query);
        string? within = query.Text("group");
        bool isCsv = query.Text("format") == "csv";
        if (!isCsv && query.Text("format") is not (null or "json"))
        {
            query.Fail("'format' must be json or csv");
        }

        if (from >= until)
        {
            query.Fail("'from' must be a day before 'until', which is the first day that no longer counts");
        }

        if (query.Problem is { } problem)
        {
            return problem;
        }

        if (key is not null && keys.Find(key) is null)
        {
            return AdminError.NotFound("there is no key with this id");
        }

        if (within is not null && keys.GroupNameOf(within) is null)
        {
            return GroupEndpoints.Unknown;
        }

        IReadOnlyList<DailyUsage> rows = await keys.ReadUsageAsync(key, from, until, MaxRead + 1).ConfigureAwait(false);
        if (rows.Count > MaxRead)
        {
            return AdminError.Invalid("this is too much usage to add up at once; narrow it with key, from or until", "too_many_rows");
        }

        SortedDictionary<UsageRow, DailyUsage> sums = Sum(rows, groups, within, query.Text("label"));
        if (isCsv)
        {
            call.Reply.ContentType = "text/csv; charset=utf-8";
            WriteCsv(call.Reply.Body, sums, groups);
        }
        else
        {
            Write(call.Json, sums, groups, from, until, limit);
        }

        return null;
    }

    private static IReadOnlyList<string> GroupsOf(AdminQuery query)
    {
        if (query.Text("group_by") is not { } text)
        {
            return Groups;
        }

        string[] chosen = text.Split(',', StringSplitOptions.TrimEntries);
        if (chosen.Any(group => !Dimensions.Contains(group)) || chosen.Distinct().Count() != chosen.Length)
        {
            query.Fail("'group_by' must be some of key, group, label, model, lane, asked and day, separated by commas");
        }
        else if (chosen.Contains("label") && query.Text("label") is null)
        {
            query.Fail("'label' must name the label to group by");
        }

        return chosen;
    }

    // A key's usage belongs to the group that it is in now, as its labels are those of now. A label of the request wins over one of its key.
    private SortedDictionary<UsageRow, DailyUsage> Sum(IReadOnlyList<DailyUsage> rows, IReadOnlyList<string> dimensions, string? within,
        string? label)
    {
        (bool byKey, bool byGroup, bool byLabel) = (dimensions.Contains("key"), dimensions.Contains("group"), dimensions.Contains("label"));
        bool byModel = dimensions.Contains("model") || dimensions.Contains("lane");
        (bool byAsked, bool byDay) = (dimensions.Contains("asked"), dimensions.Contains("day"));
        var sums = new SortedDictionary<UsageRow, DailyUsage>();
        var known = new Dictionary<string, (bool Counts, string Group, string Label)>(StringComparer.Ordinal);
        foreach (DailyUsage row in rows)
        {
            if (!known.TryGetValue(row.KeyId, out (bool Counts, string Group, string Label) of))
            {
                VirtualKey? key = keys.Find(row.KeyId);
                of = (within is null || keys.IsWithin(key?.GroupId, within), key?.GroupId ?? "", label is not null
                    && key?.Labels.TryGetValue(label, out string? value) == true ? value : "");
                known.Add(row.KeyId, of);
            }

            if (of.Counts)
            {
                var place = new UsageRow(byDay ? row.Day : 0, byKey ? row.KeyId : "", byGroup ? of.Group : "", byLabel
                    ? RequestLabels.ValueOf(row.Labels, label) ?? of.Label : "", byModel ? row.Model : "", byAsked ? row.Asked : "");
                sums[place] = sums.TryGetValue(place, out DailyUsage sum) ? sum.Plus(row) : row;
            }
        }

        return sums;
    }

    private void Write(JsonWriter json, SortedDictionary<UsageRow, DailyUsage> sums, IReadOnlyList<string> dimensions, long from, long until,
        int limit)
    {
        json.StartObject();
        json.Number("from"u8, from);
        json.Number("until"u8, until);
        json.StartArray("usage"u8);
        foreach ((UsageRow place, DailyUsage sum) in sums.Take(limit))
        {
            json.StartObject();
            foreach ((string name, string? value) in Texts(place, dimensions))
            {
                ReadOnlySpan<byte> member = System.Text.Encoding.UTF8.GetBytes(name);
                if (value is null)
                {
                    json.Null(member);
                }
                else
                {
                    json.String(member, value);
                }
            }

            WriteSum(json, sum);
            json.EndObject();
        }

        json.EndArray();
        json.Bool("truncated"u8, sums.Count > limit);
        json.StartObject("total"u8);
        WriteSum(json, sums.Values.Aggregate(default(DailyUsage), (total, sum) => total.Plus(sum)));
        json.EndObject();
        json.EndObject();
    }

    // Whole or not at all: a bill that ends somewhere is worse than none.
    private void WriteCsv(PooledBuffer output, SortedDictionary<UsageRow, DailyUsage> sums, IReadOnlyList<string> dimensions)
    {
        output.Write(System.Text.Encoding.UTF8.GetBytes(string.Join(
            ',', Texts(default, dimensions).Select(each => each.Name).Concat(Columns.Select(column => column.Name))) + "\r\n"));
        foreach ((UsageRow place, DailyUsage sum) in sums)
        {
            IEnumerable<string> cells = Texts(place, dimensions).Select(each => Cell(each.Value ?? ""))
                .Concat(Columns.Select(column => column.Of(sum).ToString(System.Globalization.CultureInfo.InvariantCulture)));
            output.Write(System.Text.Encoding.UTF8.GetBytes(string.Join(',', cells) + "\r\n"));
        }
    }

    // Spreadsheets run what begins like a formula.
    private static string Cell(string text)
    {
        string safe = text.Length > 0 && text[0] is '=' or '+' or '-' or '@' ? "'" + text : text;
        return safe.AsSpan().ContainsAny(",\"\r\n") ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }

    private IEnumerable<(string Name, string? Value)> Texts(UsageRow place, IReadOnlyList<string> dimensions)
    {
        if (dimensions.Contains("day"))
        {
            yield return ("day", BudgetWindow.DateOf(place.Day));
        }

        if (dimensions.Contains("key"))
        {
            yield return ("key", place.Key);
        }

        if (dimensions.Contains("group"))
        {
            yield return ("group", place.Group is { Length: > 0 } group ? group : null);
            yield return ("group_name", keys.GroupNameOf(place.Group));
        }

        if (dimensions.Contains("label"))
        {
            yield return ("label", place.Label is { Length: > 0 } label ? label : null);
        }

        if (dimensions.Contains("model"))
        {
            yield return ("model", place.Model);
        }

        if (dimensions.Contains("lane"))
        {
            yield return ("lane", place.Model);
        }

        if (dimensions.Contains("asked"))
        {
            yield return ("asked", place.Asked is { Length: > 0 } asked ? asked : null);
        }
    }

    private static void WriteSum(JsonWriter json, in DailyUsage sum)
    {
        foreach ((string name, Func<DailyUsage, long> of) in Columns)
        {
            json.Number(System.Text.Encoding.UTF8.GetBytes(name), of(sum));
        }
    }
}
