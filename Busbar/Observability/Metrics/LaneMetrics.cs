using Busbar.Ir;
using Busbar.Ir.Request;

namespace Busbar.Observability.Metrics;

/// <summary>
/// The counters of one lane in one pool. Each series is made when it is first moved; from then on moving it allocates and locks nothing.
/// </summary>
internal sealed class LaneMetrics(Metrics metrics, string pool, string lane, string model)
{
    private readonly Counter?[] _failures = new Counter?[Metrics.Dispositions.Length];
    private readonly Counter?[] _tokens = new Counter?[Metrics.TokenKinds.Length];
    private Counter? _attempts;
    private Counter? _cost;
    private Counter? _unpriced;

    /// <summary>Upstream calls.</summary>
    public Counter Attempts => _attempts ??= metrics.Attempts.Get(pool, lane);

    /// <summary>Counts a failed call.</summary>
    public void Failure(FailoverReason reason) => (_failures[(int)reason] ??= metrics.Failures.Get(pool, lane, Metrics.Dispositions[(int)reason]))
        .Add();

    /// <summary>Counts the tokens of an answer, each token as one kind.</summary>
    public void Tokens(in Usage usage)
    {
        Tokens(0, usage.Input);
        Tokens(1, usage.CacheRead);
        Tokens(2, usage.CacheWrite);
        Tokens(3, usage.Output - usage.Reasoning);
        Tokens(4, usage.Reasoning);
    }

    /// <summary>Counts what a key was charged, in nano-dollars.</summary>
    public void Cost(long nanos)
    {
        if (nanos > 0)
        {
            (_cost ??= metrics.Cost.Get(pool, lane, model)).Add(nanos);
        }
    }

    /// <summary>Counts a request of a key for which no price was known.</summary>
    public void Unpriced() => (_unpriced ??= metrics.Unpriced.Get(pool, lane, model)).Add();

    private void Tokens(int kind, long count)
    {
        if (count > 0)
        {
            (_tokens[kind] ??= metrics.Tokens.Get(pool, lane, model, Metrics.TokenKinds[kind])).Add(count);
        }
    }
}
