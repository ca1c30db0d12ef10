using Busbar.Governance.Store;

namespace Busbar.Governance.Nodes;

/// <summary>
/// Another node has changed what was to be edited, or what it refers to; nothing was done. The edit is to be made again on what is there now.
/// </summary>
internal sealed class StaleStoreException : StoreException
{
    /// <summary>Says so.</summary>
    public StaleStoreException(Exception? cause = null)
        : base("other nodes changed the same at the same time, again and again; try again", cause) => IsUnreachable = true;
}
