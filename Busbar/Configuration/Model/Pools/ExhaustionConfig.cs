namespace Busbar.Configuration.Model.Pools;

/// <summary>The <c>on_exhausted:</c> setting of a pool.</summary>
internal sealed record ExhaustionConfig
{
    /// <summary>What to do.</summary>
    public ExhaustionAction Action { get; init; }

    /// <summary>Target of <see cref="ExhaustionAction.FallbackPool"/>; null otherwise.</summary>
    public string? FallbackPool { get; init; }
}
