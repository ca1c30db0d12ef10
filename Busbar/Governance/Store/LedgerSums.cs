using System.Runtime.InteropServices;

namespace Busbar.Governance.Store;

/// <summary>
/// Settlements added up: one sum for each key and window, one for each key, model, day, name asked for and labels. Not safe for several threads.
/// </summary>
internal sealed class LedgerSums
{
    private readonly Dictionary<(string Key, long Window), WindowUsage> _windows = [];
    private readonly Dictionary<(string Key, string Model, long Day, string Asked, string Labels), DailyUsage> _days = [];

    /// <summary>By key and window.</summary>
    public IReadOnlyCollection<WindowUsage> Windows => _windows.Values;

    /// <summary>By key, model, day, name asked for and labels.</summary>
    public IReadOnlyCollection<DailyUsage> Days => _days.Values;

    /// <summary>Takes in all of <paramref name="posts"/>.</summary>
    public void Add(LedgerPosts posts)
    {
        foreach (LedgerPosts.Sum sum in posts.Sums)
        {
            Add(sum.Window);
            Add(sum.Day);
        }
    }

    private void Add(in WindowUsage window)
    {
        ref WindowUsage sum = ref CollectionsMarshal.GetValueRefOrAddDefault(_windows, (window.KeyId, window.WindowStart), out bool exists);
        sum = exists ? sum.Plus(window) : window;
    }

    private void Add(in DailyUsage day)
    {
        ref DailyUsage sum = ref CollectionsMarshal.GetValueRefOrAddDefault(
            _days, (day.KeyId, day.Model, day.Day, day.Asked, day.Labels), out bool exists);
        sum = exists ? sum.Plus(day) : day;
    }
}
