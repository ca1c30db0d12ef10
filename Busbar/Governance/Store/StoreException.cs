namespace Busbar.Governance.Store;

/// <summary>
/// The store could not do what it was asked. The message is for the log and names the database, what failed and the remedy; it never reaches a
/// client.
/// </summary>
internal class StoreException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Whether the store is away and may come back by itself.</summary>
    public bool IsUnreachable { get; init; }
}
