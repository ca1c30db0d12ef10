namespace Busbar.Reliability.Breaker;

/// <summary>What an outcome window holds.</summary>
/// <param name="Total">Outcomes.</param>
/// <param name="Errors">Failures among them.</param>
internal readonly record struct WindowTotals(int Total, int Errors);
