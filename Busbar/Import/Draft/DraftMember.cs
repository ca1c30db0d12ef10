namespace Busbar.Import.Draft;

/// <summary>A member of a pool.</summary>
/// <param name="Target">The model.</param>
/// <param name="Weight">Share of the traffic, at least 1.</param>
/// <param name="ContextMax">Context size in tokens; null where nobody said.</param>
internal sealed record DraftMember(string Target, int Weight = 1, int? ContextMax = null);
