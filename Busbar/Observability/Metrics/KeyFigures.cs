namespace Busbar.Observability.Metrics;

/// <summary>What one virtual key has used of its budget window.</summary>
/// <param name="Key">Id of the key; never its name, its secret or a digest.</param>
/// <param name="SpendCents">Spent, cents.</param>
/// <param name="RemainingCents">Left of its budget, cents, at least 0; null when it has none.</param>
internal readonly record struct KeyFigures(string Key, double SpendCents, double? RemainingCents);
