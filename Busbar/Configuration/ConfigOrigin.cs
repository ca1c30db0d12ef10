namespace Busbar.Configuration;

/// <summary>Where a value of a configuration was written.</summary>
/// <param name="Location">The place in the file.</param>
/// <param name="Variables">Environment variables that stand in the value there; empty for none.</param>
internal sealed record ConfigOrigin(SourceLocation Location, IReadOnlyList<string> Variables);
