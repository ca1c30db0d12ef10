namespace Busbar.Configuration.Model.Pools;

/// <summary>What trips a breaker.</summary>
internal enum TripMode : byte
{
    /// <summary>The share of failures among recent outcomes.</summary>
    ErrorRate,

    /// <summary>Failures in a row.</summary>
    Consecutive,
}
