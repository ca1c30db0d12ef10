using System.Runtime.InteropServices;

namespace Busbar.Governance;

/// <summary>Settlements added up: one sum for each key and window, one for each key, model and day. Not safe for several threads.</summary>
internal sealed class LedgerSums
{
    private readonly Dictionary<(string Key, long Window), WindowUsage> _windows = [];
    private readonly Dictionary<(string Key, string Model, long Day), DailyUsage> _days = [];

    /// <summary>By key and window.</summary>
    public IReadOnlyCollection<WindowUsage> Windows => _windows.Values;

    /// <summary>By key, model and day.</summary>
    public IReadOnlyCollection<DailyUsage> Days => _days.Values;

    /// <summary>Takes in what a request cost.</summary>
    public void Add(in Settlement settlement)
    {
        long requests = settlement.IsSuccess ? 1 : 0;
        long tokens = Math.Min(settlement.Usage.Total, Prices.MostTokens);
        Add(new WindowUsage(settlement.KeyId, settlement.WindowStart, settlement.SpendMicroCents, tokens, requests));
        Add(new DailyUsage(
            settlement.KeyId,
            settlement.Model,
            settlement.Day,
            requests,
            settlement.IsEstimated ? 1 : 0,
            settlement.SpendMicroCents,
            settlement.Usage.Input,
            settlement.Usage.CacheRead,
            settlement.Usage.CacheWrite,
            settlement.Usage.Output,
            settlement.Usage.Reasoning));
    }

    /// <summary>Takes in all of <paramref name="others"/>.</summary>
    public void Add(LedgerSums others)
    {
        foreach (WindowUsage window in others._windows.Values)
        {
            Add(window);
        }

        foreach (DailyUsage day in others._days.Values)
        {
            Add(day);
        }
    }

    private void Add(in WindowUsage window)
    {
        ref WindowUsage sum = ref CollectionsMarshal.GetValueRefOrAddDefault(_windows, (window.KeyId, window.WindowStart), out bool exists);
        sum = exists ? sum.Plus(window) : window;
    }

    private void Add(in DailyUsage day)
    {
        ref DailyUsage sum = ref CollectionsMarshal.GetValueRefOrAddDefault(_days, (day.KeyId, day.Model, day.Day), out bool exists);
        sum = exists ? sum.Plus(day) : day;
    }
}
