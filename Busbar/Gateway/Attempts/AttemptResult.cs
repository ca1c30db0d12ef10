using Busbar.Gateway.OwnAnswers;
using Busbar.Ir;
using Busbar.Observability.Metrics;

namespace Busbar.Gateway.Attempts;

/// <summary>What came of one attempt.</summary>
/// <param name="End">Where the request goes from here.</param>
/// <param name="Reason">For <see cref="AttemptEnd.NextLane"/>: why the request moves on.</param>
/// <param name="Final">For <see cref="AttemptEnd.NextLane"/>: what the client is told if no lane is left; null for "no capacity".</param>
/// <param name="Native">For <see cref="AttemptEnd.NextLane"/>: what the provider itself said, which is told instead of
/// <paramref name="Final"/>.</param>
internal sealed record AttemptResult(AttemptEnd End, FailoverReason Reason = default, GatewayError? Final = null, NativeAnswer? Native = null)
{
    /// <summary>The client has its answer, good or bad.</summary>
    public static AttemptResult Answered { get; } = new(AttemptEnd.Answered);

    /// <summary>There is nobody to answer any more.</summary>
    public static AttemptResult ClientLeft { get; } = new(AttemptEnd.ClientLeft);
}
