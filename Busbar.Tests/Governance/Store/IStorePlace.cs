using Busbar.Governance.Store;
using Busbar.Tests.Governance.Store.Postgres;

namespace Busbar.Tests.Governance.Store;

/// <summary>A place of a test's own for one database of some kind.</summary>
internal interface IStorePlace : IDisposable
{
    /// <summary>Opens it.</summary>
    IGovernanceStore Open(TimeProvider? time = null);

    /// <summary>Number of rows in a table, past the store.</summary>
    long Rows(string table);

    /// <summary>A place for the kind called <paramref name="kind"/>; skips the test where there can be none.</summary>
    static IStorePlace Of(string kind) => kind == "postgres" ? new PostgresPlace() : new SqlitePlace();

    private sealed class SqlitePlace : IStorePlace
    {
        private readonly StoreDirectory _directory = new();

        public IGovernanceStore Open(TimeProvider? time) => _directory.Open(time);

        public long Rows(string table) => (long)_directory.Scalar($"SELECT count(*) FROM {table}")!;

        public void Dispose() => _directory.Dispose();
    }
}
