using Busbar.Governance.Keys;

namespace Busbar.Governance.Store;

/// <summary>Every statement that a store runs while it is open.</summary>
internal sealed class SqliteStatements : IDisposable
{
    private readonly SqliteDatabase _database;
    private readonly List<SqliteStatement> _all = [];

    /// <summary>Prepares them.</summary>
    public SqliteStatements(SqliteDatabase database)
    {
        _database = database;
        Begin = Prepare("BEGIN IMMEDIATE");
        Commit = Prepare("COMMIT");
        Rollback = Prepare("ROLLBACK");

        string[] columns = SqliteKeyRow.Columns.Split(", ");
        LoadKeys = Prepare($"SELECT {SqliteKeyRow.Columns} FROM virtual_keys ORDER BY rowid");
        LastKey = Prepare("SELECT max(rowid) FROM virtual_keys");
        FileSize = Prepare("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
        LoadWindows = Prepare("SELECT key_id, window_start, spend_microcents, tokens, requests FROM usage_counters WHERE window_start IN (0, ?1, ?2)");
        FindKey = Prepare("SELECT 1 FROM virtual_keys WHERE id = ?1 OR key_hash = ?2 OR key_hash = ?3 OR former_hash = ?2 OR former_hash = ?3 OR access_key_id = ?4 LIMIT 1");
        InsertKey = Prepare($"INSERT INTO virtual_keys ({SqliteKeyRow.Columns}) VALUES ({string.Join(", ", columns.Select((_, i) => $"?{i + 1}"))})");
        UpdateKey = Prepare($"UPDATE virtual_keys SET {string.Join(", ", columns.Select((column, i) => $"{column} = ?{i + 1}").Skip(1))} WHERE id = ?1");
        DeleteKey = Prepare("DELETE FROM virtual_keys WHERE id = ?1");

        AddToWindow = Prepare($"UPDATE usage_counters SET {Sums(3, "spend_microcents", "tokens", "requests")} WHERE window_start = ?2 AND key_id = ?1");
        NewWindow = Prepare("""
            INSERT INTO usage_counters (key_id, window_start, spend_microcents, tokens, requests)
            SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM virtual_keys WHERE id = ?1)
            """);
        const string Counts = "requests, estimated, spend_microcents, input, cache_read, cache_write, output, reasoning";
        AddToDay = Prepare($"UPDATE usage_daily SET {Sums(4, Counts.Split(", "))} WHERE day = ?1 AND key_id = ?2 AND model = ?3");
        NewDay = Prepare($"""
            INSERT INTO usage_daily (day, key_id, model, {Counts})
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11 WHERE EXISTS (SELECT 1 FROM virtual_keys WHERE id = ?2)
            """);
        ReadDays = Prepare($"SELECT day, key_id, model, {Counts} FROM usage_daily WHERE day >= ?1 AND day < ?2 ORDER BY day, key_id, model LIMIT ?3");
        ReadDaysOfKey = Prepare($"SELECT day, key_id, model, {Counts} FROM usage_daily WHERE key_id = ?1 AND day >= ?2 AND day < ?3 ORDER BY day, model LIMIT ?4");

        AppendAudit = Prepare("INSERT INTO audit_log (at, action, subject, detail, source) VALUES (?1, ?2, ?3, ?4, ?5)");
        ReadAudit = Prepare("SELECT id, at, action, subject, detail, source FROM audit_log WHERE id < ?1 ORDER BY id DESC LIMIT ?2");

        PruneDays = Prepare("DELETE FROM usage_daily WHERE (day, key_id, model) IN (SELECT day, key_id, model FROM usage_daily WHERE day < ?1 LIMIT ?2)");
        PruneWindows = Prepare("""
            DELETE FROM usage_counters WHERE (window_start, key_id) IN
              (SELECT window_start, key_id FROM usage_counters WHERE window_start > 0 AND window_start < ?1 LIMIT ?2)
            """);
        PruneAudit = Prepare("DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log WHERE id <= (SELECT max(id) FROM audit_log) - ?1 LIMIT ?2)");
    }

    /// <summary>Begins a transaction that writes.</summary>
    public SqliteStatement Begin { get; }

    /// <summary>Ends it.</summary>
    public SqliteStatement Commit { get; }

    /// <summary>Undoes it.</summary>
    public SqliteStatement Rollback { get; }

    /// <summary>All keys, in the order in which they were inserted.</summary>
    public SqliteStatement LoadKeys { get; }

    /// <summary>The highest row id of any key; null when there is none.</summary>
    public SqliteStatement LastKey { get; }

    /// <summary>Bytes of the database.</summary>
    public SqliteStatement FileSize { get; }

    /// <summary>All windows that begin at 0 or at one of two times.</summary>
    public SqliteStatement LoadWindows { get; }

    /// <summary>Whether any key has this id, one of these two digests, or this access key id.</summary>
    public SqliteStatement FindKey { get; }

    /// <summary>Takes <see cref="SqliteKeyRow.Columns"/>.</summary>
    public SqliteStatement InsertKey { get; }

    /// <summary>Takes <see cref="SqliteKeyRow.Columns"/>.</summary>
    public SqliteStatement UpdateKey { get; }

    /// <summary>Takes an id; usage goes with the key.</summary>
    public SqliteStatement DeleteKey { get; }

    /// <summary>Takes <see cref="WindowUsage"/> for a row that exists.</summary>
    public SqliteStatement AddToWindow { get; }

    /// <summary>Takes <see cref="WindowUsage"/> for a row that does not exist; does nothing when the key does not either.</summary>
    public SqliteStatement NewWindow { get; }

    /// <summary>Takes <see cref="DailyUsage"/> for a row that exists.</summary>
    public SqliteStatement AddToDay { get; }

    /// <summary>Takes <see cref="DailyUsage"/> for a row that does not exist; does nothing when the key does not either.</summary>
    public SqliteStatement NewDay { get; }

    /// <summary>Usage of all keys from one day to before another, at most so many rows.</summary>
    public SqliteStatement ReadDays { get; }

    /// <summary>The same for one key, which comes first.</summary>
    public SqliteStatement ReadDaysOfKey { get; }

    /// <summary>Takes an <see cref="AuditEntry"/> without its id.</summary>
    public SqliteStatement AppendAudit { get; }

    /// <summary>Entries below an id, at most so many.</summary>
    public SqliteStatement ReadAudit { get; }

    /// <summary>Removes days before one, at most so many rows.</summary>
    public SqliteStatement PruneDays { get; }

    /// <summary>Removes windows that began before a time, at most so many.</summary>
    public SqliteStatement PruneWindows { get; }

    /// <summary>Removes all but so many of the newest entries, at most so many.</summary>
    public SqliteStatement PruneAudit { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SqliteStatement statement in _all)
        {
            statement.Dispose();
        }
    }

    // SQLite would turn a sum beyond 64 bits into a floating-point number. A value that cannot be read was taken for zero when it was loaded.
    private static string Sums(int first, params string[] columns) => string.Join(", ", columns.Select((column, i) =>
        $"{column} = CASE WHEN typeof({column}) <> 'integer' OR {column} < 0 THEN ?{first + i} WHEN {column} > {long.MaxValue} - ?{first + i} THEN {long.MaxValue} ELSE {column} + ?{first + i} END"));

    private SqliteStatement Prepare(string sql)
    {
        var statement = new SqliteStatement(_database, sql);
        _all.Add(statement);
        return statement;
    }
}
