namespace Busbar.Gateway.Admission;

/// <summary>How the reading of a request body ended.</summary>
internal enum BodyEnd : byte
{
    /// <summary>All of it is there.</summary>
    Whole,

    /// <summary>It is larger than it may be, as declared or as counted.</summary>
    TooLarge,

    /// <summary>It was not there in time.</summary>
    TooSlow,

    /// <summary>It made room for others: its sender had proven nothing, and there were too many like it.</summary>
    Displaced,
}
