namespace Busbar.Governance.Groups;

/// <summary>A threshold that was noted by a process which ended before anybody was told.</summary>
/// <param name="Owner">Id of the group or key.</param>
/// <param name="Key">The limit's <see cref="Limit.Key"/>.</param>
/// <param name="WindowStart">The window; of a rolling limit the day.</param>
/// <param name="Percent">The threshold.</param>
/// <param name="Used">What was used when it was noticed, in the limit's unit.</param>
internal readonly record struct UntoldAlert(string Owner, string Key, long WindowStart, int Percent, long Used);
