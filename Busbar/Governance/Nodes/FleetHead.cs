namespace Busbar.Governance.Nodes;

/// <summary>How far everybody has come.</summary>
/// <param name="Changes">Number of the last change of keys and groups.</param>
/// <param name="Facts">Number of the last <see cref="SharedFact"/>.</param>
internal readonly record struct FleetHead(long Changes, long Facts);
