using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Busbar.Wire;

namespace Busbar.Admin;

/// <summary>Answers what was used, by key, model and day, or by some of these.</summary>
internal sealed class UsageEndpoint(KeyService keys, TimeProvider time)
{
    private const int MostRead = 200_000;
    private const int MostShown = 10_000;
    private const int FewestShown = 1000;
    private const long DefaultDays = 30;

    private static readonly string[] Groups = ["key", "model", "day"];

    /// <summary>Answers <paramref name="call"/>; null when the answer is written, else what is wrong.</summary>
    public async ValueTask<AdminError?> RunAsync(AdminCall call)
    {
        AdminQuery query = call.Query;
        long today = BudgetWindow.DayOf(time.GetUtcNow().ToUnixTimeSeconds());
        string? key = query.Text("key");
        long until = query.Day("until", today + BudgetWindow.Day);
        long from = query.Day("from", Math.Max(0, until - (DefaultDays * BudgetWindow.Day)));
        int limit = (int)query.Integer("limit", FewestShown, 1, MostShown);
        IReadOnlyList<string> groups = GroupsOf(query);
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

        IReadOnlyList<DailyUsage> rows = await keys.ReadUsageAsync(key, from, until, MostRead + 1).ConfigureAwait(false);
        if (rows.Count > MostRead)
        {
            return AdminError.Invalid("this is too much usage to add up at once; narrow it with key, from or until", "too_many_rows");
        }

        Write(call.Json, Sum(rows, groups), groups, from, until, limit);
        return null;
    }

    private static IReadOnlyList<string> GroupsOf(AdminQuery query)
    {
        if (query.Text("group_by") is not { } text)
        {
            return Groups;
        }

        string[] chosen = text.Split(',', StringSplitOptions.TrimEntries);
        if (chosen.Any(group => !Groups.Contains(group)) || chosen.Distinct().Count() != chosen.Length)
        {
            query.Fail("'group_by' must be some of key, model and day, separated by commas");
        }

        return chosen;
    }

    private static SortedDictionary<(long Day, string Key, string Model), DailyUsage> Sum(IReadOnlyList<DailyUsage> rows, IReadOnlyList<string> groups)
    {
        (bool byKey, bool byModel, bool byDay) = (groups.Contains("key"), groups.Contains("model"), groups.Contains("day"));
        var sums = new SortedDictionary<(long Day, string Key, string Model), DailyUsage>(Comparer<(long Day, string Key, string Model)>.Create(Compare));
        foreach (DailyUsage row in rows)
        {
            var group = (byDay ? row.Day : 0, byKey ? row.KeyId : "", byModel ? row.Model : "");
            sums[group] = sums.TryGetValue(group, out DailyUsage sum) ? sum.Plus(row) : row;
        }

        return sums;
    }

    private static int Compare((long Day, string Key, string Model) left, (long Day, string Key, string Model) right) =>
        left.Day != right.Day ? left.Day.CompareTo(right.Day)
        : string.CompareOrdinal(left.Key, right.Key) is not 0 and var byKey ? byKey
        : string.CompareOrdinal(left.Model, right.Model);

    private static void Write(
        JsonWriter json, SortedDictionary<(long Day, string Key, string Model), DailyUsage> sums, IReadOnlyList<string> groups, long from, long until, int limit)
    {
        json.StartObject();
        json.Number("from"u8, from);
        json.Number("until"u8, until);
        json.StartArray("usage"u8);
        foreach (((long day, string key, string model), DailyUsage sum) in sums.Take(limit))
        {
            json.StartObject();
            if (groups.Contains("day"))
            {
                json.String("day"u8, BudgetWindow.DateOf(day));
            }

            if (groups.Contains("key"))
            {
                json.String("key"u8, key);
            }

            if (groups.Contains("model"))
            {
                json.String("model"u8, model);
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

    private static void WriteSum(JsonWriter json, in DailyUsage sum)
    {
        json.Number("requests"u8, sum.Requests);
        json.Number("estimated_requests"u8, sum.Estimated);
        json.Number("unpriced_requests"u8, sum.Unpriced);
        KeyJson.WriteSpend(json, sum.SpendNanos);
        json.Number("input_tokens"u8, sum.Input);
        json.Number("cache_read_tokens"u8, sum.CacheRead);
        json.Number("cache_write_tokens"u8, sum.CacheWrite);
        json.Number("cache_write_1h_tokens"u8, sum.CacheWriteLong);
        json.Number("output_tokens"u8, sum.Output);
        json.Number("reasoning_tokens"u8, sum.Reasoning);
        json.Number("audio_input_tokens"u8, sum.AudioInput);
        json.Number("audio_output_tokens"u8, sum.AudioOutput);
        json.Number("image_output_tokens"u8, sum.ImageOutput);
    }
}
