using System.Globalization;
using System.Runtime.InteropServices;
using Busbar.Configuration.Model.Store;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Governance.Nodes;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Busbar.Governance.Store.Postgres;

/// <summary>
/// Keys, usage and audit log in a PostgreSQL database that several nodes share. What a node has used is kept in rows of its own, under its epoch, and
/// usage is the sum over them. Every change of keys and groups is numbered, in the order in which the changes took effect.
/// </summary>
internal sealed partial class PostgresStore : IFleetStore
{
    private const int Attempts = 3;
    private const int PruneAtOnce = 1000;
    private const long Day = 86_400;

    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PruneInterval = TimeSpan.FromHours(1);
    /// <summary>What is counted by day.</summary>
    public static readonly string[] DayColumns =
        ["requests", "estimated", "unpriced", "spend_nanos", "input", "cache_read", "cache_write", "cache_write_long", "output", "reasoning",
            "audio_input", "audio_output", "image_output"];

    private readonly NpgsqlDataSource _source;
    private readonly PostgresConfig _config;
    private readonly TimeProvider _time;
    private readonly string _listens;
    private readonly RunningTotals _totals = new();
    private readonly Lock _writing = new();
    private readonly Lock _editing = new();
    private readonly SemaphoreSlim _turns = new(PostgresSource.MostConnections);

    // Counts of limits come as what all nodes had used when this one began, and its own since: only its own are written.
    private readonly Dictionary<(string Owner, string Key, long Start), long> _own = [];
    private Dictionary<(string Owner, string Key, long Start), long>? _others;
    private long _epoch;
    private long _position;
    private long _pruned;
    private bool _isClosed;

    private PostgresStore(NpgsqlDataSource source, PostgresConfig config, TimeProvider time, string listens)
    {
        _listens = listens;
        _source = source;
        _config = config;
        _time = time;
    }

    /// <inheritdoc/>
    public TimeSpan Pace { get; } = TimeSpan.FromMilliseconds(200);

    /// <inheritdoc/>
    public long Epoch => Interlocked.Read(ref _epoch);

