using System.Globalization;
using System.Runtime.InteropServices;
using Busbar.Governance.Groups;
using Busbar.Governance.Leases;
using Npgsql;

namespace Busbar.Governance.Store.Postgres;

/// <content>What was used, under this node's epoch.</content>
internal sealed partial class PostgresStore
{
    /// <summary>What is counted by day.</summary>
    public static readonly string[] DayColumns =
        ["requests", "estimated", "unpriced", "spend_nanos", "input", "cache_read", "cache_write", "cache_write_long", "output", "reasoning",
            "audio_input", "audio_output", "image_output"];

    /// <inheritdoc/>
    public void Put(IReadOnlyCollection<LimitUsage> usages)
    {
        lock (_writing)
        {
            long[] used = [];
            Settle(connection => connection.Number(
                """
                WITH fence AS (SELECT epoch FROM busbar.nodes WHERE epoch = $1 AND NOT folded FOR SHARE),
                put AS (INSERT INTO busbar.limit_counters (owner, limit_key, window_start, epoch, used)
                  SELECT t.owner, t.limit_key, t.window_start, fence.epoch, t.used
                  FROM fence, unnest($2, $3, $4, $5) AS t (owner, limit_key, window_start, used)
                  ON CONFLICT (owner, limit_key, window_start, epoch) DO UPDATE SET used = excluded.used)
                SELECT count(*) FROM fence
                """,
                Epoch, Column(usages, usage => usage.Owner), Column(usages, usage => usage.Key), Column(usages, usage => usage.WindowStart),
                used = [.. usages.Select(usage => usage.Used - (_others?.GetValueOrDefault(At(usage)) ?? 0))]));
            int at = 0;
            foreach (LimitUsage usage in usages)
            {
                _own[At(usage)] = used[at++];
            }
        }
    }

    /// <inheritdoc/>
    public bool TryNoteAlert(in LimitAlert alert, bool asksAgain = false)
    {
        (string owner, string key, long start, long percent) = (alert.Owner, alert.Limit.Key, alert.WindowStart, alert.Percent);
        long used = alert.Used;
        return Do(connection => connection.Run(
            """
            INSERT INTO busbar.limit_alerts AS a (owner, limit_key, window_start, percent, epoch, used, told) VALUES ($1, $2, $3, $4, $5, $6, false)
            ON CONFLICT (owner, limit_key, window_start, percent) DO UPDATE SET epoch = excluded.epoch WHERE a.epoch = excluded.epoch AND $7
            """,
            owner, key, start, percent, Epoch, used, asksAgain) == 1);
    }

    /// <inheritdoc/>
    public void NoteTold(IReadOnlyCollection<LimitAlert> alerts) => Do(connection => connection.Run(
        """
        UPDATE busbar.limit_alerts AS a SET told = true FROM unnest($1, $2, $3, $4) AS t (owner, limit_key, window_start, percent)
        WHERE a.owner = t.owner AND a.limit_key = t.limit_key AND a.window_start = t.window_start AND a.percent = t.percent AND a.epoch = $5
        """,
        Column(alerts, alert => alert.Owner), Column(alerts, alert => alert.Limit.Key), Column(alerts, alert => alert.WindowStart),
        Column(alerts, alert => (long)alert.Percent), Epoch));

    /// <inheritdoc/>
    public bool IsToTell(in LimitAlert alert)
    {
        (string owner, string key, long start, long percent) = (alert.Owner, alert.Limit.Key, alert.WindowStart, alert.Percent);
        return Do(connection => connection.Number(
            """
            SELECT count(*) FROM busbar.limit_alerts
            WHERE owner = $1 AND limit_key = $2 AND window_start = $3 AND percent = $4 AND epoch = $5 AND NOT told
            """,
            owner, key, start, percent, Epoch)) == 1;
    }

    /// <inheritdoc/>
    public IReadOnlyList<UntoldAlert> TakeUntold() => Do(connection => connection.Read(
        """
        UPDATE busbar.limit_alerts AS a SET epoch = $1 WHERE NOT a.told AND a.epoch <> $1
          AND NOT EXISTS (SELECT 1 FROM busbar.nodes AS n WHERE n.epoch = a.epoch AND NOT n.ended AND n.seen_at > now() - $2::interval)
        RETURNING a.owner, a.limit_key, a.window_start, a.percent, a.used
        """,
        row => new UntoldAlert(row.Text(0), row.Text(1), row.Count(2), (int)row.Count(3), row.Count(4)), Epoch, LeaseDesk.Term));

