using Busbar.Governance.Budgets;
using Busbar.Ir;

namespace Busbar.Tests.Governance;

/// <summary>What a test charges a request for.</summary>
internal readonly record struct Charge(string Model, bool Fee, Usage Usage, bool IsEstimated)
{
    /// <summary>Settles <paramref name="reservation"/> with it.</summary>
    public void Settle(Reservation reservation) => reservation.Settle(Model, Fee, Usage, IsEstimated);
}
