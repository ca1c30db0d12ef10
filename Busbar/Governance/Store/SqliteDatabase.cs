using SQLitePCL;

namespace Busbar.Governance.Store;

/// <summary>An open SQLite file; one thread at a time. Every member throws <see cref="SqliteFailure"/> when SQLite fails.</summary>
internal sealed class SqliteDatabase : IDisposable
{
    static SqliteDatabase()
    {
        raw.SetProvider(new SQLite3Provider_sqlite3());

        // Without a mutex for every value that is read: no connection is used by two threads at once.
        raw.sqlite3_config(raw.SQLITE_CONFIG_MULTITHREAD);
    }

    private SqliteDatabase(sqlite3 handle) => Handle = handle;

    /// <summary>The version of the SQLite that is linked in, such as <c>3.40.1</c>.</summary>
    public static string LibraryVersion => raw.sqlite3_libversion().utf8_to_string();

    /// <summary>What SQLite knows it by.</summary>
    public sqlite3 Handle { get; }

    /// <summary>Whether a transaction is open.</summary>
    public bool IsInTransaction => raw.sqlite3_get_autocommit(Handle) == 0;

    /// <summary>Opens <paramref name="file"/>, which exists, for reading and writing; waits up to <paramref name="patience"/> for locks of other processes.</summary>
    public static SqliteDatabase Open(string file, TimeSpan patience)
    {
        int code = raw.sqlite3_open_v2(file, out sqlite3 handle, raw.SQLITE_OPEN_READWRITE, vfs: null);
        try
        {
            SqliteFailure.ThrowFor(code, handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }

        raw.sqlite3_busy_timeout(handle, (int)patience.TotalMilliseconds);
        return new SqliteDatabase(handle);
    }

    /// <summary>Runs statements without values.</summary>
    public void Execute(string sql) => SqliteFailure.ThrowFor(raw.sqlite3_exec(Handle, sql), Handle);

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();
}
