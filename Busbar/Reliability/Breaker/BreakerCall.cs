namespace Busbar.Reliability.Breaker;

/// <summary>What a cell must know of the call whose outcome it records.</summary>
/// <param name="Caller">Hash of who asked; 0 where callers are not told apart.</param>
/// <param name="Began">When it began, on the cell's clock in milliseconds; 0 when that does not matter.</param>
/// <param name="HasYielded">It was a probe and gave that back when its answer began.</param>
internal readonly record struct BreakerCall(int Caller, long Began = 0, bool HasYielded = false);
