using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Microsoft.Data.Sqlite;

namespace Busbar.Governance.Store;

/// <summary>
/// Keys, usage and audit log in one SQLite file, which belongs to one process at a time. One connection, one call at a time; every change is a
/// transaction of its own. Durable against the death of the process; a loss of power may take the last commits, never the consistency (WAL,
/// synchronous=NORMAL).
/// </summary>
internal sealed partial class SqliteStore : IGovernanceStore
{
    /// <summary>Days for which usage by model and day is kept.</summary>
    public const int DaysKept = 400;

    /// <summary>
    /// Days after its beginning for which a budget window is kept; only the current one is ever read. Windows of <see cref="BudgetPeriod.Total"/>
    /// stay.
    /// </summary>
    public const int WindowDaysKept = 62;

    /// <summary>Entries of the audit log that are kept.</summary>
    public const int AuditKept = 100_000;

    private const string SmallCache = "PRAGMA cache_size = 32";
    private const string OrdinaryCache = "PRAGMA cache_size = -2000";
    private const int PruneAtOnce = 1000;
    private const long Day = 86_400;

    // From this size on, a start looks at the file with two threads.
    private const long LargeFile = 1 << 20;

    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PruneInterval = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly DatabaseLock _fileLock;
    private readonly SqliteConnection _database;
    private readonly TimeProvider _time;
    private readonly SqliteStatements _sql;
    private long _pruned;
    private bool _isClosed;
    private bool _hasTakenUntold;
    private (StoredGovernance Stored, long Day)? _ahead;

    private SqliteStore(string path, DatabaseLock fileLock, SqliteConnection database, TimeProvider time)
    {
        _path = path;
        _fileLock = fileLock;
        _database = database;
        _time = time;
        _sql = new SqliteStatements(database);
    }

    /// <summary>
    /// Opens or creates the database at <paramref name="path"/>, brings it up to <see cref="SqliteSchema.Version"/> and keeps other processes out.
    /// Throws <see cref="StoreException"/>, and has changed nothing in the tables, when that cannot be done; a file that is not a database of this
    /// program keeps its mode too.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="time">For the age of what is pruned.</param>
    /// <param name="patience">How long to wait for another program's lock; 5 s when null.</param>
    public static SqliteStore Open(string path, TimeProvider time, TimeSpan? patience = null)
    {
        DatabaseLock? fileLock = null;
        SqliteConnection? database = null;
        SqliteStore? store = null;
        try
        {
            if (DatabaseFile.Misplacement(path) is { } misplacement)
            {
                throw new IOException(misplacement);
            }

            string file = DatabaseFile.Resolve(path);
            fileLock = DatabaseFile.Lock(file)
                ?? throw new InvalidDataException(
                    "is in use by another busbar process; stop that one, or give this one a file of its own in governance.db_path");

            // After the lock: to close any handle of the file takes away the locks that SQLite holds on it in this process.
            if (DatabaseFile.Refusal(file) is { } refusal)
            {
                throw new IOException(refusal);
            }

            DatabaseFile.Make(file);
            database = Connect(file, patience ?? DefaultPatience);
            long version = SqliteSchema.VersionOf(database);

            // Not before it is known to be a database of this program: the mode of another file is not ours to change.
            fileLock.Keep();
            DatabaseFile.Protect(file);
            UseJournal(database);
            SqliteSchema.Upgrade(database, version);
            store = new SqliteStore(path, fileLock, database, time);
            if (new FileInfo(file).Length < LargeFile)
            {
                Check(database, SqliteSchema.Version);
            }
            else
            {
                store.CheckAndRead(file, patience ?? DefaultPatience);
            }

            database.Execute("PRAGMA foreign_keys = ON");
            return store;
        }
        catch (Exception problem) when (problem is SqliteException || DatabaseFile.IsRefusal(problem) || problem is InvalidDataException)
        {
            store?.Dispose();
            database?.Dispose();
            fileLock?.Dispose();
            throw Explain(path, problem);
        }
    }

    /// <summary>
    /// Why a start with the database at <paramref name="path"/> would fail; null when it would not. Changes nothing and does not mind a process that
    /// has the database open.
    /// </summary>
    public static string? Refusal(string path)
    {
        try
        {
            if (DatabaseFile.Refusal(path) is { } refusal)
            {
                throw new IOException(refusal);
            }

            string file = DatabaseFile.Resolve(path);
            if (!File.Exists(file))
            {
                return null;
            }

            using SqliteConnection database = Connect(file, DefaultPatience);
            long version = SqliteSchema.VersionOf(database);
            Check(database, version);
            if (version == SqliteSchema.Version)
            {
                SqliteLoader.Load(database, now: 0);
            }

            return null;
        }
        catch (Exception problem) when (problem is SqliteException || DatabaseFile.IsRefusal(problem) || problem is InvalidDataException)
        {
            return Explain(path, problem).Message;
        }
    }

    /// <inheritdoc/>
    public StoredGovernance Load(long now) => Do(() =>
    {
        StoredGovernance? ahead = _ahead is { } read && read.Day == BudgetWindow.DayOf(now) ? read.Stored : null;
        _ahead = null;
        return ahead ?? SqliteLoader.Load(_database, now);
    });

