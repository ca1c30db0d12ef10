using Busbar.Configuration.Model.Store;
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

    private readonly NpgsqlDataSource _source;
    private readonly PostgresConfig _config;
    private readonly TimeProvider _time;
    private readonly string _listens;
    private readonly RunningTotals _totals = new();
    private readonly Lock _writing = new();
    private readonly Lock _editing = new();
    private readonly SemaphoreSlim _turns = new(PostgresSource.MaxConnections);

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
