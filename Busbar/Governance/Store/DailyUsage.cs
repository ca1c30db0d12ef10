using Busbar.Governance.Budgets;
using Busbar.Governance.Labels;
using Busbar.Ir;
using Busbar.Ir.Request;

namespace Busbar.Governance.Store;

/// <summary>What a key has used of one model on one day, asked for by one name and with one set of labels, or how much more than before.</summary>
/// <param name="KeyId">Id of the key.</param>
/// <param name="Model">The configured model.</param>
/// <param name="Day">Midnight, UTC, epoch second.</param>
/// <param name="Requests">Successful requests.</param>
/// <param name="Estimated">Those of them whose tokens are estimates.</param>
/// <param name="Unpriced">Those of them for whose tokens no price was known.</param>
/// <param name="SpendNanos">Money, nano-dollars.</param>
/// <param name="Input">Uncached input tokens.</param>
/// <param name="CacheRead">Input tokens read from a cache.</param>
/// <param name="CacheWrite">Input tokens written to a cache.</param>
/// <param name="CacheWriteLong">The part of <paramref name="CacheWrite"/> with the long lifetime.</param>
/// <param name="Output">Output tokens, reasoning included.</param>
/// <param name="Reasoning">The part of <paramref name="Output"/> spent on reasoning.</param>
/// <param name="AudioInput">The part of <paramref name="Input"/> that was sound.</param>
/// <param name="AudioOutput">The part of <paramref name="Output"/> that is sound.</param>
/// <param name="ImageOutput">The part of <paramref name="Output"/> that is pictures.</param>
internal readonly record struct DailyUsage(
    string KeyId,
    string Model,
    long Day,
    long Requests,
    long Estimated,
    long Unpriced,
    long SpendNanos,
    long Input,
    long CacheRead,
    long CacheWrite,
    long CacheWriteLong,
    long Output,
    long Reasoning,
    long AudioInput,
    long AudioOutput,
    long ImageOutput)
{
    /// <summary>The pool or model that was asked for; empty for usage of before that was noted.</summary>
    public string Asked { get; init; } = "";

    /// <summary>The labels of the requests, as <see cref="RequestLabels"/> writes them; empty for none.</summary>
    public string Labels { get; init; } = "";

    /// <summary>What one request adds.</summary>
    public static DailyUsage Of(in ChargedAmount settlement) => new(
        settlement.KeyId,
        settlement.Model,
        settlement.Day,
        settlement.IsSuccess ? 1 : 0,
        settlement.IsEstimated ? 1 : 0,
        settlement.IsUnpriced ? 1 : 0,
        settlement.SpendNanos,
        settlement.Usage.Input,
        settlement.Usage.CacheRead,
        settlement.Usage.CacheWrite,
        settlement.Usage.CacheWriteLong,
        settlement.Usage.Output,
        settlement.Usage.Reasoning,
        settlement.Usage.AudioInput,
        settlement.Usage.AudioOutput,
        settlement.Usage.ImageOutput)
    {
        Asked = settlement.Asked,
        Labels = settlement.Labels,
    };

    /// <summary>This and <paramref name="more"/> of the same key, model, day, name and labels; saturates.</summary>
    public DailyUsage Plus(in DailyUsage more) => this with
    {
        Requests = Usage.Add(Requests, more.Requests),
        Estimated = Usage.Add(Estimated, more.Estimated),
        Unpriced = Usage.Add(Unpriced, more.Unpriced),
        SpendNanos = Usage.Add(SpendNanos, more.SpendNanos),
        Input = Usage.Add(Input, more.Input),
        CacheRead = Usage.Add(CacheRead, more.CacheRead),
        CacheWrite = Usage.Add(CacheWrite, more.CacheWrite),
        CacheWriteLong = Usage.Add(CacheWriteLong, more.CacheWriteLong),
        Output = Usage.Add(Output, more.Output),
        Reasoning = Usage.Add(Reasoning, more.Reasoning),
        AudioInput = Usage.Add(AudioInput, more.AudioInput),
        AudioOutput = Usage.Add(AudioOutput, more.AudioOutput),
        ImageOutput = Usage.Add(ImageOutput, more.ImageOutput),
    };
}
