namespace Busbar.Reliability.Breaker;

/// <summary>A breaker cell as statistics show it.</summary>
/// <param name="Pool">Pool; empty for the model's direct route.</param>
/// <param name="State">State.</param>
/// <param name="CooldownRemaining">What is left of the cooldown; zero when none.</param>
/// <param name="Streak">Failures in a row.</param>
/// <param name="Window">Recent outcomes.</param>
internal readonly record struct CellView(string Pool, BreakerState State, TimeSpan CooldownRemaining, int Streak, WindowTotals Window);
