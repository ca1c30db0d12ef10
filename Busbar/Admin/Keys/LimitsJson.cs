using Busbar.Governance.Groups;
using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Admin.Keys;

/// <summary>Writes limits with what is used of them.</summary>
internal static class LimitsJson
{
    private const long LastSecond = Governance.Budgets.BudgetWindow.LatestSecond;

    /// <summary>The list called <paramref name="name"/>; what has no counter is written without what is used.</summary>
    public static void Write(JsonWriter json, ReadOnlySpan<byte> name, LimitCounter[] counters, IReadOnlyList<Limit> limits, long now)
    {
        json.StartArray(name);
        foreach (Limit limit in limits)
        {
            json.StartObject();
            LimitJson.WriteMembers(json, limit);
            if (Array.Find(counters, counter => counter.Limit.Key == limit.Key) is { } counter)
            {
                (long used, long start, long end, uint open) = counter.Read(now);
                bool isMoney = limit.Kind == LimitKind.Budget;
                json.Number(isMoney ? "used_cents"u8 : "used"u8, limit.Kind == LimitKind.Concurrency ? open : isMoney ? used / Money.NanosPerCent
                    : used);
                if (limit.Kind != LimitKind.Concurrency)
                {
                    json.Number("window_start"u8, start);
                    if (end <= LastSecond)
                    {
                        json.Number("window_end"u8, end);
                    }
                }
            }

            json.EndObject();
        }

        json.EndArray();
    }
}
