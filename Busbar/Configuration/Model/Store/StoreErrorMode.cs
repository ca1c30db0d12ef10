namespace Busbar.Configuration.Model.Store;

/// <summary>What an unreadable budget window means for a request.</summary>
internal enum StoreErrorMode : byte
{
    /// <summary>It is admitted, with a warning.</summary>
    Open,

    /// <summary>It is refused.</summary>
    Closed,
}
