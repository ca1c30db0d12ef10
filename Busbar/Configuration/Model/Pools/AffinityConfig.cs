namespace Busbar.Configuration.Model.Pools;

/// <summary>The <c>affinity:</c> block of a pool.</summary>
internal sealed record AffinityConfig
{
    /// <summary>Header whose value is the session. Default <c>x-session-id</c>.</summary>
    public string HeaderName { get; init; } = "x-session-id";

    /// <summary>What is the session when the header is absent.</summary>
    public AffinityFallback Fallback { get; init; }
}
