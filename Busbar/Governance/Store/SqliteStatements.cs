using Busbar.Governance.Keys;
using Microsoft.Data.Sqlite;

namespace Busbar.Governance.Store;

/// <summary>Every statement that a store runs while it is open.</summary>
internal sealed class SqliteStatements
{
    /// <summary>Prepares them.</summary>
    public SqliteStatements(SqliteConnection connection)
    {
        Begin = connection.Prepare("BEGIN IMMEDIATE");
        Commit = connection.Prepare("COMMIT");
        Rollback = connection.Prepare("ROLLBACK");

        string[] columns = KeyRow.Columns.Split(", ");
        FindKey = connection.Prepare(
            "SELECT 1 FROM virtual_keys WHERE id = ?1 OR key_hash = ?2 OR key_hash = ?3 OR former_hash = ?2 OR former_hash = ?3 OR access_key_id = " +
            "?4 LIMIT 1");
        InsertKey = connection.Prepare(
            $"INSERT INTO virtual_keys ({KeyRow.Columns}) VALUES ({string.Join(", ", columns.Select((_, i) => $"?{i + 1}"))})");
        UpdateKey = connection.Prepare(
            $"UPDATE virtual_keys SET {string.Join(", ", columns.Select((column, i) => $"{column} = ?{i + 1}").Skip(1))} WHERE id = ?1");
        DeleteKey = connection.Prepare("DELETE FROM virtual_keys WHERE id = ?1");

        AddToWindow =
            connection.Prepare($"UPDATE usage_counters SET {Sums(3, "spend_nanos", "tokens", "requests")} WHERE window_start = ?2 AND key_id = ?1");
        NewWindow = connection.Prepare("""
            INSERT INTO usage_counters (key_id, window_start, spend_nanos, tokens, requests)
            SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM virtual_keys WHERE id = ?1)
            """);
        const string Counts =
            "requests, estimated, unpriced, spend_nanos, input, cache_read, cache_write, cache_write_long, output, reasoning, audio_input, " +
            "audio_output, image_output";
        AddToDay = connection.Prepare(
            $"UPDATE usage_daily SET {Sums(6, Counts.Split(", "))} WHERE day = ?1 AND key_id = ?2 AND model = ?3 AND asked = ?4 AND labels = ?5");
        NewDay = connection.Prepare($"""
            INSERT INTO usage_daily (day, key_id, model, asked, labels, {Counts})
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18 WHERE EXISTS (SELECT 1 FROM virtual_keys WHERE id = ?2)
            """);
        ReadDays = connection.Prepare(
            $"SELECT day, key_id, model, asked, labels, {Counts} FROM usage_daily WHERE day >= ?1 AND day < ?2 ORDER BY day, key_id, model, asked, " +
                "labels LIMIT ?3");
        ReadDaysOfKey = connection.Prepare(
            $"SELECT day, key_id, model, asked, labels, {Counts} FROM usage_daily WHERE key_id = ?1 AND day >= ?2 AND day < ?3 ORDER BY day, " +
                "model, asked, labels LIMIT ?4");

        ReadWindow = connection.Prepare("SELECT spend_nanos, tokens, requests FROM usage_counters WHERE window_start = ?2 AND key_id = ?1");
        AppendAudit = connection.Prepare("INSERT INTO audit_log (at, action, subject, detail, source) VALUES (?1, ?2, ?3, ?4, ?5)");
        ReadAudit = connection.Prepare("SELECT id, at, action, subject, detail, source FROM audit_log WHERE id < ?1 ORDER BY id DESC LIMIT ?2");

        InsertGroup =
            connection.Prepare(
            "INSERT INTO key_groups (id, name, parent_id, frozen, created_at, limits, child_limits) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
        UpdateGroup =
            connection.Prepare(
            "UPDATE key_groups SET name = ?2, parent_id = ?3, frozen = ?4, limits = ?6, child_limits = ?7 WHERE id = ?1 AND created_at = ?5");
        DeleteGroup = connection.Prepare("DELETE FROM key_groups WHERE id = ?1");
        PutCount = connection.Prepare("""
            INSERT INTO limit_counters (owner, limit_key, window_start, used) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (owner, limit_key, window_start) DO UPDATE SET used = excluded.used
            """);
        DeleteCounts = connection.Prepare("DELETE FROM limit_counters WHERE owner = ?1");
        NoteAlert = connection.Prepare("INSERT OR IGNORE INTO limit_alerts (owner, limit_key, window_start, percent, used, told) VALUES (?1, ?2, ?3, ?4, ?5, 0)");
        NoteTold = connection.Prepare("UPDATE limit_alerts SET told = 1 WHERE owner = ?1 AND limit_key = ?2 AND window_start = ?3 AND percent = ?4");
        DeleteAlerts = connection.Prepare("DELETE FROM limit_alerts WHERE owner = ?1");
        PruneAlerts = connection.Prepare("""
            DELETE FROM limit_alerts WHERE (owner, limit_key, window_start, percent) IN
              (SELECT owner, limit_key, window_start, percent FROM limit_alerts WHERE window_start > 0 AND window_start < ?1 LIMIT ?2)
            """);
        PruneCounts = connection.Prepare("""
            DELETE FROM limit_counters WHERE (owner, limit_key, window_start) IN
              (SELECT owner, limit_key, window_start FROM limit_counters WHERE window_start > 0 AND window_start < ?1 LIMIT ?2)
            """);

        PruneDays = connection.Prepare(
            "DELETE FROM usage_daily WHERE (day, key_id, model, asked, labels) IN (SELECT day, key_id, model, asked, labels FROM usage_daily WHERE " +
                "day < ?1 LIMIT ?2)");
        PruneWindows = connection.Prepare("""
            DELETE FROM usage_counters WHERE (window_start, key_id) IN
              (SELECT window_start, key_id FROM usage_counters WHERE window_start > 0 AND window_start < ?1 LIMIT ?2)
            """);
        PruneAudit =
            connection.Prepare(
            "DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log WHERE id <= (SELECT max(id) FROM audit_log) - ?1 LIMIT ?2)");
    }

    /// <summary>Begins a transaction that writes.</summary>
    public SqliteCommand Begin { get; }

    /// <summary>Ends it.</summary>
    public SqliteCommand Commit { get; }

    /// <summary>Undoes it.</summary>
    public SqliteCommand Rollback { get; }

    /// <summary>Whether any key has this id, one of these two digests, or this access key id.</summary>
    public SqliteCommand FindKey { get; }

    /// <summary>Takes <see cref="KeyRow.Columns"/>.</summary>
    public SqliteCommand InsertKey { get; }

    /// <summary>Takes <see cref="KeyRow.Columns"/>.</summary>
    public SqliteCommand UpdateKey { get; }

    /// <summary>Takes an id; usage goes with the key.</summary>
    public SqliteCommand DeleteKey { get; }

    /// <summary>Takes <see cref="WindowUsage"/> for a row that exists.</summary>
    public SqliteCommand AddToWindow { get; }

    /// <summary>Takes <see cref="WindowUsage"/> for a row that does not exist; does nothing when the key does not either.</summary>
    public SqliteCommand NewWindow { get; }

    /// <summary>Takes <see cref="DailyUsage"/> for a row that exists.</summary>
    public SqliteCommand AddToDay { get; }

    /// <summary>Takes <see cref="DailyUsage"/> for a row that does not exist; does nothing when the key does not either.</summary>
    public SqliteCommand NewDay { get; }

    /// <summary>Usage of all keys from one day to before another, at most so many rows.</summary>
    public SqliteCommand ReadDays { get; }

    /// <summary>The same for one key, which comes first.</summary>
    public SqliteCommand ReadDaysOfKey { get; }

    /// <summary>Sums of a key and a window.</summary>
    public SqliteCommand ReadWindow { get; }

    /// <summary>Takes an <see cref="AuditEntry"/> without its id.</summary>
    public SqliteCommand AppendAudit { get; }

    /// <summary>Entries below an id, at most so many.</summary>
    public SqliteCommand ReadAudit { get; }

    /// <summary>Takes a <see cref="Groups.Group"/>.</summary>
    public SqliteCommand InsertGroup { get; }

    /// <summary>Takes a <see cref="Groups.Group"/>.</summary>
    public SqliteCommand UpdateGroup { get; }

    /// <summary>Takes an id.</summary>
    public SqliteCommand DeleteGroup { get; }

    /// <summary>Takes a <see cref="Groups.LimitUsage"/>.</summary>
    public SqliteCommand PutCount { get; }

    /// <summary>Removes the counts of an owner.</summary>
    public SqliteCommand DeleteCounts { get; }

    /// <summary>Takes a <see cref="Groups.LimitAlert"/>; changes nothing when it is there.</summary>
    public SqliteCommand NoteAlert { get; }

    /// <summary>Notes that an alert was told.</summary>
    public SqliteCommand NoteTold { get; }

    /// <summary>Removes the alerts of an owner.</summary>
    public SqliteCommand DeleteAlerts { get; }

    /// <summary>Removes alerts of windows that began before a time, at most so many.</summary>
    public SqliteCommand PruneAlerts { get; }

    /// <summary>Removes counts of windows that began before a time, at most so many.</summary>
    public SqliteCommand PruneCounts { get; }

    /// <summary>Removes days before one, at most so many rows.</summary>
    public SqliteCommand PruneDays { get; }

    /// <summary>Removes windows that began before a time, at most so many.</summary>
    public SqliteCommand PruneWindows { get; }

    /// <summary>Removes all but so many of the newest entries, at most so many.</summary>
    public SqliteCommand PruneAudit { get; }

    // SQLite would turn a sum beyond 64 bits into a floating-point number. A value that cannot be read was taken for zero when it was loaded.
    private static string Sums(int first, params string[] columns) => string.Join(", ", columns.Select((column, i) =>
        $"{column} = CASE WHEN typeof({column}) <> 'integer' OR {column} < 0 THEN ?{first + i} WHEN {column} > {long.MaxValue} - ?{first + i} " +
            $"THEN {long.MaxValue} ELSE {column} + ?{first + i} END"));
}
