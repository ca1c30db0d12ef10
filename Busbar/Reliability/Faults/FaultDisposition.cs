namespace Busbar.Reliability.Faults;

/// <summary>What a failure means for the breaker and for the request.</summary>
internal enum FaultDisposition : byte
{
    /// <summary>Breaker: a failure in the cell of the routing pool, the provider's wait as a floor. Request: next lane.</summary>
    TransientUpstream,

    /// <summary>Breaker: every cell of the lane opens for the hard-down cooldown. Request: next lane.</summary>
    HardDown,

    /// <summary>Breaker: nothing, a probe goes back. Request: the answer is relayed.</summary>
    ClientFault,

    /// <summary>
    /// Breaker: nothing, a probe goes back. Request: next lane with a larger or unknown context; with none left, the native context error.
    /// </summary>
    ContextLength,

    /// <summary>Breaker: a failure; the third in a row, of different requests, is a hard-down. Request: one further lane.</summary>
    Declined,

    /// <summary>Through a pool: as <see cref="TransientUpstream"/>. Asked for directly: as <see cref="ClientFault"/>.</summary>
    ModelGone,

    /// <summary>Breaker: nothing, a probe goes back. Request: next lane.</summary>
    Nobody,
}
