using Busbar.Governance.Budgets;
using Busbar.Governance.Leases;

namespace Busbar.Governance.Groups;

/// <summary>
/// The running count of one limit. Requests lock the counters of their key and of all groups above it in the order of <see cref="Ordinal"/>, judge
/// all of them and only then take from any, so that a refused request leaves no trace; a lock is held for some comparisons.
/// </summary>
internal sealed partial class LimitCounter
{
    private const long Minute = 60;
    private static long s_last;

    private readonly string _key;
    private Limit _limit;
    private LimitClock _clock;
    private Meter _meter;
    private long _start = -1;
    private long _end;
    private uint _open;
    private bool _isDirty;
    private (long Start, int Percent) _told;

    // Of a rolling limit: what was used on each of its days, a ring.
    private (long Start, long Used)[]? _days;

    /// <summary>Begins to count.</summary>
    /// <param name="owner">Id of the group or key.</param>
    /// <param name="limit">The limit.</param>
    public LimitCounter(string owner, Limit limit)
    {
        Owner = owner;
        _limit = limit;
        _key = limit.Key;
        _clock = new LimitClock(limit);
        _days = limit.Period == LimitPeriod.Rolling ? new (long, long)[limit.Days] : null;
    }

    /// <summary>Its place in the one order in which counters are locked.</summary>
    public long Ordinal { get; } = Interlocked.Increment(ref s_last);

    /// <summary>Id of the group or key.</summary>
    public string Owner { get; }

    /// <summary>The limit as last edited.</summary>
    public Limit Limit => Volatile.Read(ref _limit);

    /// <summary>What it is called within its owner, see <see cref="Limit.Key"/>.</summary>
    public string Key => _key;

    /// <summary>What it is, for the log of an administrator.</summary>
    public string Name => $"{Owner} {Limit.Key.TrimEnd('/')}";

    /// <summary>Whether it counts a request for <paramref name="pool"/> that one of <paramref name="models"/> may serve.</summary>
    public bool Applies(string pool, ReadOnlySpan<string> models)
    {
        Limit limit = Limit;
        return limit.Downgrade != pool && (limit.Scope is not { } scope || scope == pool || models.Contains(scope));
    }

    /// <summary>Puts another limit with the same <see cref="Limit.Key"/> in force. What was used stays used, where the window is the same.</summary>
    public void Change(Limit limit)
    {
        lock (this)
        {
            bool isSameClock = (limit.TimeZone, limit.StartDay, limit.Days) == (_limit.TimeZone, _limit.StartDay, _limit.Days);
            Volatile.Write(ref _limit, limit);
            Unlearn();
            if (!isSameClock && _slice is not null)
            {
                _clock = new LimitClock(limit);
                _end = 0;
            }
            else if (!isSameClock)
            {
                _clock = new LimitClock(limit);
                (long Start, long Used)[]? former = _days;
                _days = limit.Period == LimitPeriod.Rolling ? new (long, long)[limit.Days] : null;
                _end = 0;
                foreach ((long start, long used) in former?.Where(day => day.Used > 0).OrderByDescending(day => day.Start).Take(limit.Days) ?? [])
                {
                    DayAt(start) += used;
                }
            }
        }
    }

    /// <summary>Before the first request: goes on with what the store knows.</summary>
    public void Resume(in LimitUsage usage, long now)
    {
        lock (this)
        {
            Roll(now);
            if (_days is not null)
            {
                if (usage.WindowStart > _start - (_days.Length * 86_400L) && usage.WindowStart <= _start)
                {
                    DayAt(usage.WindowStart) += usage.Used;
                    _meter.Used += usage.Used;
                }
            }
            else if (usage.WindowStart == _start)
            {
                _meter.Used = usage.Used;
            }
        }
    }

    /// <summary>What is used up in the window that <paramref name="now"/> lies in, and that window.</summary>
    public (long Used, long Start, long End, uint Open) Read(long now)
    {
        lock (this)
        {
            Roll(now);
            return (Everywhere, _start, _end, _open);
        }
    }

    /// <summary>Sum of what requests under way hold, requests under way included; 0 when nothing is being served.</summary>
    public long Held
    {
        get
        {
            lock (this)
            {
                return _meter.Held + _open;
            }
        }
    }

    /// <summary>
    /// With the counter locked: whether <paramref name="estimate"/> may go on, and what it is to hold. Where limits are shared with other nodes,
    /// <paramref name="leases"/> says what this one may use; <see cref="Refusal.Lease"/> when it has to borrow first.
    /// </summary>
    public Refusal Judge(long now, in Estimate estimate, in LeaseView leases, out ReservedLimit reserved)
    {
        Roll(now);
        if (leases.Desk is not null)
        {
            return JudgeLeased(estimate, leases, out reserved);
        }

        Limit limit = _limit;
        long amount = 0;
        long bound = 0;
        Refusal refusal = Refusal.None;
        switch (limit.Kind)
        {
            case LimitKind.Budget:
                bound = estimate.Ceiling;
                refusal = _meter.Judge(limit.Cap, bound, estimate.Floor, estimate.IsOpenEnded, out amount) switch
                {
                    Room.Enough => Refusal.None,
                    Room.Held => Refusal.BudgetHeld,
                    _ => Refusal.Budget,
                };
                break;
            case LimitKind.Tokens:
                bound = Ir.Usage.Add(estimate.InputTokens, estimate.OutputTokens);
                bool fits = _meter.Judge(limit.Cap, bound, estimate.InputTokens, estimate.IsOpenEnded, out amount) == Room.Enough;
                refusal = fits ? Refusal.None : Refusal.Tokens;
                break;
            case LimitKind.Requests:
                refusal = _meter.Used >= limit.Cap ? Refusal.Requests : Refusal.None;
                break;
            default:
                refusal = _open >= limit.Cap ? Refusal.Concurrency : Refusal.None;
                break;
        }

        reserved = new ReservedLimit(this, _start, amount, bound);
        return refusal;
    }

