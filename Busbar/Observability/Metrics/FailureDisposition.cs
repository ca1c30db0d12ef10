namespace Busbar.Observability.Metrics;

/// <summary>What a failed upstream call was taken for; the values of the <c>disposition</c> label.</summary>
internal enum FailureDisposition : byte
{
    /// <summary>A failure that passes.</summary>
    TransientUpstream,

    /// <summary>Account or credential.</summary>
    HardDown,

    /// <summary>The request did not fit.</summary>
    ContextLength,

    /// <summary>No response headers within the attempt's own time.</summary>
    AttemptTimeout,

    /// <summary>The provider does not have the model, or no longer.</summary>
    ModelGone,

    /// <summary>The provider refused the call (402 or 403) without a word about the account.</summary>
    Declined,

    /// <summary>The gateway's own identity gave no credential.</summary>
    AuthUnavailable,
}
