namespace Busbar.Governance.Budgets;

/// <summary>What a request may come to use, as far as can be told before it is sent.</summary>
/// <param name="InputTokens">At most about so many input tokens.</param>
/// <param name="OutputTokens">At most so many output tokens, all candidates together.</param>
/// <param name="IsOpenEnded">Whether nothing limits the output that is known, so that <paramref name="OutputTokens"/> is a guess.</param>
/// <param name="Ceiling">What they cost at most, nano-dollars, fee included; 0 where nobody asks.</param>
/// <param name="Floor">What the input costs at most, fee included; 0 where nobody asks.</param>
internal readonly record struct Estimate(long InputTokens, long OutputTokens, bool IsOpenEnded, long Ceiling = 0, long Floor = 0);
