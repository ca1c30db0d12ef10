using Busbar.Wire.Json;

namespace Busbar.Governance.Groups;

/// <summary>
/// Limits as the admin API and the store have them: <c>{"kind", "window", "max_cents" or "max", "pool", "time_zone", "start_day", "days",
/// "downgrade", "thresholds", "per"}</c>.
/// </summary>
internal static class LimitJson
{
    /// <summary>Most limits of one owner.</summary>
    public const int MaxLimits = 50;

    private const long MaxCents = 1_000_000_000_000;
    private const int LongestName = 200;
    private const int MaxThresholds = 10;

    // As much as max_concurrent of a key.
    private const long MaxAtOnce = uint.MaxValue;

    // What half of a surrogate pair is read as.
    private const char Unreadable = '\uFFFD';

    private static readonly string[] Members = ["kind", "window", "max_cents", "max", "pool", "time_zone", "start_day", "days", "downgrade",
        "thresholds", "per"];

    /// <summary>
    /// The limits of a list called <paramref name="name"/>; what is wrong with it goes to <paramref name="fail"/>, as a sentence. Without
    /// <paramref name="isNew"/> it is one that was taken once, by a machine that knew its time zones.
    /// </summary>
    public static List<Limit> Read(JsonNode list, string name, Action<string> fail, bool isNew = true)
    {
        List<Limit> limits = [];
        if (list.IsNull)
        {
            return limits;
        }

        if (!list.IsArray)
        {
            fail($"'{name}' must be a list of limits");
        }

        foreach (JsonNode item in list.Items)
        {
            if (limits.Count == MaxLimits)
            {
                fail($"'{name}' must have at most {MaxLimits} items");
                break;
            }

            string at = $"{name}[{limits.Count}]";
            if (ReadOne(item, at, fail, isNew) is not { } limit)
            {
                break;
            }

            if (limits.Exists(other => other.Key == limit.Key))
            {
                fail($"'{at}' is a second limit of the same kind, window and pool; keep one of them");
            }

            limits.Add(limit);
        }

        return limits;
    }

    /// <summary>Writes the members of <paramref name="limit"/>, inside an object.</summary>
    public static void WriteMembers(JsonWriter json, Limit limit)
    {
        json.String("kind"u8, LimitWords.Of(limit.Kind));
        if (limit.Kind != LimitKind.Concurrency)
        {
            json.String("window"u8, LimitWords.Of(limit.Period));
        }

        json.Number(limit.Kind == LimitKind.Budget ? "max_cents"u8 : "max"u8, limit.Max);
        if (limit.IsPerSession)
        {
            json.String("per"u8, "session");
            return;
        }

        if (limit.Scope is { } pool)
        {
            json.String("pool"u8, pool);
        }

        if (limit.TimeZone is { } zone)
        {
            json.String("time_zone"u8, zone);
        }

        if (limit.Period is LimitPeriod.Week or LimitPeriod.Month)
        {
            json.Number("start_day"u8, limit.StartDay);
        }

        if (limit.Period == LimitPeriod.Rolling)
        {
            json.Number("days"u8, limit.Days);
        }

        if (limit.Downgrade is { } other)
        {
            json.String("downgrade"u8, other);
        }

        if (!limit.Thresholds.SequenceEqual(Limit.DefaultThresholds))
        {
            json.StartArray("thresholds"u8);
            foreach (int percent in limit.Thresholds)
            {
                json.Number(percent);
            }

            json.EndArray();
        }
    }

    private static Limit? ReadOne(JsonNode item, string at, Action<string> fail, bool isNew)
    {
        if (!item.IsObject)
        {
            fail($"'{at}' must be an object with kind, window and max");
            return null;
        }

        HashSet<string> seen = [];
        foreach (JsonMember member in item.Members)
        {
            if (!Members.Contains(member.Name.ToString()))
            {
                fail($"'{at}' has an unknown member; known are {string.Join(", ", Members)}");
                return null;
            }

            if (!seen.Add(member.Name.ToString()))
            {
                fail($"'{at}.{member.Name}' is there twice; keep one of them");
                return null;
            }
        }

        if (!TryFind(item["kind"u8], LimitWords.Kinds, $"{at}.kind", fail, out LimitKind kind))
        {
            return null;
        }

        if (!item["per"u8].IsNull)
        {
            return ReadSession(item, at, kind, fail);
        }

        LimitPeriod period = LimitPeriod.Total;
        bool isNow = kind == LimitKind.Concurrency;
        if (isNow ? !Missing(item, "window"u8, $"'{at}.window' means nothing for concurrency; leave it out", fail)
            : !TryFind(item["window"u8], LimitWords.Periods, $"{at}.window", fail, out period))
        {
            return null;
        }

        bool isMoney = kind == LimitKind.Budget;
        if (!Missing(item, isMoney ? "max"u8 : "max_cents"u8, isMoney ? $"'{at}.max' is not for budgets; write max_cents"
            : $"'{at}.max_cents' is for budgets; write max", fail))
        {
            return null;
        }

        bool hasWeekday = period == LimitPeriod.Week;
        bool hasStart = hasWeekday || period == LimitPeriod.Month;
        long? max = Integer(item[isMoney ? "max_cents"u8 : "max"u8], $"{at}.{(isMoney ? "max_cents" : "max")}", 0, isMoney ? MaxCents
            : isNow && isNew ? MaxAtOnce : long.MaxValue / 2, isRequired: true, fail);
        long? start = hasStart || Missing(item, "start_day"u8, $"'{at}.start_day' is for weeks and months", fail)
            ? Integer(item["start_day"u8], $"{at}.start_day", 1, hasWeekday ? 7 : 28, isRequired: false, fail) ?? 1
            : null;
        bool isRolling = period == LimitPeriod.Rolling;
        long? days = isRolling ? Integer(item["days"u8], $"{at}.days", 1, Limit.MaxDays, isRequired: true, fail)
            : Missing(item, "days"u8, $"'{at}.days' is for the window 'rolling'", fail) ? 0 : null;
        string? zone = Name(item["time_zone"u8], $"{at}.time_zone", isNew, fail);
        if (isNew && zone is not null && !LimitClock.TryFindZone(zone, out _))
        {
            fail($"'{at}.time_zone' is no time zone that this machine knows; write an IANA name such as Europe/Berlin, or leave it out for UTC");
            return null;
        }

        if (isNew && zone is not null && (isNow || period is LimitPeriod.Minute or LimitPeriod.Total))
        {
            fail($"'{at}.time_zone' is for windows that begin with a day, a week or a month; leave it out");
            return null;
        }

        string? pool = Name(item["pool"u8], $"{at}.pool", isNew, fail);
        string? other = Name(item["downgrade"u8], $"{at}.downgrade", isNew, fail);
        if (other is not null && other == pool)
        {
            fail($"'{at}.downgrade' is the pool that the limit is about; name another one");
        }

        IReadOnlyList<int>? thresholds = Thresholds(item["thresholds"u8], $"{at}.thresholds", fail);
        return max is null || start is null || days is null || thresholds is null ? null : new Limit
        {
            Kind = kind,
            Period = period,
            Max = max.Value,
            Scope = pool,
            TimeZone = zone,
            StartDay = (int)start.Value,
            Days = (int)days.Value,
            Downgrade = other,
            Thresholds = thresholds,
        };
    }

