namespace Busbar.Configuration.Model.Prices;

/// <summary>
/// A price for each kind of token, in pico-dollars a token. That is ten-thousandths of a cent for a million tokens, the finest that price lists tell.
/// </summary>
/// <param name="Input">Input of no other kind.</param>
/// <param name="Output">Output of no other kind.</param>
/// <param name="CacheRead">Input read from a cache.</param>
/// <param name="CacheWrite">Input written to a cache for some minutes.</param>
/// <param name="CacheWriteLong">Input written to a cache for longer.</param>
/// <param name="Reasoning">Output spent on reasoning.</param>
/// <param name="AudioInput">Sound that was heard.</param>
/// <param name="AudioOutput">Sound that was made.</param>
/// <param name="ImageOutput">Pictures that were made.</param>
internal readonly record struct Rates(
    long Input, long Output, long CacheRead, long CacheWrite, long CacheWriteLong, long Reasoning, long AudioInput, long AudioOutput,
    long ImageOutput)
{
    /// <summary>The highest price of anything on the input side.</summary>
    public long MaxInput => Math.Max(Math.Max(Input, AudioInput), Math.Max(CacheRead, Math.Max(CacheWrite, CacheWriteLong)));

    /// <summary>The highest price of anything on the output side.</summary>
    public long MaxOutput => Math.Max(Math.Max(Output, Reasoning), Math.Max(AudioOutput, ImageOutput));

    /// <summary>One price for every token.</summary>
    public static Rates Flat(long price) => new(price, price, price, price, price, price, price, price, price);

    /// <summary>The higher of both, kind by kind.</summary>
    public static Rates Max(in Rates left, in Rates right) => Zip(left, right, Math.Max);

    /// <summary>Every price at <paramref name="percent"/>, rounded to the nearest.</summary>
    public Rates At(int percent) => Zip(this, default, (price, _) => ((price * percent) + 50) / 100);

    /// <summary>Whether no price of this is above that of <paramref name="other"/>.</summary>
    public bool IsWithin(in Rates other) => Max(this, other) == other;

    private static Rates Zip(in Rates left, in Rates right, Func<long, long, long> pick) => new(
        pick(left.Input, right.Input),
        pick(left.Output, right.Output),
        pick(left.CacheRead, right.CacheRead),
        pick(left.CacheWrite, right.CacheWrite),
        pick(left.CacheWriteLong, right.CacheWriteLong),
        pick(left.Reasoning, right.Reasoning),
        pick(left.AudioInput, right.AudioInput),
        pick(left.AudioOutput, right.AudioOutput),
        pick(left.ImageOutput, right.ImageOutput));
}
