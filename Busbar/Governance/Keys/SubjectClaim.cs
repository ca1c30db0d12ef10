using Busbar.Governance.Budgets;

namespace Busbar.Governance.Keys;

/// <summary>What is known of somebody who comes with a token of an issuer.</summary>
/// <param name="Issuer">The issuer.</param>
/// <param name="Subject">Who it is, among those of the issuer.</param>
/// <param name="Group">Id, path or name of the group; null to leave it as it is.</param>
/// <param name="Pools">Pools and models that may be used; empty for all; null to leave them as they are.</param>
internal sealed record SubjectClaim(string Issuer, string Subject, string? Group, IReadOnlyList<string>? Pools)
{
    /// <summary>Limits of a subject that is new.</summary>
    public long? MaxBudgetCents { get; init; }

    /// <inheritdoc cref="VirtualKey.Period"/>
    public BudgetPeriod Period { get; init; }

    /// <inheritdoc cref="VirtualKey.RpmLimit"/>
    public uint? RpmLimit { get; init; }

    /// <inheritdoc cref="VirtualKey.TpmLimit"/>
    public uint? TpmLimit { get; init; }

    /// <inheritdoc cref="VirtualKey.MaxConcurrent"/>
    public uint? MaxConcurrent { get; init; }
}
