namespace Busbar.Governance.Groups;

/// <summary>A threshold of a limit that was reached.</summary>
/// <param name="Owner">Id of the group or key.</param>
/// <param name="Limit">The limit.</param>
/// <param name="WindowStart">The window; of a rolling limit the day.</param>
/// <param name="Percent">The threshold.</param>
/// <param name="Used">What was used when it was noticed, in the limit's unit.</param>
internal readonly record struct LimitAlert(string Owner, Limit Limit, long WindowStart, int Percent, long Used);
