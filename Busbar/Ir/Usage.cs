using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Ir;

/// <summary>
/// Tokens of one exchange in canonical form: <see cref="Input"/> excludes cached tokens, which are counted beside it;
/// <see cref="Reasoning"/> is part of <see cref="Output"/>. All counts are non-negative.
/// </summary>
internal struct Usage
{
    /// <summary>Uncached input tokens.</summary>
    public long Input;

    /// <summary>Input tokens served from a prompt cache.</summary>
    public long CacheRead;

    /// <summary>Input tokens written to a prompt cache.</summary>
    public long CacheWrite;

    /// <summary>The part of <see cref="CacheWrite"/> with the long lifetime.</summary>
    public long CacheWriteLong;

    /// <summary>Output tokens, reasoning included.</summary>
    public long Output;

    /// <summary>The part of <see cref="Output"/> spent on reasoning.</summary>
    public long Reasoning;

    /// <summary>The part of <see cref="Input"/> that was sound.</summary>
    public long AudioInput;

    /// <summary>The part of <see cref="Output"/> that is sound.</summary>
    public long AudioOutput;

    /// <summary>The part of <see cref="Output"/> that is pictures.</summary>
    public long ImageOutput;

    /// <summary>The tier of service that the provider named.</summary>
    public ServedTier Tier;

    /// <summary>True once the provider reported anything.</summary>
    public bool IsReported;

    /// <summary>Everything on the input side; saturates.</summary>
    public readonly long TotalInput => Add(Add(Input, CacheRead), CacheWrite);

    /// <summary>Everything billable; saturates.</summary>
    public readonly long Total => Add(TotalInput, Output);

    /// <summary>These counts as a report; nothing when all are zero, which compatible hosts send where they counted nothing.</summary>
    public readonly Usage IfAny() => Total > 0 ? this with { IsReported = true } : default;

    /// <summary>These counts, served in the tier called <paramref name="word"/> where they name none of their own.</summary>
    public readonly Usage In(JsonText word) => Tier == ServedTier.Standard ? this with { Tier = ServedTiers.Read(word) } : this;

    /// <summary>Takes every non-zero count of a later report; providers repeat, complete and correct earlier ones in a stream.</summary>
    public void Merge(in Usage later)
    {
        IsReported |= later.IsReported;
        Input = later.Input > 0 ? later.Input : Input;
        CacheRead = later.CacheRead > 0 ? later.CacheRead : CacheRead;
        CacheWrite = later.CacheWrite > 0 ? later.CacheWrite : CacheWrite;
        CacheWriteLong = later.CacheWriteLong > 0 ? later.CacheWriteLong : CacheWriteLong;
        Output = later.Output > 0 ? later.Output : Output;
        Reasoning = later.Reasoning > 0 ? later.Reasoning : Reasoning;
        AudioInput = later.AudioInput > 0 ? later.AudioInput : AudioInput;
        AudioOutput = later.AudioOutput > 0 ? later.AudioOutput : AudioOutput;
        ImageOutput = later.ImageOutput > 0 ? later.ImageOutput : ImageOutput;
        Tier = later.Tier != ServedTier.Standard ? later.Tier : Tier;
    }

    /// <summary>Sum of two counts, saturating at <see cref="long.MaxValue"/>.</summary>
    public static long Add(long left, long right) => left > long.MaxValue - right ? long.MaxValue : left + right;

    /// <summary>A count from the wire: missing and negative become zero.</summary>
    public static long Count(long? wire) => wire is > 0 ? wire.Value : 0;
}
