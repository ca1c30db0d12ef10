using Busbar.Reliability.Breaker;

namespace Busbar.Observability.Live;

/// <summary>A change of a breaker's state.</summary>
/// <param name="AtMs">When, Unix milliseconds.</param>
/// <param name="Pool">The pool; the model's own name for its direct route.</param>
/// <param name="From">State before.</param>
/// <param name="To">State after.</param>
/// <param name="Reason">Why, in a few fixed words.</param>
/// <param name="CooldownS">How long the lane is left alone, seconds.</param>
internal readonly record struct BreakerMoment(long AtMs, string Pool, BreakerState From, BreakerState To, string Reason, double CooldownS);