    /// <inheritdoc/>
    public void Add(IReadOnlyCollection<WindowUsage> windows, IReadOnlyCollection<DailyUsage> days)
    {
        lock (_writing)
        {
            _totals.ForgetOld(_time.GetUtcNow().ToUnixTimeSeconds());
            List<WindowUsage> windowSums = [];
            List<DailyUsage> daySums = [];
            Settle(connection =>
            {
                // Again each time: a process that was given up counts from nothing.
                windowSums = _totals.With(windows);
                daySums = _totals.With(Clean(days));
                return connection.Number(
                    $"""
                    WITH fence AS (SELECT epoch FROM busbar.nodes WHERE epoch = $1 AND NOT folded FOR SHARE),
                    known AS (SELECT id FROM busbar.virtual_keys WHERE id = ANY ($2) OR id = ANY ($8) ORDER BY id FOR KEY SHARE),
                    windows AS (INSERT INTO busbar.usage_counters (key_id, window_start, epoch, spend_nanos, tokens, requests)
                      SELECT t.key_id, t.window_start, fence.epoch, t.spend_nanos, t.tokens, t.requests
                      FROM fence, unnest($2, $3, $4, $5, $6) AS t (key_id, window_start, spend_nanos, tokens, requests) JOIN known ON known.id = t.key_id
                      ON CONFLICT (window_start, key_id, epoch) DO UPDATE SET {Excluded("spend_nanos", "tokens", "requests")}),
                    days AS (INSERT INTO busbar.usage_daily (day, key_id, model, asked, labels, epoch, {string.Join(", ", DayColumns)})
                      SELECT t.day, t.key_id, t.model, t.asked, t.labels, fence.epoch, {string.Join(", ", DayColumns.Select(column => $"t.{column}"))}
                      FROM fence, unnest($7, $8, $9, $10, $11, {string.Join(", ", DayColumns.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $"${i + 12}")))})
                        AS t (day, key_id, model, asked, labels, {string.Join(", ", DayColumns)}) JOIN known ON known.id = t.key_id
                      ON CONFLICT (day, key_id, model, asked, labels, epoch) DO UPDATE SET {Excluded(DayColumns)})
                    SELECT count(*) FROM fence
                    """,
                    [
                        Epoch,
                        Column(windowSums, window => window.KeyId), Column(windowSums, window => window.WindowStart),
                        Column(windowSums, window => window.SpendNanos),
                        Column(windowSums, window => window.Tokens), Column(windowSums, window => window.Requests),
                        Column(daySums, day => day.Day), Column(daySums, day => day.KeyId), Column(daySums, day => day.Model),
                        Column(daySums, day => day.Asked), Column(daySums, day => day.Labels),
                        Column(daySums, day => day.Requests), Column(daySums, day => day.Estimated), Column(daySums, day => day.Unpriced),
                        Column(daySums, day => day.SpendNanos),
                        Column(daySums, day => day.Input), Column(daySums, day => day.CacheRead), Column(daySums, day => day.CacheWrite),
                        Column(daySums, day => day.CacheWriteLong),
                        Column(daySums, day => day.Output), Column(daySums, day => day.Reasoning), Column(daySums, day => day.AudioInput),
                        Column(daySums, day => day.AudioOutput),
                        Column(daySums, day => day.ImageOutput),
                    ]);
            });
            _totals.Wrote(windowSums, daySums);
        }

        PruneSometimes();
    }

    /// <inheritdoc/>
    public IReadOnlyList<DailyUsage> ReadUsage(string? keyId, long from, long until, int limit) => Do(connection => connection.Read(
        $"""
        SELECT day, key_id COLLATE "C" AS key, model COLLATE "C" AS name, asked COLLATE "C" AS word, labels COLLATE "C" AS marks, {PostgresLoader.Sums(DayColumns)} FROM busbar.usage_daily
        WHERE day >= $1 AND day < $2 {(keyId is null ? "" : "AND key_id = $4")} GROUP BY day, key, name, word, marks ORDER BY day, key, name, word, marks LIMIT $3
        """,
        row => new DailyUsage(
            row.Text(1), row.Text(2), row.Count(0), row.Count(5), row.Count(6), row.Count(7), row.Count(8), row.Count(9), row.Count(10),
            row.Count(11), row.Count(12),
            row.Count(13), row.Count(14), row.Count(15), row.Count(16), row.Count(17)) { Asked = row.Text(3), Labels = row.Text(4) },
        keyId is null ? [from, until, (long)limit] : [from, until, (long)limit, keyId]));

    private static (string Owner, string Key, long Start) At(in LimitUsage usage) => (usage.Owner, usage.Key, usage.WindowStart);

    private static string Excluded(params string[] columns) => string.Join(", ", columns.Select(column => $"{column} = excluded.{column}"));

    private static TValue[] Column<TRow, TValue>(IReadOnlyCollection<TRow> rows, Func<TRow, TValue> value)
    {
        var column = new TValue[rows.Count];
        int at = 0;
        foreach (TRow row in rows)
        {
            column[at++] = value(row);
        }

        return column;
    }

    // What differed in such characters alone becomes one row.
    private static IReadOnlyCollection<DailyUsage> Clean(IReadOnlyCollection<DailyUsage> days) =>
        days.All(day => ReferenceEquals(PostgresText.Clean(day.Asked), day.Asked) && ReferenceEquals(PostgresText.Clean(day.Labels), day.Labels))
            ? days
        : [.. days.Select(day => day with { Asked = PostgresText.Clean(day.Asked), Labels = PostgresText.Clean(day.Labels) })
            .GroupBy(day => (day.KeyId, day.Model, day.Asked, day.Labels, day.Day))
            .Select(rows => rows.Aggregate((sum, day) => sum.Plus(day)))];

    // Writes under this process's epoch. One that was silent for so long that others gave it up, and counted what it had written, goes on under a new
    // one.
    private void Settle(Func<NpgsqlConnection, long?> write)
    {
        if (Do(write) == 0)
        {
            Register();
            _totals.Clear();
            _others ??= [];
            foreach (((string, string, long) at, long used) in _own)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(_others, at, out _) += used;
            }

            _own.Clear();
            Do(write);
        }
    }
}
