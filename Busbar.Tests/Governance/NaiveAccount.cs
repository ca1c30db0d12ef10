using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;

namespace Busbar.Tests.Governance;

/// <summary>What <see cref="KeyAccount"/> must do, said by looking over everything that ever happened. One thread, no counters.</summary>
internal sealed class NaiveAccount
{
    private readonly List<Request> _requests = [];
    private long _window;
    private long _minute;
    private int _minuteNumber;

    /// <summary>Money spent in the current window.</summary>
    public long Spent => _requests.Where(request => request is { IsOpen: false } && request.Window == _window).Sum(request => request.Cost);

    /// <summary>Requests under way.</summary>
    public int Open => _requests.Count(request => request.IsOpen);

    /// <summary>Money held in the current window.</summary>
    public long Held => _requests.Where(request => request.IsOpen && request.Window == _window).Sum(request => request.HeldCost);

    /// <summary>The most that a request went beyond what it was thought to cost.</summary>
    public long Excess => _requests.Where(request => request is { IsOpen: false, CountedInWindow: true, Bound: > 0 })
        .Select(request => request.Cost - request.Bound).Append(0).Max();

    /// <summary>Judges a request and takes it in where nothing forbids it.</summary>
    public Refusal TryReserve(VirtualKey key, long now, in Prices prices, in Estimate estimate, out Request? request)
    {
        RollWindow(key, now);
        RollMinute(now);
        request = null;
        long minuteTokens = _requests.Where(other => !other.IsOpen && other.SettledMinute == _minuteNumber).Sum(other => other.Tokens);
        long heldTokens = _requests.Where(other => other.IsOpen).Sum(other => other.HeldTokens);
        int minuteRequests = _requests.Count(other => other.ArrivalMinute == _minuteNumber);
        long dearest = _requests.Where(other => !other.IsOpen && other.CountedInWindow).Select(other => other.Cost).DefaultIfEmpty().Max();
        bool isStrict = key.Enforcement == Enforcement.Strict;

        long cost = 0;
        long bound = 0;
        if (key.MaxBudgetCents * TestKeys.Cent is { } cap)
        {
            if (Spent >= cap)
            {
                return Refusal.Budget;
            }

            bound = prices.CeilingOf(estimate.InputTokens, estimate.OutputTokens);
            long most = bound + Excess;
            long mayCost = estimate.IsOpenEnded ? Math.Min(most, Math.Max(dearest, prices.CeilingOf(estimate.InputTokens, 0))) : most;
            bool fits = Spent + Held + most <= cap;
            if (isStrict && !fits && Spent + mayCost > cap)
            {
                return Refusal.Budget;
            }

            if (isStrict && !fits && Held > 0)
            {
                return Refusal.BudgetHeld;
            }

            cost = Math.Max(0, Math.Min(most, cap - Spent - Held));
        }

        long tokens = 0;
        if (key.TpmLimit is { } limit)
        {
            if (minuteTokens >= limit)
            {
                return Refusal.Tokens;
            }

            tokens = estimate.InputTokens + estimate.OutputTokens;
            if (isStrict && minuteTokens + heldTokens + tokens > limit && heldTokens > 0 && minuteRequests > 0)
            {
                return Refusal.Tokens;
            }

            tokens = Math.Max(0, Math.Min(tokens, limit - minuteTokens - heldTokens));
        }

        if (key.RpmLimit is { } perMinute && minuteRequests >= perMinute)
        {
            return Refusal.Requests;
        }

        if (key.MaxConcurrent is { } atOnce && Open >= atOnce)
        {
            return Refusal.Concurrency;
        }

        request = new Request { Window = _window, ArrivalMinute = _minuteNumber, HeldCost = cost, HeldTokens = tokens, Bound = bound };
        _requests.Add(request);
        return Refusal.None;
    }

    /// <summary>Ends <paramref name="request"/>.</summary>
    public void Settle(long now, Request request, long cost, long tokens)
    {
        RollMinute(now);
        request.IsOpen = false;
        request.CountedInWindow = request.Window == _window;
        (request.Cost, request.Tokens, request.SettledMinute) = (cost, tokens, _minuteNumber);
    }

    /// <summary>Moves to the window of <paramref name="now"/>.</summary>
    public void RollWindow(VirtualKey key, long now) => _window = Math.Max(_window, BudgetWindow.StartOf(key.Period, now));

    private void RollMinute(long now)
    {
        long minute = now / 60;
        if (minute > _minute || minute < _minute - 1)
        {
            _minute = minute;
            _minuteNumber++;
        }
    }

    /// <summary>One request that was let in.</summary>
    internal sealed class Request
    {
        public required long Window { get; init; }

        public required int ArrivalMinute { get; init; }

        public required long HeldCost { get; init; }

        public required long HeldTokens { get; init; }

        public required long Bound { get; init; }

        public bool IsOpen { get; set; } = true;

        public bool CountedInWindow { get; set; }

        public long Cost { get; set; }

        public long Tokens { get; set; }

        public int SettledMinute { get; set; }
    }
}
