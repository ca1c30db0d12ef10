using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Microsoft.Data.Sqlite;

namespace Busbar.Tests.Governance;

/// <summary>A directory of a test's own for one database, with a way past the store to its content.</summary>
internal sealed class StoreDirectory : IDisposable
{
    /// <summary>2026-03-15, noon, UTC.</summary>
    public const long Now = 1_773_576_000;

    private readonly string _directory = Directory.CreateTempSubdirectory("busbar-store-").FullName;

    /// <summary>Its path.</summary>
    public string Folder => _directory;

    /// <summary>Where the database is.</summary>
    public string File => Path.Combine(_directory, "governance.db");

    /// <summary>Opens it.</summary>
    public SqliteStore Open(TimeProvider? time = null) => SqliteStore.Open(File, time ?? TimeProvider.System, TimeSpan.FromMilliseconds(20));

    /// <summary>Opens it, which must fail; gives the message.</summary>
    public string Refusal()
    {
        StoreException refusal = Assert.Throws<StoreException>(() => Open().Dispose());
        Assert.Contains(File, refusal.Message);
        Assert.DoesNotContain('\n', refusal.Message);
        return refusal.Message;
    }

    /// <summary>Opens and loads it, one of which must fail; gives the message.</summary>
    public string LoadRefusal()
    {
        StoreException refusal = Assert.Throws<StoreException>(() =>
        {
            using SqliteStore store = Open();
            store.Load(Now);
        });
        Assert.Contains(File, refusal.Message);
        Assert.DoesNotContain('\n', refusal.Message);
        return refusal.Message;
    }

    /// <summary>Another program's connection to the file.</summary>
    public SqliteConnection Connect()
    {
        // The product sets up the SQLite library.
        System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(typeof(SqliteLibrary).TypeHandle);
        var connection = new SqliteConnection($"Data Source={File};Pooling=False;Default Timeout=1");
        connection.Open();
        return connection;
    }

    /// <summary>Runs statements past the store.</summary>
    public void Run(string sql)
    {
        using SqliteConnection connection = Connect();
        Run(connection, sql);
    }

    /// <summary>Runs statements on another program's connection.</summary>
    public static void Run(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>First value of the first row, past the store.</summary>
    public object? Scalar(string sql)
    {
        using SqliteConnection connection = Connect();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    /// <summary>A key with a digest, and so an id, of its own.</summary>
    public static VirtualKey Key(string secret, BudgetPeriod period = BudgetPeriod.Total, long createdAt = Now)
    {
        KeyDigest digest = KeyDigest.Of(secret);
        return new VirtualKey { Id = digest.ToKeyId(), Digest = digest, Name = secret, Period = period, CreatedAt = createdAt };
    }

    /// <summary>What the store holds, in a form that can be compared.</summary>
    public static string Describe(IGovernanceStore store) => string.Join('\n',
        store.Load(Now).Windows.OrderBy(window => window.KeyId, StringComparer.Ordinal).Select(window => window.ToString())
            .Concat(store.ReadUsage(null, 0, long.MaxValue, int.MaxValue).Select(day => day.ToString())));

    /// <inheritdoc/>
    public void Dispose() => System.IO.Directory.Delete(_directory, recursive: true);
}
