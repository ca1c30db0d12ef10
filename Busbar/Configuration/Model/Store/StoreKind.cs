namespace Busbar.Configuration.Model.Store;

/// <summary>Where keys and usage are kept.</summary>
internal enum StoreKind : byte
{
    /// <summary>In a file, for one process.</summary>
    Sqlite,

    /// <summary>In a database that any number of processes share.</summary>
    Postgres,
}
