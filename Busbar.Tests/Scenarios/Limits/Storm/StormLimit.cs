using Busbar.Governance.Groups;

namespace Busbar.Tests.Scenarios.Limits.Storm;

/// <summary>A limit of the storm.</summary>
/// <param name="Owner">Id of its group or key.</param>
/// <param name="Limit">It.</param>
/// <param name="Keys">The keys of the wave for which it holds.</param>
internal sealed record StormLimit(string Owner, Limit Limit, int[] Keys)
{
    // More than the last requests, which are not streamed, reserve of it.
    private const int Reserved = 64;

    /// <summary>Whether it counts a request for the second pool, or for the first.</summary>
    public bool Counts(bool isSide) => Limit.Scope is not { } scope || isSide == scope is "side" or "n";

    /// <summary>Whether so much being used leaves no room for a request.</summary>
    public bool IsUsedUp(long used) => Limit.Kind == LimitKind.Requests ? used >= Limit.Max : used > Limit.Max - Reserved;

    /// <summary>What a request with so many tokens comes to.</summary>
    public long UnitsOf(long tokens) => Limit.Kind switch { LimitKind.Budget => StormWave.Fee + tokens, LimitKind.Tokens => tokens, _ => 1 };
}
