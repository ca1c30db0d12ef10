namespace Busbar.Governance.Budgets;

/// <summary>What a request may come to use, as far as can be told before it is sent.</summary>
/// <param name="InputTokens">At most about so many input tokens.</param>
/// <param name="OutputTokens">At most so many output tokens, all candidates together.</param>
/// <param name="IsOpenEnded">Whether nothing limits the output that is known, so that <paramref name="OutputTokens"/> is a guess.</param>
internal readonly record struct Estimate(long InputTokens, long OutputTokens, bool IsOpenEnded);
