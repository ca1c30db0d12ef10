using System.Runtime.InteropServices;

namespace Busbar.Governance.Store.Postgres;

/// <summary>
/// What this process has written of usage, as sums since it began: rows are written whole, so that one that is written again after an answer got lost
/// changes nothing. Sums of days and windows that cannot change any more are forgotten. Not safe for several threads.
/// </summary>
internal sealed class RunningTotals
{
    private const long Day = 86_400;

    private readonly Dictionary<(string Key, long Start), WindowUsage> _windows = [];
    private readonly Dictionary<DayOf, DailyUsage> _days = [];
    private long _forgotten;

    /// <summary>
    /// The sums with <paramref name="more"/>, which stay as they are until
    /// <see cref="Wrote(IReadOnlyList{WindowUsage}, IReadOnlyList{DailyUsage})"/>.
    /// </summary>
    public List<WindowUsage> With(IReadOnlyCollection<WindowUsage> more) =>
        [.. more.Select(window => _windows.TryGetValue((window.KeyId, window.WindowStart), out WindowUsage sum) ? sum.Plus(window) : window)];

    /// <inheritdoc cref="With(IReadOnlyCollection{WindowUsage})"/>
    public List<DailyUsage> With(IReadOnlyCollection<DailyUsage> more) =>
        [.. more.Select(day => _days.TryGetValue(DayOf.Of(day), out DailyUsage sum) ? sum.Plus(day) : day)];

    /// <summary>Notes that these are written.</summary>
    public void Wrote(IReadOnlyList<WindowUsage> windows, IReadOnlyList<DailyUsage> days)
    {
        foreach (WindowUsage window in windows)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_windows, (window.KeyId, window.WindowStart), out _) = window;
        }

        foreach (DailyUsage day in days)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_days, DayOf.Of(day), out _) = day;
        }
    }

    /// <summary>Forgets a key that is deleted.</summary>
    public void Forget(string key)
    {
        foreach ((string, long) at in _windows.Keys.Where(at => at.Key == key).ToList())
        {
            _windows.Remove(at);
        }

        foreach (DayOf at in _days.Keys.Where(at => at.Key == key).ToList())
        {
            _days.Remove(at);
        }
    }

    /// <summary>Forgets, once a day, what lies so far before <paramref name="now"/> (epoch second) that no request can still count there.</summary>
    public void ForgetOld(long now)
    {
        if (now - _forgotten < Day)
        {
            return;
        }

        _forgotten = now;
        foreach (DayOf at in _days.Keys.Where(at => at.Day < now - (3 * Day)).ToList())
        {
            _days.Remove(at);
        }

        foreach ((string, long) at in _windows.Keys.Where(at => at.Start > 0 && at.Start < now - (35 * Day)).ToList())
        {
            _windows.Remove(at);
        }
    }

    private readonly record struct DayOf(string Key, string Model, string Asked, string Labels, long Day)
    {
        public static DayOf Of(in DailyUsage day) => new(day.KeyId, day.Model, day.Asked, day.Labels, day.Day);
    }

    /// <summary>Begins again, under another epoch.</summary>
    public void Clear()
    {
        _windows.Clear();
        _days.Clear();
    }
}
