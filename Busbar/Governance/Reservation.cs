using Busbar.Ir;

namespace Busbar.Governance;

/// <summary>
/// What one request holds of its key, from admission to its end. Owned by the request and used again by the next one on its connection; it is closed
/// exactly once, by <see cref="Settle"/> or <see cref="Release"/>, whichever comes first; later calls do nothing.
/// </summary>
internal sealed class Reservation
{
    private Governor? _governor;
    private KeyEntry? _entry;
    private PriceList? _prices;
    private Hold _hold;
    private long _arrived;

    /// <summary>Whether it holds anything.</summary>
    public bool IsOpen => _governor is not null;

    internal void Open(Governor governor, KeyEntry entry, PriceList prices, in Hold hold, long arrived)
    {
        if (IsOpen)
        {
            throw new InvalidOperationException("a reservation was opened while it is still open");
        }

        _governor = governor;
        _entry = entry;
        _prices = prices;
        _hold = hold;
        _arrived = arrived;
    }

    /// <summary>Gives back what was held and charges <paramref name="charge"/> instead.</summary>
    public void Settle(in Charge charge)
    {
        if (Interlocked.Exchange(ref _governor, null) is not { } governor)
        {
            return;
        }

        VirtualKey key = _entry!.Key;
        Prices prices = _prices!.Of(key, charge.Model);
        long cost = Usage.Add(charge.Fee ? prices.FeeMicroCents : 0, prices.CostOfTokens(charge.Usage));
        governor.Close(_entry, _hold, new Settlement
        {
            KeyId = key.Id,
            WindowStart = _hold.WindowStart,
            Day = BudgetWindow.DayOf(_arrived),
            Model = charge.Model,
            SpendMicroCents = cost,
            Usage = charge.Usage,
            IsSuccess = charge.Fee,
            IsEstimated = charge.IsEstimated,
        });
        _entry = null;
        _prices = null;
    }

    /// <summary>Gives back what was held and charges nothing.</summary>
    public void Release()
    {
        if (Interlocked.Exchange(ref _governor, null) is { } governor)
        {
            governor.Close(_entry!, _hold);
            _entry = null;
            _prices = null;
        }
    }
}