    /// <summary>With the counter locked: takes what <see cref="Judge"/> said.</summary>
    public void Take(in ReservedLimit reserved)
    {
        _open++;
        _meter.Held += reserved.Amount;
        if (_limit.Kind == LimitKind.Requests)
        {
            Count(1);
        }

        if (_slice is not null)
        {
            NoteTaken(reserved);
        }
    }

    /// <summary>
    /// Gives <paramref name="reserved"/> back and counts what was used. Money counts in the window in which the request arrived, tokens in the one in
    /// which they became known; a request that was served by a model that the limit is not about counts nowhere.
    /// </summary>
    public void Settle(long now, in ReservedLimit reserved, long nanos, long tokens, string pool, string? model)
    {
        lock (this)
        {
            Roll(now);
            _open--;
            Touch();
            bool counts = _limit.Scope is not { } scope || scope == pool || scope == model;
            switch (_limit.Kind)
            {
                case LimitKind.Budget when _days is null && reserved.WindowStart != _start:
                    // What a former window held went with it.
                    SettleFormer(reserved, counts ? nanos : 0);
                    break;
                case LimitKind.Budget:
                    Settle(reserved, counts ? nanos : 0, reserved.WindowStart);
                    break;
                case LimitKind.Tokens:
                    Settle(reserved, counts ? tokens : 0, _start);
                    break;
                case LimitKind.Requests when !counts && reserved.WindowStart == _start:
                    _meter.Used--;
                    _isDirty |= IsDurable;
                    if (_days is not null)
                    {
                        DayAt(_start)--;
                    }

                    break;
            }
        }
    }

    /// <summary>
    /// Adds to <paramref name="usages"/> what changed since the last call and survives a restart (counts of less than a day do not), and to
    /// <paramref name="alerts"/> what thresholds were reached since then, or since the process began.
    /// </summary>
    public void TakeChanges(List<LimitUsage> usages, List<LimitAlert> alerts)
    {
        if (!Volatile.Read(ref _isDirty))
        {
            return;
        }

        lock (this)
        {
            _isDirty = false;
            _told = _told.Start == _start ? _told : (_start, 0);
            foreach (int percent in _limit.Thresholds)
            {
                if (percent > _told.Percent && (Int128)Everywhere * 100 >= (Int128)_limit.Cap * percent)
                {
                    alerts.Add(new LimitAlert(Owner, _limit, _start, percent, Everywhere));
                    _told = (_start, percent);
                }
            }

            if (_slice is not null)
            {
                return;
            }

            if (_days is null)
            {
                usages.Add(new LimitUsage(Owner, _key, _start, _meter.Used));
                return;
            }

            foreach ((long start, long used) in _days)
            {
                if (used > 0)
                {
                    usages.Add(new LimitUsage(Owner, _key, start, used));
                }
            }
        }
    }

    private bool IsDurable => _limit.Period is not (LimitPeriod.Minute or LimitPeriod.Hour);

    private void Settle(in ReservedLimit reserved, long used, long day)
    {
        _meter.Settle(reserved.Amount, reserved.Bound, used);
        _isDirty |= used > 0 && IsDurable;
        if (_days is null)
        {
            return;
        }

        if (day > _start - (_days.Length * 86_400L))
        {
            DayAt(day) += used;
        }
        else
        {
            _meter.Used -= used;
        }
    }

    private void Count(long more)
    {
        _meter.Used += more;
        _isDirty |= IsDurable;
        if (_days is not null)
        {
            DayAt(_start) += more;
        }
    }

    private ref long DayAt(long start)
    {
        int oldest = 0;
        for (int i = 0; i < _days!.Length; i++)
        {
            if (_days[i].Start == start)
            {
                return ref _days[i].Used;
            }

            oldest = _days[i].Start < _days[oldest].Start ? i : oldest;
        }

        _days[oldest] = (start, 0);
        return ref _days[oldest].Used;
    }

    // A clock set back reopens no window but a short one, which must not wait for its time to come again.
    private void Roll(long now)
    {
        bool isFarBack = _limit.Period is LimitPeriod.Minute or LimitPeriod.Hour && now < _start - Minute;
        if (now < _end && !isFarBack)
        {
            return;
        }

        long formerEnd = _end;
        (long start, _end) = _clock.At(now);
        if (_limit.Kind == LimitKind.Concurrency || start == _start || (start < _start && !isFarBack))
        {
            return;
        }

        if (_slice is not null)
        {
            RollLeased(start, formerEnd);
            return;
        }

        _start = start;
        if (_days is not null)
        {
            long first = start - ((_days.Length - 1) * 86_400L) - 3600;
            _meter.Used = 0;
            for (int i = 0; i < _days.Length; i++)
            {
                _days[i] = _days[i].Start < first ? default : _days[i];
                _meter.Used += _days[i].Used;
            }

            return;
        }

        // Tokens under way are counted once they are known, in whatever window that is; money stays where it was.
        long held = _limit.Kind == LimitKind.Tokens ? _meter.Held : 0;
        _meter.Used = 0;
        _meter.Held = held;
    }
}
