namespace Busbar.Ir.Request;

/// <summary>Effort words, in rising order.</summary>
internal enum ReasoningEffort : byte
{
    /// <summary>The caller did not say.</summary>
    Unspecified,

    /// <summary><c>none</c>: explicitly no thinking.</summary>
    None,

    /// <summary><c>minimal</c>.</summary>
    Minimal,

    /// <summary><c>low</c>.</summary>
    Low,

    /// <summary><c>medium</c>.</summary>
    Medium,

    /// <summary><c>high</c>.</summary>
    High,

    /// <summary><c>xhigh</c>.</summary>
    XHigh,

    /// <summary><c>max</c>.</summary>
    Max,
}
