using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Governance.Store;
using Busbar.Ir;

namespace Busbar.Governance.Keys;

/// <summary>
/// Running counters of one key: spending in the current budget window, requests and tokens in the current minute, requests under way. All limits
/// are judged and taken in one step under the key's own lock, so a refused request leaves no trace in any of them. The lock is held for a few
/// comparisons and shared by requests of this key only.
/// </summary>
internal sealed class KeyAccount
{
    private const long Minute = 60;

    // The budget window, and the one it took the place of when the period was changed.
    private long _windowStart;
    private long? _formerStart;
    private BudgetPeriod? _period;
    private Meter _money;
    private long _windowTokens;
    private long _windowRequests;

    // The minute.
    private long _minuteStart;
    private long _minuteTokens;
    private long _heldTokens;
    private uint _minuteRequests;

    private uint _open;
    private long _refusals;

    /// <summary>Before the first request: begins with what is known of the current budget window instead of zero.</summary>
    public void Resume(in WindowUsage window)
    {
        _windowStart = window.WindowStart;
        _money.Used = window.SpendNanos;
        _windowTokens = window.Tokens;
        _windowRequests = window.Requests;
    }

    /// <summary>Takes in what all nodes have used in <paramref name="window"/>, where that is still the current one.</summary>
    public void Hear(in WindowUsage window)
    {
        lock (this)
        {
            if (window.WindowStart == _windowStart)
            {
                _money.Used = Math.Max(_money.Used, window.SpendNanos);
                _windowTokens = Math.Max(_windowTokens, window.Tokens);
                _windowRequests = Math.Max(_windowRequests, window.Requests);
            }
        }
    }

    /// <summary>Requests that the key's limits or access list refused, ever.</summary>
    public long Refusals => Interlocked.Read(ref _refusals);

    /// <summary>Counts a request that was refused.</summary>
    public void CountRefusal() => Interlocked.Increment(ref _refusals);

    /// <summary>Goes on in another window, since the period was changed. What is held stays held, and counts there once it is settled.</summary>
    public void Reopen(in WindowUsage window, BudgetPeriod period)
    {
        lock (this)
        {
            // From now on: a request may still hold the key as it was.
            _period = period;
            _formerStart = _windowStart;
            Resume(window);
        }
    }

    /// <summary>Requests admitted and not yet settled.</summary>
    public uint Open => Volatile.Read(ref _open);

    /// <summary>What is used up in the window that <paramref name="now"/> lies in.</summary>
    public WindowUsage Read(VirtualKey key, long now)
    {
        lock (this)
        {
            RollWindow(key.Period, now);
            return new WindowUsage(key.Id, _windowStart, _money.Used, _windowTokens, _windowRequests);
        }
    }

    /// <summary>
    /// Admits a request that arrived at <paramref name="now"/> (epoch second) and may use <paramref name="estimate"/>, or
    /// says which limit forbids it. Where it is admitted, <paramref name="hold"/> goes back through <see cref="Settle"/>, once, and so does what
    /// <paramref name="reservation"/> then holds of <paramref name="path"/>: all are taken in one step, or none.
    /// </summary>
    public Refusal TryReserve(VirtualKey key, long now, in Estimate estimate, out ReservedAmount hold, in LimitPath path = default,
        Reservation? reservation = null)
    {
        hold = default;
        lock (this)
        {
            RollWindow(key.Period, now);
            RollMinute(now);
            if (path.IsShared)
            {
                // The path has the key's own limits, too.
                Refusal shared = path.TryReserve(now, estimate, reservation!);
                hold = new ReservedAmount(_windowStart, shared == Refusal.None && key.MaxBudgetCents is not null ? estimate.Ceiling : 0, 0, 0);
                if (shared == Refusal.None)
                {
                    _money.Held += hold.Cost;
                    _open++;
                }

                return shared;
            }

            Refusal refusal = JudgeBudget(key, estimate, out long cost, out long bound);
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

            if (!path.IsEmpty && path.TryReserve(now, estimate, reservation!) is var other and not Refusal.None)
            {
                return other;
            }

            _money.Held += cost;
            _heldTokens += tokens;
            _minuteRequests++;
            _open++;
            hold = new ReservedAmount(_windowStart, cost, tokens, bound);
            return Refusal.None;
        }
    }

    /// <summary>
    /// Gives <paramref name="hold"/> back and takes what was really used instead, both at least 0. Money counts in the window in which the request
    /// arrived, tokens a minute in the minute in which they became known.
    /// </summary>
    public void Settle(long now, in ReservedAmount hold, long cost, long tokens, bool succeeded)
    {
        lock (this)
        {
            RollMinute(now);
            _open--;
            _heldTokens -= hold.Tokens;
            _minuteTokens = Usage.Add(_minuteTokens, tokens);

            // What a former window held went with it.
            if (_windowStart == hold.WindowStart || _formerStart == hold.WindowStart)
            {
                _money.Settle(hold.Cost, hold.Bound, cost);
                _windowTokens = Usage.Add(_windowTokens, tokens);
                _windowRequests += succeeded ? 1 : 0;
            }
        }
    }

    // Soft requests hold what there is to hold, so that strict ones, after a change of the key, reckon with them.
    private Refusal JudgeBudget(VirtualKey key, in Estimate estimate, out long cost, out long bound)
    {
        cost = 0;
        bound = 0;
        if (key.MaxBudgetCents is not { } cents)
        {
            return Refusal.None;
        }

        bound = estimate.Ceiling;
        Room room = _money.Judge(Money.OfCents(cents), bound, estimate.Floor, estimate.IsOpenEnded, out cost);
        return room switch
        {
            Room.None => Refusal.Budget,
            Room.Enough => Refusal.None,
            _ when key.Enforcement == Enforcement.Soft => Refusal.None,
            Room.Held => Refusal.BudgetHeld,
            _ => Refusal.Budget,
        };
    }

    // The first request of a minute, and one that has the key for itself, may run the minute into debt by its own size; others at once may not.
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

        long bound = Usage.Add(estimate.InputTokens, estimate.OutputTokens);
        long free = limit - _minuteTokens - _heldTokens;
        tokens = Math.Clamp(free, 0, bound);
        return bound <= free || key.Enforcement == Enforcement.Soft || _heldTokens == 0 || _minuteRequests == 0;
    }

    // A clock set back reopens no window: what was spent stays spent.
    private void RollWindow(BudgetPeriod period, long now)
    {
        long start = BudgetWindow.StartOf(_period ?? period, now);
        if (start > _windowStart)
        {
            _windowStart = start;
            _formerStart = null;
            _money.Used = 0;
            _money.Held = 0;
            _windowTokens = 0;
            _windowRequests = 0;
        }
    }

    // A little back is a clock being adjusted, and the minute goes on; further back is another time, which must not wait for this one to come again.
    private void RollMinute(long now)
    {
        long start = now - (now % Minute);
        if (start > _minuteStart || start < _minuteStart - Minute)
        {
            _minuteStart = start;
            _minuteTokens = 0;
            _minuteRequests = 0;
        }
    }
}
