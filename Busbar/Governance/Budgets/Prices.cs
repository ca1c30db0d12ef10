using Busbar.Ir;

namespace Busbar.Governance.Budgets;

/// <summary>
/// What one request costs: a fee in micro-cents (a millionth of a cent), and for each kind of token a price in nano-cents, which is a thousandth of
/// "cents per million tokens", the unit that providers publish.
/// </summary>
internal readonly record struct Prices(long FeeMicroCents, long Input, long CacheRead, long CacheWrite, long Output, long Reasoning)
{
    /// <summary>More tokens than this in one request, a hundred times the longest context there is, are a provider's mistake or malice.</summary>
    public const long MostTokens = 1L << 30;

    /// <summary>Fee and tokens together, micro-cents, rounded to the nearest; saturates.</summary>
    public long CostOf(in Usage usage) => Usage.Add(FeeMicroCents, CostOfTokens(usage));

    /// <summary>The tokens alone, micro-cents, rounded to the nearest; saturates.</summary>
    public long CostOfTokens(in Usage usage)
    {
        long reasoning = Math.Min(Clamp(usage.Reasoning), Clamp(usage.Output));
        Int128 nano = (Int128)Clamp(usage.Input) * Input
            + (Int128)Clamp(usage.CacheRead) * CacheRead
            + (Int128)Clamp(usage.CacheWrite) * CacheWrite
            + (Int128)(Clamp(usage.Output) - reasoning) * Output
            + (Int128)reasoning * Reasoning;
        Int128 micro = (nano + 500) / 1000;
        return micro > long.MaxValue ? long.MaxValue : (long)micro;
    }

    /// <summary>The most that <paramref name="input"/> tokens of any input kind and <paramref name="output"/> of any output kind can cost, fee included.</summary>
    public long CeilingOf(long input, long output)
    {
        Int128 nano = (Int128)Clamp(input) * Math.Max(Input, Math.Max(CacheRead, CacheWrite)) + (Int128)Clamp(output) * Math.Max(Output, Reasoning);
        Int128 micro = FeeMicroCents + ((nano + 999) / 1000);
        return micro > long.MaxValue ? long.MaxValue : (long)micro;
    }

    /// <summary>The higher of both, price by price.</summary>
    public static Prices Max(in Prices left, in Prices right) => new(
        Math.Max(left.FeeMicroCents, right.FeeMicroCents),
        Math.Max(left.Input, right.Input),
        Math.Max(left.CacheRead, right.CacheRead),
        Math.Max(left.CacheWrite, right.CacheWrite),
        Math.Max(left.Output, right.Output),
        Math.Max(left.Reasoning, right.Reasoning));

    /// <summary><paramref name="usage"/> with every count between 0 and <see cref="MostTokens"/>, and reasoning no more than output.</summary>
    public static Usage Bounded(in Usage usage, out bool isClamped)
    {
        isClamped = Math.Max(Math.Max(usage.Input, usage.Output), Math.Max(usage.CacheRead, usage.CacheWrite)) > MostTokens;
        Usage bounded = usage;
        bounded.Input = Clamp(usage.Input);
        bounded.CacheRead = Clamp(usage.CacheRead);
        bounded.CacheWrite = Clamp(usage.CacheWrite);
        bounded.CacheWriteLong = Math.Min(Clamp(usage.CacheWriteLong), bounded.CacheWrite);
        bounded.Output = Clamp(usage.Output);
        bounded.Reasoning = Math.Min(Clamp(usage.Reasoning), bounded.Output);
        return bounded;
    }

    private static long Clamp(long tokens) => Math.Clamp(tokens, 0, MostTokens);
}
