namespace Busbar.Ir;

/// <summary>
/// What kind of failure a provider reported or caused. The first eleven are the words of <c>error_map</c>; the others are found out here.
/// </summary>
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

    /// <summary>The provider does not have the model, or no longer.</summary>
    ModelGone,

    /// <summary>The provider refuses what the request says: moderation, policy, a content filter.</summary>
    Content,

    /// <summary>The provider refused this call (402 or 403) and did not say that account or credential are to blame.</summary>
    Declined,

    /// <summary>The account cannot pay for this request, though perhaps for a smaller one.</summary>
    Unaffordable,

    /// <summary>The gateway's own identity gives no credential now.</summary>
    AuthUnavailable,

    /// <summary>This process ran out of descriptors, memory or disk space.</summary>
    Gateway,
}
