using Busbar.Reliability;
using Busbar.Reliability.Breaker;

namespace Busbar.Observability.Stats;

/// <summary>One breaker cell in <c>/stats</c>.</summary>
/// <param name="Pool">Pool; empty for the model's direct route.</param>
/// <param name="State"><c>closed</c>, <c>half_open</c> or <c>open</c>.</param>
/// <param name="CooldownRemainingS">Seconds of cooldown left.</param>
/// <param name="Streak">Failures in a row.</param>
/// <param name="WindowTotal">Outcomes in the window.</param>
/// <param name="WindowErrors">Failures among them.</param>
internal sealed record CellStats(string Pool, string State, double CooldownRemainingS, int Streak, long WindowTotal, long WindowErrors)
{
    /// <summary>A reading of <paramref name="cell"/>.</summary>
    public static CellStats Of(CellView cell) => new(
        cell.Pool,
        cell.State switch { BreakerState.Closed => "closed", BreakerState.HalfOpen => "half_open", _ => "open" },
        Math.Round(cell.CooldownRemaining.TotalSeconds, 3),
        cell.Streak,
        cell.Window.Total,
        cell.Window.Errors);
}
