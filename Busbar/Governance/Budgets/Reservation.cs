using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Governance.Labels;
using Busbar.Governance.Sessions;
using Busbar.Ir;

namespace Busbar.Governance.Budgets;

/// <summary>
/// What one request holds of its key and of the groups above it, from admission to its end. Owned by the request and used again by the next one on
/// its connection; it is closed exactly once, by <see cref="Settle"/> or <see cref="Release"/>, whichever comes first; later calls do nothing.
/// </summary>
internal sealed class Reservation
{
    private Governor? _governor;
    private KeyEntry? _entry;
    private VirtualKey? _key;
    private PriceList? _prices;
    private ReservedAmount _hold;
    private ReservedLimit[] _limits = [];
    private int _limitCount;
    private ReservedLimit[] _wants = [];
    private int _wantCount;
    private string _pool = "";
    private long _arrived;

    /// <summary>Whether it holds anything.</summary>
    public bool IsOpen => Volatile.Read(ref _governor) is not null;

    /// <summary>What the request was charged; null while it was not. To be cleared by the owner before its next request.</summary>
    public ChargedAmount? Settled { get; set; }

    /// <summary>
    /// The limit of a group, or of the key for a pool or a window of its own, that refused the request; null when none did. To be cleared like
    /// <see cref="Settled"/>.
    /// </summary>
    public LimitCounter? RefusedBy { get; set; }

    /// <summary>
    /// The session that the request is of, where its key has limits for sessions; null for none. To be cleared like <see cref="Settled"/>.
    /// </summary>
    public SessionCounts? Session { get; set; }

    /// <summary>The limit of a session that refused the request; null when none did. To be cleared like <see cref="Settled"/>.</summary>
    public Limit? RefusedBySession { get; set; }

    /// <summary>What it holds of <see cref="Session"/>.</summary>
    internal SessionHold SessionHold { get; set; }

    /// <summary>
    /// The pool or model that the client asked for, where it went to another one; null where it did not. To be cleared like <see cref="Settled"/>.
    /// </summary>
    public string? Asked { get; set; }

    /// <summary>The request's labels, as <see cref="RequestLabels"/> writes them; empty for none. To be cleared like <see cref="Settled"/>.</summary>
    public string Labels { get; set; } = "";

    /// <summary>What it holds of limits beside those of the key's account.</summary>
    internal ReadOnlySpan<ReservedLimit> Limits => _limits.AsSpan(0, _limitCount);

    /// <summary>The pool or model that was asked for.</summary>
    internal string Pool => _pool;

    /// <summary>
    /// What has to be borrowed before the request may pass: how much in <see cref="ReservedLimit.Bound"/>, and with how little it would do in
    /// <see cref="ReservedLimit.Amount"/>.
    /// </summary>
    internal ReadOnlySpan<ReservedLimit> Wants => _wants.AsSpan(0, _wantCount);

    /// <summary>Notes that <paramref name="want"/> has to be borrowed.</summary>
    internal void Want(in ReservedLimit want)
    {
        if (_wantCount == _wants.Length)
        {
            Array.Resize(ref _wants, Math.Max(4, _wants.Length * 2));
        }

        _wants[_wantCount++] = want;
    }

    /// <summary>Nothing has to be borrowed.</summary>
    internal void ClearWants()
    {
        _wants.AsSpan(0, _wantCount).Clear();
        _wantCount = 0;
    }

    /// <summary>Room to note up to <paramref name="count"/> limits; kept for the next request.</summary>
    internal Span<ReservedLimit> RoomFor(int count)
    {
        if (_limits.Length < count)
        {
            _limits = new ReservedLimit[count];
        }

        return _limits;
    }

    /// <summary>The first <paramref name="count"/> of <see cref="RoomFor"/> are held, for a request to <paramref name="pool"/>.</summary>
    internal void Hold(int count, string pool)
    {
        _limitCount = count;
        _pool = pool;
    }

    internal void Open(Governor governor, KeyEntry entry, VirtualKey key, PriceList prices, in ReservedAmount hold, long arrived, string pool)
    {
        _entry = entry;
        _key = key;
        _prices = prices;
        _hold = hold;
        _arrived = arrived;
        _pool = pool;
        Volatile.Write(ref _governor, governor);
    }

    /// <summary>Gives back what was held and charges what was used instead, at the prices of the request's arrival.</summary>
    /// <param name="model">The configured model that answered.</param>
    /// <param name="hasFee">Whether the fee is due: the client's answer was a success.</param>
    /// <param name="used">Tokens used; all zero when none are due.</param>
    /// <param name="isEstimated">Whether they are an estimate because the provider reported none.</param>
    /// <param name="estimate">What stands in for them where they are beyond all reason.</param>
    public void Settle(string model, bool hasFee, in Usage used, bool isEstimated, in Usage estimate = default)
    {
        if (_entry is not { } entry || _key is not { } key || _prices is not { } list)
        {
            return;
        }

        Prices prices = list.Of(key, model);
        Usage usage = Prices.Bounded(used, out bool isClamped);
        if (isClamped)
        {
            // No provider's mistake may end a budget by itself.
            usage = Prices.Bounded(estimate, out _);
        }

        long cost = prices.CostOfTokens(usage, out bool isPriced);
        var charged = new ChargedAmount
        {
            KeyId = key.Id,
            WindowStart = _hold.WindowStart,
            Day = BudgetWindow.DayOf(_arrived),
            Model = model,
            Asked = Asked ?? _pool,
            Labels = Labels,
            SpendNanos = Usage.Add(hasFee ? prices.FeeNanos : 0, cost),
            Usage = usage,
            IsSuccess = hasFee,
            IsEstimated = isEstimated || isClamped,
            IsClamped = isClamped,
            IsUnpriced = !isPriced,
        };
        if (Interlocked.Exchange(ref _governor, null) is { } governor)
        {
            governor.Close(this, entry, _hold, charged);
            Settled = charged;
            Forget();
        }
    }

    /// <summary>Gives back what was held and charges nothing.</summary>
    public void Release()
    {
        if (_entry is { } entry && Interlocked.Exchange(ref _governor, null) is { } governor)
        {
            governor.Close(this, entry, _hold);
            Forget();
        }
    }

    // A deleted key, a group or a former configuration is not to be kept alive by an idle connection.
    private void Forget()
    {
        _entry = null;
        _key = null;
        _prices = null;
        _limits.AsSpan(0, _limitCount).Clear();
        _limitCount = 0;
    }
}
