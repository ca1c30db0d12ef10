using Busbar.Governance.Groups;

namespace Busbar.Import.Draft;

/// <summary>A group as it will be stored.</summary>
/// <param name="Group">The group, its id included.</param>
/// <param name="SpentNanos">What it has spent in the current window of its budget, nano-dollars.</param>
internal sealed record DraftGroup(Group Group, long SpentNanos);
