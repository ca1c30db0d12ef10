using Busbar.Governance.Keys;
using Busbar.Ir;

namespace Busbar.Governance.Budgets;

/// <summary>
/// What one request holds of its key, from admission to its end. Owned by the request and used again by the next one on its connection; it is closed
/// exactly once, by <see cref="Settle"/> or <see cref="Release"/>, whichever comes first; later calls do nothing.
/// </summary>
internal sealed class Reservation
{
    private Governor? _governor;
    private KeyEntry? _entry;
    private VirtualKey? _key;
    private PriceList? _prices;
    private Hold _hold;
    private long _arrived;

    /// <summary>Whether it holds anything.</summary>
    public bool IsOpen => Volatile.Read(ref _governor) is not null;

    /// <summary>What the request was charged; null while it was not. To be cleared by the owner before its next request.</summary>
    public Settlement? Settled { get; set; }

    internal void Open(Governor governor, KeyEntry entry, VirtualKey key, PriceList prices, in Hold hold, long arrived)
    {
        _entry = entry;
        _key = key;
        _prices = prices;
        _hold = hold;
        _arrived = arrived;
        Volatile.Write(ref _governor, governor);
    }

    /// <summary>Gives back what was held and charges <paramref name="charge"/> instead, at the prices of the request's arrival.</summary>
    public void Settle(in Charge charge)
    {
        if (_entry is not { } entry || _key is not { } key || _prices is not { } list)
        {
            return;
        }

        Prices prices = list.Of(key, charge.Model);
        Usage usage = Prices.Bounded(charge.Usage, out bool isClamped);
        if (isClamped)
        {
            // No provider's mistake may end a budget by itself.
            usage = Prices.Bounded(charge.Estimate, out _);
        }

        long cost = prices.CostOfTokens(usage, out bool isPriced);
        var settlement = new Settlement
        {
            KeyId = key.Id,
            WindowStart = _hold.WindowStart,
            Day = BudgetWindow.DayOf(_arrived),
            Model = charge.Model,
            SpendNanos = Usage.Add(charge.Fee ? prices.FeeNanos : 0, cost),
            Usage = usage,
            IsSuccess = charge.Fee,
            IsEstimated = charge.IsEstimated || isClamped,
            IsClamped = isClamped,
            IsUnpriced = !isPriced,
        };
        if (Interlocked.Exchange(ref _governor, null) is { } governor)
        {
            governor.Close(entry, _hold, settlement);
            Settled = settlement;
            Forget();
        }
    }

    /// <summary>Gives back what was held and charges nothing.</summary>
    public void Release()
    {
        if (_entry is { } entry && Interlocked.Exchange(ref _governor, null) is { } governor)
        {
            governor.Close(entry, _hold);
            Forget();
        }
    }

    // A deleted key or a former configuration is not to be kept alive by an idle connection.
    private void Forget()
    {
        _entry = null;
        _key = null;
        _prices = null;
    }
}
