namespace Busbar.Governance.Groups;

/// <summary>What came of an edit of a group.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Node">The group; null when there is none.</param>
/// <param name="Limit">Of <see cref="GroupStatus.BelowUsed"/>: the limit.</param>
/// <param name="Used">Of <see cref="GroupStatus.BelowUsed"/>: what is used of it, in its unit.</param>
internal readonly record struct GroupReply(GroupStatus Status, GroupNode? Node = null, Limit? Limit = null, long Used = 0);
