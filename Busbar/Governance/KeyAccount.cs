using Busbar.Ir;

namespace Busbar.Governance;

/// <summary>
/// Running counters of one key: spending in the current budget window, requests and tokens in the current minute, requests under way. All limits
/// are judged and taken in one step under the key's own lock, so a refused request leaves no trace in any of them. The lock is held for a few
/// comparisons and shared by requests of this key only.
/// </summary>
internal sealed class KeyAccount
{
    private const long Minute = 60;
    private const long MicroCentsPerCent = 1_000_000;

    // The budget window.
    private long _windowStart;
    private long _spent;
    private long _held;
    private long _windowTokens;
    private long _windowRequests;
    private long _largestCost;

    // The minute.
    private long _minuteStart;
    private long _minuteTokens;
    private long _heldTokens;
    private uint _minuteRequests;

    private uint _open;

    /// <summary>Begins with what is known of the current budget window; all zero for a new key.</summary>
    public KeyAccount(in WindowUsage window = default)
    {
        _windowStart = window.WindowStart;
        _spent = window.SpendMicroCents;
        _windowTokens = window.Tokens;
        _windowRequests = window.Requests;
    }

    /// <summary>Requests admitted and not yet settled.</summary>
    public uint Open => Volatile.Read(ref _open);

    /// <summary>What is used up in the window that <paramref name="now"/> lies in.</summary>
    public WindowUsage Read(VirtualKey key, long now)
    {
        lock (this)
        {
            RollWindow(key.Period, now);
            return new WindowUsage(key.Id, _windowStart, _spent, _windowTokens, _windowRequests);
        }
    }

    /// <summary>
    /// Admits a request that arrived at <paramref name="now"/> (epoch second) and may use <paramref name="estimate"/> at <paramref name="prices"/>, or
    /// says which limit forbids it. Where it is admitted, <paramref name="hold"/> goes back through <see cref="Settle"/>, once.
    /// </summary>
    public Refusal TryReserve(VirtualKey key, long now, in Prices prices, in Estimate estimate, out Hold hold)
    {
        hold = default;
        lock (this)
        {
            RollWindow(key.Period, now);
            RollMinute(now);
            Refusal refusal = JudgeBudget(key, prices, estimate, out long cost);
            if (refusal != Refusal.None)
            {
                return refusal;
            }

            if (!HasTokens(key, estimate, out long tokens))
            {
                return Refusal.Tokens;
            }

            if (_minuteRequests >= key.RpmLimit)
            {
                return Refusal.Requests;
            }

            if (_open >= key.MaxConcurrent)
            {
                return Refusal.Concurrency;
            }

            _held += cost;
            _heldTokens += tokens;
            _minuteRequests++;
            _open++;
            hold = new Hold(_windowStart, cost, tokens);
            return Refusal.None;
        }
    }

    /// <summary>
    /// Gives <paramref name="hold"/> back and takes what was really used instead. Money counts in the window in which the request arrived, tokens a minute in
    /// the minute in which they became known.
    /// </summary>
    public void Settle(long now, in Hold hold, long cost, long tokens, bool succeeded)
    {
        lock (this)
        {
            RollMinute(now);
            _open--;
            _heldTokens -= hold.Tokens;
            _minuteTokens = Usage.Add(_minuteTokens, tokens);

            // What a former window held went with it.
            if (_windowStart == hold.WindowStart)
            {
                _held -= hold.Cost;
                _spent = Usage.Add(_spent, cost);
                _windowTokens = Usage.Add(_windowTokens, tokens);
                _windowRequests += succeeded ? 1 : 0;
                _largestCost = Math.Max(_largestCost, cost);
            }
        }
    }

    // Where the client limits its output the estimate is a bound, and the cap is never passed. Where it does not, only a request that has the key for
    // itself may go beyond the estimate, and only while the dearest request so far would still fit.
    private Refusal JudgeBudget(VirtualKey key, in Prices prices, in Estimate estimate, out long cost)
    {
        cost = 0;
        if (key.MaxBudgetCents is not { } cents)
        {
            return Refusal.None;
        }

        long cap = cents > long.MaxValue / MicroCentsPerCent ? long.MaxValue : cents * MicroCentsPerCent;
        if (_spent >= cap)
        {
            return Refusal.Budget;
        }

        if (key.Enforcement == Enforcement.Soft)
        {
            return Refusal.None;
        }

        cost = prices.CeilingOf(estimate.InputTokens, estimate.OutputTokens);
        long left = cap - _spent;
        if (cost <= left - _held)
        {
            return Refusal.None;
        }

        bool fitsAlone = cost <= left
            || (estimate.IsOpenEnded && Math.Max(_largestCost, prices.CeilingOf(estimate.InputTokens, 0)) <= left);
        if (!fitsAlone)
        {
            return Refusal.Budget;
        }

        cost = left;
        return _held == 0 ? Refusal.None : Refusal.BudgetHeld;
    }

    // A request that has the key for itself may run a started minute into debt by its own size; requests that run at once may not.
    private bool HasTokens(VirtualKey key, in Estimate estimate, out long tokens)
    {
        tokens = 0;
        if (key.TpmLimit is not { } limit)
        {
            return true;
        }

        if (_minuteTokens >= limit)
        {
            return false;
        }

        if (key.Enforcement == Enforcement.Soft)
        {
            return true;
        }

        tokens = Usage.Add(estimate.InputTokens, estimate.OutputTokens);
        if (tokens <= limit - _minuteTokens - _heldTokens)
        {
            return true;
        }

        tokens = limit - _minuteTokens;
        return _heldTokens == 0;
    }

    private void RollWindow(BudgetPeriod period, long now)
    {
        long start = BudgetWindow.StartOf(period, now);
        if (start > _windowStart)
        {
            _windowStart = start;
            _spent = 0;
            _held = 0;
            _windowTokens = 0;
            _windowRequests = 0;
        }
    }

    private void RollMinute(long now)
    {
        long start = now - (now % Minute);
        if (start > _minuteStart)
        {
            _minuteStart = start;
            _minuteTokens = 0;
            _minuteRequests = 0;
        }
    }
}
