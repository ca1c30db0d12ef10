using Busbar.Governance.Groups;
using Microsoft.Data.Sqlite;

namespace Busbar.Governance.Store;

/// <content>What was used, and which thresholds were told.</content>
internal sealed partial class SqliteStore
{
    /// <inheritdoc/>
    public bool TryNoteAlert(in LimitAlert alert, bool asksAgain = false)
    {
        (string owner, string key, long start, int percent, long used) = (alert.Owner, alert.Limit.Key, alert.WindowStart, alert.Percent, alert.Used);
        return Change(() => _sql.NoteAlert.Run(owner, key, start, percent, used) == 1);
    }

    /// <inheritdoc/>
    public void NoteTold(IReadOnlyCollection<LimitAlert> alerts) => Change(() =>
    {
        foreach (LimitAlert alert in alerts)
        {
            _sql.NoteTold.Run(alert.Owner, alert.Limit.Key, alert.WindowStart, alert.Percent);
        }

        return true;
    });

    /// <inheritdoc/>
    public IReadOnlyList<UntoldAlert> TakeUntold()
    {
        // What is noted later is this process' own.
        if (Interlocked.Exchange(ref _hasTakenUntold, true))
        {
            return [];
        }

        return Change(() => _database.Read(
            "SELECT owner, limit_key, window_start, percent, used FROM limit_alerts WHERE told = 0",
            row => new UntoldAlert(row.Text(0), row.Text(1), row.Count(2), (int)row.Count(3), row.Count(4))));
    }

    /// <inheritdoc/>
    public void Put(IReadOnlyCollection<LimitUsage> usages) => Change(() =>
    {
        foreach (LimitUsage usage in usages)
        {
            _sql.PutCount.Run(usage.Owner, usage.Key, usage.WindowStart, usage.Used);
        }

        return true;
    });

    /// <inheritdoc/>
    public void Add(IReadOnlyCollection<WindowUsage> windows, IReadOnlyCollection<DailyUsage> days)
    {
        Change(() =>
        {
            foreach (WindowUsage window in windows)
            {
                object[] values = [window.KeyId, window.WindowStart, window.SpendNanos, window.Tokens, window.Requests];
                if (_sql.AddToWindow.Run(values) == 0)
                {
                    _sql.NewWindow.Run(values);
                }
            }

            foreach (DailyUsage day in days)
            {
                object[] values =
                [
                    day.Day, day.KeyId, day.Model, day.Asked, day.Labels, day.Requests, day.Estimated, day.Unpriced, day.SpendNanos, day.Input,
                    day.CacheRead, day.CacheWrite,
                    day.CacheWriteLong, day.Output, day.Reasoning, day.AudioInput, day.AudioOutput, day.ImageOutput,
                ];
                if (_sql.AddToDay.Run(values) == 0)
                {
                    _sql.NewDay.Run(values);
                }
            }

            return true;
        });
        PruneSometimes();
    }

    /// <inheritdoc/>
    public WindowUsage ReadWindow(string keyId, long start) => Do(() =>
        _sql.ReadWindow.Read(row => new WindowUsage(keyId, start, row.Count(0), row.Count(1), row.Count(2)), keyId, start) is [var window] ? window
            : new WindowUsage(keyId, start, 0, 0, 0));

    /// <inheritdoc/>
    public IReadOnlyList<DailyUsage> ReadUsage(string? keyId, long from, long until, int limit) => Do(() =>
    {
        return keyId is null ? _sql.ReadDays.Read(Usage, from, until, limit) : _sql.ReadDaysOfKey.Read(Usage, keyId, from, until, limit);

        static DailyUsage Usage(SqliteDataReader row) => new(
            row.Text(1), row.Text(2), row.Count(0), row.Count(5), row.Count(6), row.Count(7), row.Count(8), row.Count(9), row.Count(10),
            row.Count(11), row.Count(12),
            row.Count(13), row.Count(14), row.Count(15), row.Count(16), row.Count(17)) { Asked = row.Text(3), Labels = row.Text(4) };
    });
}