    /// <summary>
    /// Connects, waits a while for a database that is away, brings the schema up to <see cref="PostgresSchema.Version"/> and registers this process
    /// as a node. Throws <see cref="StoreException"/> when that cannot be done.
    /// </summary>
    /// <param name="config">The database.</param>
    /// <param name="time">For the age of what is pruned.</param>
    /// <param name="listens">Where this process listens, for those who look at the fleet.</param>
    /// <param name="log">Is told what is waited for.</param>
    /// <param name="patience">How long to wait for a database that is away; 15 s when null.</param>
    public static PostgresStore Open(PostgresConfig config, TimeProvider time, string listens = "", ILogger? log = null, TimeSpan? patience = null)
    {
        PostgresAddress address = config.Address ?? throw new InvalidOperationException("the address was not checked");
        var store = new PostgresStore(PostgresSource.Create(address), config, time, listens);
        try
        {
            store.Prepare(patience ?? DefaultPatience, log);
            store.Register();

            // Before anything is read: what is changed from now on is followed, be it read by then or not.
            store.Position = store.ReadHead().Changes;
            return store;
        }
        catch
        {
            store._source.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public StoredGovernance Load(long now)
    {
        StoredGovernance stored = Do(connection =>
        {
            using NpgsqlTransaction snapshot = connection.BeginTransaction(System.Data.IsolationLevel.RepeatableRead);
            StoredGovernance stored = PostgresLoader.Load(connection, now);
            snapshot.Commit();
            return stored;
        });

        // Without a connection in hand: who writes waits for one. What is loaded again later has this node's own counts in it.
        lock (_writing)
        {
            _others ??= stored.LimitUsages.ToDictionary(usage => (usage.Owner, usage.Key, usage.WindowStart), usage => usage.Used);
        }

        return stored;
    }

    /// <inheritdoc/>
    public bool Insert(VirtualKey key) => Edit(FleetChange.Key, key.Id, connection =>
    {
        object?[] values = KeyRow.ValuesOf(key);
        if (connection.Number(
            "SELECT 1::bigint FROM busbar.virtual_keys WHERE id = $1 OR key_hash IN ($2, $3) OR former_hash IN ($2, $3) OR access_key_id = " +
                "$4 LIMIT 1",
            key.Id, values[1], values[10] ?? values[1], values[19] ?? "") is not null)
        {
            return false;
        }

        connection.Run($"INSERT INTO busbar.virtual_keys ({KeyRow.Columns}) VALUES ({Places(values.Length)})", Bound(values));
        return true;
    });

    /// <inheritdoc/>
    public bool Update(VirtualKey key) => Edit(FleetChange.Key, key.Id, connection =>
    {
        string[] columns = KeyRow.Columns.Split(", ");
        string assignments = string.Join(", ", columns.Select((column, i) => $"{column} = ${i + 1}").Skip(1));
        return connection.Run($"UPDATE busbar.virtual_keys SET {assignments} WHERE id = $1", Bound(KeyRow.ValuesOf(key))) == 1;
    });

    /// <inheritdoc/>
    public bool Delete(string id)
    {
        bool isDeleted = Edit(FleetChange.Key, id, connection =>
        {
            ForgetOwner(connection, id);
            return connection.Run("DELETE FROM busbar.virtual_keys WHERE id = $1", id) == 1;
        });
        lock (_writing)
        {
            _totals.Forget(id);
        }

        return isDeleted;
    }

    /// <inheritdoc/>
    public void InsertGroup(Group group) => Edit(FleetChange.Group, group.Id, connection => connection.Run(
        "INSERT INTO busbar.key_groups (id, name, parent_id, frozen, created_at, limits, child_limits) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        Bound(GroupRow.ValuesOf(group))) == 1);

    /// <inheritdoc/>
    public void UpdateGroup(Group group) => Edit(FleetChange.Group, group.Id, connection => connection.Run(
        "UPDATE busbar.key_groups SET name = $2, parent_id = $3, frozen = $4, limits = $6, child_limits = $7 WHERE id = $1 AND created_at = $5",
        Bound(GroupRow.ValuesOf(group))) == 1);

    /// <inheritdoc/>
    public void DeleteGroup(string id) => Edit(FleetChange.Group, id, connection =>
    {
        ForgetOwner(connection, id);
        return connection.Run("DELETE FROM busbar.key_groups WHERE id = $1", id) == 1;
    });

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
        return Do(connection => connection.Run(
            """
            INSERT INTO busbar.limit_alerts AS a (owner, limit_key, window_start, percent, epoch) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (owner, limit_key, window_start, percent) DO UPDATE SET epoch = excluded.epoch WHERE a.epoch = excluded.epoch AND $6
            """,
            owner, key, start, percent, Epoch, asksAgain) == 1);
    }

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

    /// <inheritdoc/>
    public void Append(AuditEntry entry)
    {
        Do(connection => connection.Run(
            "INSERT INTO busbar.audit_log (at, action, subject, detail, source) VALUES ($1, $2, $3, $4, $5)", entry.At, entry.Action,
            PostgresText.Clean(entry.Subject), PostgresText.Clean(entry.Detail), PostgresText.Clean(entry.Source)));
        PruneSometimes();
    }

    /// <inheritdoc/>
    public IReadOnlyList<AuditEntry> ReadAudit(long before, int limit) => Do(connection => connection.Read(
        "SELECT id, at, action, subject, detail, source FROM busbar.audit_log WHERE id < $1 ORDER BY id DESC LIMIT $2",
        row => new AuditEntry(row.Count(0), row.Count(1), row.Text(2), row.Text(3), row.Text(4), row.Text(5)), before, (long)limit));

    /// <summary>Says that this node has ended, if the database can be reached, and closes all connections.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isClosed, true))
        {
            return;
        }

        try
        {
            using NpgsqlConnection connection = _source.OpenConnection();
            connection.Run("UPDATE busbar.nodes SET ended = true, seen_at = now() WHERE epoch = $1", Epoch);
        }
        catch (Exception problem) when (PostgresFault.IsFault(problem))
        {
            // It will be known by its silence.
        }

        _source.Dispose();
    }

    private static (string Owner, string Key, long Start) At(in LimitUsage usage) => (usage.Owner, usage.Key, usage.WindowStart);

    private static string Places(int count) => string.Join(", ",
        Enumerable.Range(1, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"${i}")));

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

    // Numbers are 64 bits wide in every table.
    private static object?[] Bound(object?[] values) => [.. values.Select(value => value switch
    {
        int number => (long)number,
        uint number => (long)number,
        string text => PostgresText.Clean(text),
        _ => value,
    })];

    private static void ForgetOwner(NpgsqlConnection connection, string owner)
    {
        connection.Run("DELETE FROM busbar.limit_counters WHERE owner = $1", owner);
        connection.Run("DELETE FROM busbar.limit_alerts WHERE owner = $1", owner);
    }

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

    /// <summary>Does <paramref name="work"/> all or not at all, and takes the time for it that it needs.</summary>
    public T InOneTransaction<T>(Func<NpgsqlConnection, T> work) => Do(connection =>
    {
        using NpgsqlTransaction transaction = connection.BeginTransaction();
        T result = work(connection);
        transaction.Commit();
        return result;
    });

    private void Prepare(TimeSpan patience, ILogger? log)
    {
        long began = _time.GetTimestamp();
        for (bool isFirst = true; ; isFirst = false)
        {
            try
            {
                Do(PostgresSchema.Upgrade);
                return;
            }
            catch (StoreException problem) when (problem.IsUnreachable && _time.GetElapsedTime(began) < patience)
            {
                if (isFirst && log is not null)
                {
                    Waiting(log, problem.Message, (int)patience.TotalSeconds);
                }

                Thread.Sleep(Retry);
            }
        }
    }

    private void PruneSometimes()
    {
        if (_pruned != 0 && _time.GetElapsedTime(_pruned) < PruneInterval)
        {
            return;
        }

        long now = _time.GetUtcNow().ToUnixTimeSeconds();
        long old = now - (SqliteStore.DaysKept * Day);
        bool isDone = true;
        try
        {
            isDone = Do(connection =>
                Prune(connection, "usage_daily", "day < $1", old)
                + Prune(connection, "usage_counters", "window_start > 0 AND window_start < $1", now - (SqliteStore.WindowDaysKept * Day))
                + Prune(connection, "limit_alerts", "window_start > 0 AND window_start < $1", old)
                + Prune(connection, "limit_counters", "window_start > 0 AND window_start < $1", old)
                + connection.Run("DELETE FROM busbar.changes WHERE at < now() - interval '1 day'")
                + connection.Run("DELETE FROM busbar.facts WHERE until < $1", now)
                + Fold(connection)
                + Prune(connection, "audit_log", "id <= (SELECT max(id) FROM busbar.audit_log) - $1", SqliteStore.AuditKept)) < PruneAtOnce;
        }
        catch (StoreException)
        {
        }

        if (isDone)
        {
            _pruned = _time.GetTimestamp();
        }
    }

    private static int Prune(NpgsqlConnection connection, string table, string condition, long bound) => connection.Run(
        $"DELETE FROM busbar.{table} WHERE ctid = ANY (ARRAY (SELECT ctid FROM busbar.{table} WHERE {condition} LIMIT $2 FOR UPDATE SKIP LOCKED))",
        bound, (long)PruneAtOnce);

    [LoggerMessage(46, LogLevel.Warning, "{Reason}; the start waits up to {Seconds} s for it")]
    private static partial void Waiting(ILogger logger, string reason, int seconds);

    private T Do<T>(Func<NpgsqlConnection, T> work)
    {
        if (Volatile.Read(ref _isClosed))
        {
            throw new StoreException($"the database {_config.Address} is closed");
        }

        // Who waits for a connection inside the pool is woken by the thread pool, all of which may wait here.
        if (!_turns.Wait(Patience))
        {
            throw new StoreException(
                $"the database {_config.Address} is too slow: all connections were busy for {Patience.TotalSeconds} s") { IsUnreachable = true };
        }

        try
        {
            return Try(work);
        }
        finally
        {
            _turns.Release();
        }
    }

    private T Try<T>(Func<NpgsqlConnection, T> work)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                using NpgsqlConnection connection = _source.OpenConnection();
                return work(connection);
            }
            catch (PostgresException fault) when (attempt < Attempts
                && fault.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure)
            {
                // Undone, and nobody's fault.
            }
            catch (Exception problem) when (PostgresFault.IsFault(problem))
            {
                throw PostgresFault.Explain(_config, problem);
            }
        }
    }
}
