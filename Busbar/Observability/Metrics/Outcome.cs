namespace Busbar.Observability.Metrics;

/// <summary>How a request ended; the values of the <c>outcome</c> label.</summary>
internal enum Outcome : byte
{
    /// <summary>2xx, and a stream that ended properly.</summary>
    Ok,

    /// <summary>4xx, or the client went away.</summary>
    ClientError,

    /// <summary>503: nothing could serve it.</summary>
    Exhausted,

    /// <summary>Everything else.</summary>
    Error,
}
