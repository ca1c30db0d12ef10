namespace Busbar.Governance.Sessions;

/// <summary>What a request holds of its session.</summary>
/// <param name="Counts">The session's counts; null where it holds nothing.</param>
/// <param name="Nanos">Money, nano-dollars.</param>
/// <param name="Tokens">Tokens.</param>
/// <param name="Bound">Money that it may use at most, nano-dollars.</param>
/// <param name="TokenBound">Tokens that it may use at most.</param>
internal readonly record struct SessionHold(SessionCounts? Counts, long Nanos, long Tokens, long Bound, long TokenBound);
