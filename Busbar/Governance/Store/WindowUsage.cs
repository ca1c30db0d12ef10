using Busbar.Governance.Budgets;
using Busbar.Ir;

namespace Busbar.Governance.Store;

/// <summary>What a key has used up in one budget window, or how much more than before.</summary>
/// <param name="KeyId">Id of the key.</param>
/// <param name="WindowStart">Start of the window, epoch second.</param>
/// <param name="SpendNanos">Money, nano-dollars.</param>
/// <param name="Tokens">Tokens, input and output.</param>
/// <param name="Requests">Successful requests.</param>
internal readonly record struct WindowUsage(string KeyId, long WindowStart, long SpendNanos, long Tokens, long Requests)
{
    /// <summary>What one request adds.</summary>
    public static WindowUsage Of(in ChargedAmount settlement) => new(
        settlement.KeyId, settlement.WindowStart, settlement.SpendNanos, Math.Min(settlement.Usage.Total, Prices.MaxTokens), settlement.IsSuccess ? 1
            : 0);

    /// <summary>This and <paramref name="more"/> of the same window; saturates.</summary>
    public WindowUsage Plus(in WindowUsage more) => this with
    {
        SpendNanos = Usage.Add(SpendNanos, more.SpendNanos),
        Tokens = Usage.Add(Tokens, more.Tokens),
        Requests = Usage.Add(Requests, more.Requests),
    };
}
