using Busbar.Governance.Budgets;
using Busbar.Ir;

namespace Busbar.Governance.Store;

/// <summary>What a key has used of one model on one day, or how much more than before.</summary>
/// <param name="KeyId">Id of the key.</param>
/// <param name="Model">The configured model.</param>
/// <param name="Day">Midnight, UTC, epoch second.</param>
/// <param name="Requests">Successful requests.</param>
/// <param name="Estimated">Those of them whose tokens are estimates.</param>
/// <param name="SpendMicroCents">Money, micro-cents.</param>
/// <param name="Input">Uncached input tokens.</param>
/// <param name="CacheRead">Input tokens read from a cache.</param>
/// <param name="CacheWrite">Input tokens written to a cache.</param>
/// <param name="Output">Output tokens, reasoning included.</param>
/// <param name="Reasoning">The part of <paramref name="Output"/> spent on reasoning.</param>
internal readonly record struct DailyUsage(
    string KeyId, string Model, long Day, long Requests, long Estimated, long SpendMicroCents, long Input, long CacheRead, long CacheWrite, long Output, long Reasoning)
{
    /// <summary>What one request adds.</summary>
    public static DailyUsage Of(in Settlement settlement) => new(
        settlement.KeyId,
        settlement.Model,
        settlement.Day,
        settlement.IsSuccess ? 1 : 0,
        settlement.IsEstimated ? 1 : 0,
        settlement.SpendMicroCents,
        settlement.Usage.Input,
        settlement.Usage.CacheRead,
        settlement.Usage.CacheWrite,
        settlement.Usage.Output,
        settlement.Usage.Reasoning);

    /// <summary>This and <paramref name="more"/> of the same key, model and day; saturates.</summary>
    public DailyUsage Plus(in DailyUsage more) => this with
    {
        Requests = Usage.Add(Requests, more.Requests),
        Estimated = Usage.Add(Estimated, more.Estimated),
        SpendMicroCents = Usage.Add(SpendMicroCents, more.SpendMicroCents),
        Input = Usage.Add(Input, more.Input),
        CacheRead = Usage.Add(CacheRead, more.CacheRead),
        CacheWrite = Usage.Add(CacheWrite, more.CacheWrite),
        Output = Usage.Add(Output, more.Output),
        Reasoning = Usage.Add(Reasoning, more.Reasoning),
    };
}
