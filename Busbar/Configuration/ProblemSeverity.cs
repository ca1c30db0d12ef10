namespace Busbar.Configuration;

/// <summary>Whether a problem keeps the gateway from starting.</summary>
internal enum ProblemSeverity : byte
{
    /// <summary>It starts, and says so.</summary>
    Warning,

    /// <summary>It does not start.</summary>
    Error,
}