    // For as long as the session lasts, whatever is asked for in it.
    private static Limit? ReadSession(JsonNode item, string at, LimitKind kind, Action<string> fail)
    {
        if (!item["per"u8].Text.Is("session"u8))
        {
            fail($"'{at}.per' must be session, or left out");
            return null;
        }

        if (kind == LimitKind.Concurrency)
        {
            fail($"'{at}.kind' must be budget, requests or tokens for a session");
            return null;
        }

        if (!item["window"u8].IsNull && !item["window"u8].Text.Is("total"u8))
        {
            fail($"'{at}.window' means nothing for a session, which is counted as long as it lasts; leave it out");
            return null;
        }

        bool isMoney = kind == LimitKind.Budget;
        string amount = isMoney ? "max_cents" : "max";
        foreach (JsonMember member in item.Members)
        {
            string name = member.Name.ToString();
            if (name is not ("kind" or "window" or "per") && name != amount && !member.Value.IsNull)
            {
                fail($"'{at}.{name}' means nothing for a session; leave it out");
                return null;
            }
        }

        return Integer(item[isMoney ? "max_cents"u8 : "max"u8], $"{at}.{amount}", 0, isMoney ? MaxCents : long.MaxValue / 2, isRequired: true, fail)
            is { } max
            ? new Limit { Kind = kind, Max = max, IsPerSession = true }
            : null;
    }

    private static IReadOnlyList<int>? Thresholds(JsonNode list, string at, Action<string> fail)
    {
        if (list.IsNull)
        {
            return Limit.DefaultThresholds;
        }

        List<int> thresholds = [];
        foreach (JsonNode item in list.Items)
        {
            if (thresholds.Count == MaxThresholds || Integer(item, at, 1, 100, isRequired: true, static _ => { }) is not { } percent
                || (thresholds.Count > 0 && percent <= thresholds[^1]))
            {
                fail($"'{at}' must be up to {MaxThresholds} whole numbers from 1 to 100, each greater than the one before");
                return null;
            }

            thresholds.Add((int)percent);
        }

        if (!list.IsArray)
        {
            fail($"'{at}' must be a list of per cents, such as [50, 80, 100]");
        }

        return thresholds;
    }

    private static bool TryFind<T>(JsonNode node, (string Word, T Value)[] words, string at, Action<string> fail, out T value)
    {
        string text = node.Text.ToString();
        foreach ((string word, T known) in words)
        {
            if (word == text)
            {
                value = known;
                return true;
            }
        }

        fail($"'{at}' must be one of: {string.Join(", ", words.Select(row => row.Word))}");
        value = default!;
        return false;
    }

    private static bool Missing(JsonNode item, ReadOnlySpan<byte> name, string message, Action<string> fail)
    {
        if (item[name].IsNull)
        {
            return true;
        }

        fail(message);
        return false;
    }

    private static long? Integer(JsonNode node, string at, long min, long max, bool isRequired, Action<string> fail)
    {
        if (node.IsNull && !isRequired)
        {
            return null;
        }

        if (node.Integer is { } number && number >= min && number <= max)
        {
            return number;
        }

        fail($"'{at}' must be a whole number from {min} to {max}");
        return null;
    }

    private static string? Name(JsonNode node, string at, bool isNew, Action<string> fail)
    {
        if (node.IsNull)
        {
            return null;
        }

        string text = node.Text.ToString();
        if (node.IsString && !string.IsNullOrWhiteSpace(text) && text.Length <= LongestName && !text.Any(each => char.IsControl(each)
            || (isNew && each == Unreadable)))
        {
            return text;
        }

        fail($"'{at}' must be a text of 1 to {LongestName} characters, none of them a control character or half of a surrogate pair");
        return null;
    }
}
