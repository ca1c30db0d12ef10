using Busbar.Ir;

namespace Busbar.Governance.Budgets;

/// <summary>What a request is charged for when it ends.</summary>
/// <param name="Model">The configured model that answered.</param>
/// <param name="Fee">Whether the fee is due: the client's answer was a success.</param>
/// <param name="Usage">Tokens used; all zero when none are due.</param>
/// <param name="IsEstimated">Whether <paramref name="Usage"/> is an estimate because the provider reported none.</param>
/// <param name="Estimate">What stands in for <paramref name="Usage"/> where that is beyond all reason.</param>
internal readonly record struct Charge(string Model, bool Fee, Usage Usage, bool IsEstimated, Usage Estimate = default);
