namespace Busbar.Admin.Process;

/// <summary>How a health check ended.</summary>
/// <param name="Ok">Whether the provider answered as it should.</param>
/// <param name="Status">Its HTTP status; 0 when there was none.</param>
/// <param name="Fault">What was wrong, in a word or two; null when nothing was.</param>
internal readonly record struct ProbeOutcome(bool Ok, int Status, string? Fault);
