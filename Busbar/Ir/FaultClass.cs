namespace Busbar.Ir;

/// <summary>What kind of failure a provider reported or caused; the nine classes of <c>error_map</c>.</summary>
internal enum FaultClass : byte
{
    /// <summary>Too many requests for the account or model.</summary>
    RateLimit,

    /// <summary>The provider has no capacity.</summary>
    Overloaded,

    /// <summary>The provider broke.</summary>
    ServerError,

    /// <summary>No answer in time.</summary>
    Timeout,

    /// <summary>No connection, or it was lost.</summary>
    Network,

    /// <summary>The credential was refused.</summary>
    Auth,

    /// <summary>The account cannot pay.</summary>
    Billing,

    /// <summary>The request is wrong.</summary>
    ClientError,

    /// <summary>The request is longer than the model's context.</summary>
    ContextLength,
}
