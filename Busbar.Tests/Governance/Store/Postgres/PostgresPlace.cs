using Busbar.Governance.Store;
using Busbar.Governance.Store.Postgres;

namespace Busbar.Tests.Governance.Store.Postgres;

/// <summary>A database of a test's own on the shared server.</summary>
internal sealed class PostgresPlace : IStorePlace
{
    /// <summary>Its address.</summary>
    public string Url { get; } = PostgresServer.Shared.NewDatabase();

    /// <summary>Its name.</summary>
    public string Name => Url[(Url.LastIndexOf('/') + 1)..];

    /// <summary>Opens it, as one more node.</summary>
    public PostgresStore OpenNode(TimeProvider? time = null)
        => PostgresStore.Open(PostgresServer.Config(Url), time ?? TimeProvider.System, patience: TimeSpan.Zero);

    /// <summary>Runs statements past the store.</summary>
    public void Run(string sql) => PostgresServer.Shared.Execute(Name, sql);

    /// <summary>First value of the first row, past the store.</summary>
    public object? Scalar(string sql) => PostgresServer.Shared.Scalar(Name, sql);

    /// <inheritdoc/>
    public long Rows(string table) => (long)Scalar($"SELECT count(*) FROM busbar.{table}")!;

    /// <inheritdoc/>
    public void Dispose() => PostgresServer.Shared.Execute("postgres", $"DROP DATABASE {Name} WITH (FORCE)");

    IGovernanceStore IStorePlace.Open(TimeProvider? time) => OpenNode(time);
}
