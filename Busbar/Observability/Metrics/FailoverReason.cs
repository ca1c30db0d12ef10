namespace Busbar.Observability.Metrics;

/// <summary>Why a request moved to another lane; the values of the <c>reason</c> label.</summary>
internal enum FailoverReason : byte
{
    /// <summary>No answer within the request's time.</summary>
    Timeout,

    /// <summary>No answer within the attempt's own time.</summary>
    AttemptTimeout,

    /// <summary>No connection.</summary>
    Connect,

    /// <summary>The provider failed in a way that passes.</summary>
    TransientUpstream,

    /// <summary>The account or credential failed.</summary>
    HardDown,

    /// <summary>The request did not fit.</summary>
    ContextLength,

    /// <summary>The provider does not have the model, or no longer.</summary>
    ModelGone,

    /// <summary>The provider refused the call (402 or 403) without a word about the account.</summary>
    Declined,

    /// <summary>The gateway's own identity gave no credential.</summary>
    AuthUnavailable,
}
