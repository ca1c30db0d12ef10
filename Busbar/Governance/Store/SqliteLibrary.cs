using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Busbar.Governance.Store;

/// <summary>The SQLite that is linked in, set up before the first connection is opened.</summary>
internal static class SqliteLibrary
{
    static SqliteLibrary()
    {
        raw.SetProvider(new SQLite3Provider_sqlite3());

        // Without a mutex for every value that is read: no connection is used by two threads at once.
        int code = raw.sqlite3_config(raw.SQLITE_CONFIG_MULTITHREAD);
        if (code != raw.SQLITE_OK)
        {
            throw new InvalidOperationException($"SQLite was set up before this program did it (error {code})");
        }
    }

    /// <summary>Its version, such as <c>3.40.1</c>.</summary>
    public static string Version => raw.sqlite3_libversion().utf8_to_string();

    /// <summary>
    /// Opens <paramref name="file"/>, which exists, for reading and writing; waits up to <paramref name="patience"/>, in whole seconds and at least
    /// one, for locks of other processes. Throws <see cref="SqliteException"/>.
    /// </summary>
    public static SqliteConnection Connect(string file, TimeSpan patience)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = file,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
            DefaultTimeout = Math.Max(1, (int)patience.TotalSeconds),
        }.ToString());
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