    /// <inheritdoc/>
    public void Append(AuditEntry entry)
    {
        Change(() => _sql.AppendAudit.Run(entry.At, entry.Action, entry.Subject, entry.Detail, entry.Source));
        PruneSometimes();
    }

    /// <inheritdoc/>
    public IReadOnlyList<AuditEntry> ReadAudit(long before, int limit) => Do(() =>
        _sql.ReadAudit.Read(row => new AuditEntry(row.Count(0), row.Count(1), row.Text(2), row.Text(3), row.Text(4), row.Text(5)), before, limit));

    /// <summary>Shows each row of a query.</summary>
    public void Scan(string sql, Action<SqliteDataReader> show) => Do(() =>
    {
        using SqliteCommand query = _database.Prepare(sql);
        using SqliteDataReader reader = query.ExecuteReader();
        while (reader.Read())
        {
            show(reader);
        }

        return true;
    });

    /// <summary>Writes the journal into the file and lets another process have it.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (!_isClosed)
            {
                _isClosed = true;
                _database.Dispose();
                _fileLock.Dispose();
            }
        }
    }

    private static SqliteConnection Connect(string file, TimeSpan patience)
    {
        if (DatabaseFile.IsCutOff(file))
        {
            throw new InvalidDataException(SqliteFault.Damaged);
        }

        return SqliteLibrary.Connect(file, patience);
    }

    private static void UseJournal(SqliteConnection database)
    {
        if (database.Read("PRAGMA journal_mode = WAL", row => row.Text(0))[0] != "wal")
        {
            throw new InvalidDataException(
                "is on a file system that cannot share memory between processes, such as a network share; put it on a local disk");
        }

        database.Execute("PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864");
    }

    // Who may call and what is spent depends on two tables, which are looked through page by page; the others may be long.
    private static void Check(SqliteConnection database, long version)
    {
        foreach (string part in (ReadOnlySpan<string>)(version == 0 ? [""] : ["('virtual_keys')", "('usage_counters')"]))
        {
            if (database.Read($"PRAGMA quick_check{part}", row => row.Text(0)) is not ["ok"])
            {
                throw new InvalidDataException(SqliteFault.Damaged);
            }
        }
    }

    // The two long parts of a start: whether the file is sound is found out while it is read. Nobody gets what was read of one that is not.
    private void CheckAndRead(string file, TimeSpan patience)
    {
        using SqliteConnection second = Connect(file, patience);

        // Pages, each of which is looked at once.
        second.Execute(SmallCache);
        _database.Execute(SmallCache);
        Task check = Task.Factory.StartNew(() => Check(second, SqliteSchema.Version), CancellationToken.None, TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        long now = _time.GetUtcNow().ToUnixTimeSeconds();
        try
        {
            _ahead = (SqliteLoader.Load(_database, now), BudgetWindow.DayOf(now));
        }
        catch (Exception problem) when (problem is SqliteException or InvalidDataException)
        {
            // Said by whoever asks for it, if the file is sound.
        }
        finally
        {
            ((IAsyncResult)check).AsyncWaitHandle.WaitOne();
        }

        _database.Execute(OrdinaryCache);

        check.GetAwaiter().GetResult();
    }

    private static StoreException Explain(string path, Exception problem) => problem switch
    {
        SqliteException fault => SqliteFault.Explain(path, fault),
        InvalidDataException => new StoreException($"the database '{path}' {problem.Message}", problem),
        _ => new StoreException(
            $"the database '{path}' cannot be opened: {DatabaseFile.Reason(problem)}; set governance.db_path to a file in a directory that exists " +
            "and that this user may write", problem),
    };

    // Old rows go some at a time, so that no flush waits long for it. That nothing could be removed is no failure of the call that came by.
    private void PruneSometimes()
    {
        if (_pruned != 0 && _time.GetElapsedTime(_pruned) < PruneInterval)
        {
            return;
        }

        long now = _time.GetUtcNow().ToUnixTimeSeconds();
        bool isDone = true;
        try
        {
            isDone = Change(() =>
                _sql.PruneDays.Run(now - (DaysKept * Day), PruneAtOnce)
                + _sql.PruneWindows.Run(now - (WindowDaysKept * Day), PruneAtOnce)
                + _sql.PruneAlerts.Run(now - (DaysKept * Day), PruneAtOnce)
                + _sql.PruneCounts.Run(now - (DaysKept * Day), PruneAtOnce)
                + _sql.PruneAudit.Run(AuditKept, PruneAtOnce)) < PruneAtOnce;
        }
        catch (StoreException)
        {
        }

        if (isDone)
        {
            _pruned = _time.GetTimestamp();
        }
    }

    private T Change<T>(Func<T> work) => Do(() =>
    {
        _ahead = null;
        _sql.Begin.Run();
        try
        {
            T result = work();
            _sql.Commit.Run();
            return result;
        }
        catch
        {
            // Some failures of SQLite have ended the transaction already.
            if (_database.IsInTransaction())
            {
                _sql.Rollback.Run();
            }

            throw;
        }
    });

    private T Do<T>(Func<T> work)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                throw new StoreException($"the database '{_path}' is closed");
            }

            try
            {
                return work();
            }
            catch (Exception problem) when (problem is SqliteException or InvalidDataException)
            {
                throw Explain(_path, problem);
            }
        }
    }
}
