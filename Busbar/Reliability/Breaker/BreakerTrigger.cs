namespace Busbar.Reliability.Breaker;

/// <summary>What can move a breaker cell.</summary>
internal enum BreakerTrigger : byte
{
    /// <summary>A caller wants in.</summary>
    Enter,

    /// <summary>A call failed through the provider's fault.</summary>
    Failure,

    /// <summary>A call succeeded.</summary>
    Success,

    /// <summary>The holder of the probe goes without a verdict.</summary>
    GiveBack,

    /// <summary>A call that gave its probe back when its answer began came to a good end.</summary>
    LateSuccess,

    /// <summary>A call that gave its probe back when its answer began broke off.</summary>
    LateFailure,

    /// <summary>The provider asks for a longer wait.</summary>
    Lengthen,

    /// <summary>The account or credential failed.</summary>
    HardDown,

    /// <summary>An active health check succeeded.</summary>
    Heal,
}
