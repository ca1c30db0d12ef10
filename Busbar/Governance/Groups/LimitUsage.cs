namespace Busbar.Governance.Groups;

/// <summary>What is used up of a limit in one window: the whole, so that to store it twice changes nothing.</summary>
/// <param name="Owner">Id of the group or key.</param>
/// <param name="Key">The limit's <see cref="Limit.Key"/>.</param>
/// <param name="WindowStart">Epoch second.</param>
/// <param name="Used">Nano-dollars, or a number.</param>
internal readonly record struct LimitUsage(string Owner, string Key, long WindowStart, long Used);
