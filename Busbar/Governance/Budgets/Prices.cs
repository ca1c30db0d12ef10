using Busbar.Configuration.Model.Prices;
using Busbar.Ir;
using Busbar.Ir.Request;

namespace Busbar.Governance.Budgets;

/// <summary>What requests for one model cost one key.</summary>
/// <param name="FeeNanos">For each successful one, nano-dollars.</param>
/// <param name="Card">For tokens; null where nobody knows a price.</param>
internal readonly record struct Prices(long FeeNanos, RateCardConfig? Card)
{
    /// <summary>More tokens than this in one request, a hundred times the longest context there is, are a provider's mistake or malice.</summary>
    public const long MaxTokens = 1L << 30;

    private const int PicosPerNano = 1000;

    /// <summary>
    /// The tokens of a request, nano-dollars, rounded to the nearest; saturates. Not <paramref name="isPriced"/> when they have no price, or none in
    /// the tier that served them: then they cost nothing, or what the ordinary tier costs.
    /// </summary>
    public long CostOfTokens(in Usage usage, out bool isPriced)
    {
        isPriced = false;
        if (Card is null)
        {
            isPriced = usage.Total == 0;
            return 0;
        }

        isPriced = Card.TryFind(usage.TotalInput, usage.Tier, out Rates rates);
        Usage counts = Bounded(usage, out _);
        Int128 pico = (Int128)(counts.Input - counts.AudioInput) * rates.Input
            + (Int128)counts.AudioInput * rates.AudioInput
            + (Int128)counts.CacheRead * rates.CacheRead
            + (Int128)(counts.CacheWrite - counts.CacheWriteLong) * rates.CacheWrite
            + (Int128)counts.CacheWriteLong * rates.CacheWriteLong
            + (Int128)(counts.Output - counts.Reasoning - counts.AudioOutput - counts.ImageOutput) * rates.Output
            + (Int128)counts.Reasoning * rates.Reasoning
            + (Int128)counts.AudioOutput * rates.AudioOutput
            + (Int128)counts.ImageOutput * rates.ImageOutput;
        return Saturated((pico + (PicosPerNano / 2)) / PicosPerNano);
    }

    /// <summary>
    /// The most, nano-dollars, that a request with up to <paramref name="input"/> tokens of any input kind and <paramref name="output"/> of any
    /// output kind can cost, fee included, whatever tier serves it.
    /// </summary>
    public long CeilingOf(long input, long output)
    {
        Int128 highest = 0;
        (input, output) = (Clamp(input), Clamp(output));
        for (int i = 0; Card is not null && i < Card.Steps.Count && (i == 0 || input > Card.Steps[i].Above); i++)
        {
            Rates rates = Card.Steps[i].Highest;
            highest = Int128.Max(highest, (Int128)input * rates.MaxInput + (Int128)output * rates.MaxOutput);
        }

        return Saturated(FeeNanos + ((highest + PicosPerNano - 1) / PicosPerNano));
    }

    /// <summary><paramref name="usage"/> with every count between 0 and <see cref="MaxTokens"/>, and no part larger than its whole.</summary>
    public static Usage Bounded(in Usage usage, out bool isClamped)
    {
        isClamped = Math.Max(Math.Max(usage.Input, usage.Output), Math.Max(usage.CacheRead, usage.CacheWrite)) > MaxTokens;
        Usage bounded = usage;
        bounded.Input = Clamp(usage.Input);
        bounded.AudioInput = Math.Min(Clamp(usage.AudioInput), bounded.Input);
        bounded.CacheRead = Clamp(usage.CacheRead);
        bounded.CacheWrite = Clamp(usage.CacheWrite);
        bounded.CacheWriteLong = Math.Min(Clamp(usage.CacheWriteLong), bounded.CacheWrite);
        bounded.Output = Clamp(usage.Output);
        bounded.Reasoning = Math.Min(Clamp(usage.Reasoning), bounded.Output);
        bounded.AudioOutput = Math.Min(Clamp(usage.AudioOutput), bounded.Output - bounded.Reasoning);
        bounded.ImageOutput = Math.Min(Clamp(usage.ImageOutput), bounded.Output - bounded.Reasoning - bounded.AudioOutput);
        return bounded;
    }

    private static long Saturated(Int128 nanos) => nanos > long.MaxValue ? long.MaxValue : (long)nanos;

    private static long Clamp(long tokens) => Math.Clamp(tokens, 0, MaxTokens);
}
