using Busbar.Reliability.Selection;

namespace Busbar.Reliability;

/// <summary>What every snapshot of one process shares.</summary>
/// <param name="Clock">Clock of all cells.</param>
/// <param name="Random">Uniform in [0, 1), safe for concurrent calls.</param>
/// <param name="Events">Told of state changes.</param>
internal sealed record ReliabilityContext(MonotonicClock Clock, Func<double> Random, IReliabilityEvents Events)
{
    /// <summary>Where kept answers came from.</summary>
    public ResponseAffinity ResponseAffinity { get; } = new(Clock);

    /// <summary>What answers contained that no provider keeps.</summary>
    public AnswerStore Answers { get; } = new(Clock);
}
