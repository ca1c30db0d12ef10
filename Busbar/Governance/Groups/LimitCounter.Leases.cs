using Busbar.Governance.Budgets;
using Busbar.Governance.Leases;

namespace Busbar.Governance.Groups;

// Where nodes share limits, a counter counts what this node has used in this window and in its session, and holds it below what it has borrowed.
internal sealed partial class LimitCounter
{
    private const long DaySeconds = 86_400;
    private const long SummerTime = 3600;

    // Of what is left, one part of so many may be lost to all in the crash of a node.
    private const int ShareToBook = 256;

    private Slice? _slice;

    // By all nodes, as far as this one knows.
    private long Everywhere => _slice is null ? _meter.Used : Math.Max(Ir.Usage.Add(_meter.Used, _slice.OthersUsed), _slice.HeardUsed);

    // Of a rolling window.
    private long FirstDay => Math.Max(0, _start) - ((_limit.Days - 1) * DaySeconds) - SummerTime;

    // Of what is booked, so much is left for requests that are not under way yet. What one holds and does not come to is nobody's when it ends:
    // it was not booked.
    private long BookedRoom => _slice!.Booked - Ir.Usage.Add(_meter.Used, Likely(HeldNow, _open));

    // The number of requests at once is always counted as it is.
    private long Likely(long amount, long count) => _limit.Kind is LimitKind.Budget or LimitKind.Tokens ? _meter.Likely(amount, count) : amount;

    // So much is booked before it is needed: where it is lost in a crash, it is little. A minute is over soon.
    private long BookAhead(Slice slice, long counted)
    {
        if (_limit.Kind == LimitKind.Concurrency || _limit.Period == LimitPeriod.Minute)
        {
            return long.MaxValue;
        }

        long share = Math.Max(0, _limit.Cap - slice.OthersUsed - slice.OthersLeased - counted) / ShareToBook;
        long likely = Likely(slice.Typical, 1);
        return likely <= 0 ? share : share / likely * likely;
    }

    // Near the cap every request asks by itself.
    private bool IsLow(Slice slice, long bookAhead, long second)
        => BookedRoom < Math.Min(Math.Min(slice.DemandAt(second), bookAhead), slice.Granted) / 2;

    // Whether a crash would forget nothing of a request that holds so much as well.
    private bool IsBooked(long need) => _limit.Kind == LimitKind.Concurrency || _slice!.Booked >= _slice.Granted
        || Ir.Usage.Add(_meter.Used, _limit.Kind == LimitKind.Requests ? 1 : Likely(Ir.Usage.Add(HeldNow, need), _open + 1L)) <= _slice.Booked;

    private long HeldNow => _limit.Kind == LimitKind.Concurrency ? _open : _meter.Held;

    private Refusal JudgeLeased(in Estimate estimate, in LeaseView leases, out ReservedLimit reserved)
    {
        Slice slice = _slice ??= Lend(leases.Desk!);
        (long bound, long need, long least) = NeedOf(estimate);
        Limit limit = _limit;
        long held = HeldNow;
        if (limit.Rule == AccountRule.Soft)
        {
            reserved = new ReservedLimit(this, _start, 0, bound);
            return Everywhere < limit.Cap ? Refusal.None : limit.Kind == LimitKind.Budget ? Refusal.Budget : Refusal.Tokens;
        }

        // A cap that was lowered holds at once.
        bool isHeld = leases.Session is { } session && slice.Session == session;
        long mine = isHeld ? Math.Min(slice.Granted, limit.Cap - slice.OthersUsed) : 0;
        bool isBooked = IsBooked(need);
        reserved = new ReservedLimit(this, _start, limit.Kind is LimitKind.Budget or LimitKind.Tokens ? need : 0, bound);
        if (isBooked && Ir.Usage.Add(Ir.Usage.Add(_meter.Used, held), need) <= mine)
        {
            return Refusal.None;
        }

        if (slice.Desk.IsAway)
        {
            return slice.Desk.AdmitsAway ? Refusal.None : Refusal.Away;
        }

        if (!isHeld || !isBooked || leases.Timestamp >= slice.DeniedUntil || least < slice.DeniedSize)
        {
            reserved = new ReservedLimit(this, _start, least, need);
            return Refusal.Lease;
        }

        return JudgeRest(estimate, mine, bound, least, ref reserved);
    }

    // The database has just said that no more can be had.
    private Refusal JudgeRest(in Estimate estimate, long mine, long bound, long least, ref ReservedLimit reserved)
    {
        Limit limit = _limit;
        long all = limit.Cap - _slice!.OthersUsed;
        long left = all - _meter.Used;
        bool isOurs = _slice.OthersLeased == 0 && mine >= all;
        long amount = 0;
        switch (limit.Kind)
        {
            case LimitKind.Requests:
                return Refusal.Requests;
            case LimitKind.Concurrency:
                return Refusal.Concurrency;
            case LimitKind.Tokens when isOurs && limit.Rule == AccountRule.Overdraw && left > 0 && _meter.Held == 0:
                reserved = new ReservedLimit(this, _start, left, bound);
                return Refusal.None;
            case LimitKind.Tokens:
                bool fits = isOurs && _meter.Judge(all, bound, estimate.InputTokens, estimate.IsOpenEnded, out amount) == Room.Enough;
                reserved = new ReservedLimit(this, _start, amount, bound);
                return fits ? Refusal.None : Refusal.Tokens;
            default:
                Room room = isOurs ? _meter.Judge(all, bound, estimate.Floor, estimate.IsOpenEnded, out amount) : least > left ? Room.TooLittle
                    : Room.Held;
                reserved = new ReservedLimit(this, _start, amount, bound);
                return room switch { Room.Enough => Refusal.None, Room.Held => Refusal.BudgetHeld, _ => Refusal.Budget };
        }
    }

    // What a request is thought to use at most, what it is to hold, and the least that it can do with. A request for nothing needs something left,
    // too.
    private (long Bound, long Need, long Least) NeedOf(in Estimate estimate)
    {
        if (_limit.Kind is not (LimitKind.Budget or LimitKind.Tokens))
        {
            return (0, 1, 1);
        }

        bool isBudget = _limit.Kind == LimitKind.Budget;
        long bound = isBudget ? estimate.Ceiling : Ir.Usage.Add(estimate.InputTokens, estimate.OutputTokens);
        long need = Math.Max(1, _meter.Ceiling(bound));
        long least = _limit.Rule == AccountRule.Overdraw ? 1
            : estimate.IsOpenEnded ? Math.Clamp(_meter.Least(isBudget ? estimate.Floor : estimate.InputTokens), 1, need) : need;
        return (bound, need, least);
    }

    private Slice Lend(LeaseDesk desk)
    {
        // What the store knew at the start is of others: former sessions of this node among them.
        var slice = new Slice(desk) { OthersUsed = _meter.Used };
        _meter.Used = 0;
        _days = null;
        return slice;
    }

    private void NoteTaken(in ReservedLimit reserved)
    {
        Slice slice = _slice!;
        bool isConcurrency = _limit.Kind == LimitKind.Concurrency;
        slice.Arrive(Math.Max(1, reserved.Amount));
        slice.Demand(slice.Desk.Second, isConcurrency ? _open : Math.Max(1, reserved.Amount), isConcurrency);
        Touch();
        long counted = Ir.Usage.Add(_meter.Used, HeldNow);
        if (!slice.IsHurried && _limit.Rule != AccountRule.Soft && IsLow(slice, BookAhead(slice, counted), slice.Desk.Second))
        {
            slice.IsHurried = true;
            slice.Desk.Hurry();
        }
    }

    private void Touch()
    {
        if (_slice is { IsActive: false } slice)
        {
            slice.IsActive = true;
            slice.Desk.Wake(this);
        }
    }

    // The limit is another one now.
    private void Unlearn()
    {
        if (_slice is { } slice)
        {
            slice.DeniedUntil = 0;
            slice.Granted = Math.Min(slice.Granted, Ir.Usage.Add(_meter.Used, HeldNow));
        }
    }

    /// <summary>
    /// Before <see cref="Hear"/>, which then is called for each window that is known. A node hears by itself what all have used only while it
    /// borrows. Nothing is admitted by what is heard here.
    /// </summary>
    public void StartHearing(long now)
    {
        lock (this)
        {
            Roll(now);
            _slice?.HeardUsed = 0;
        }
    }

    /// <summary>Takes in what all nodes have used by now of one window, where that counts.</summary>
    public void Hear(in LimitUsage usage)
    {
        lock (this)
        {
            if (usage.WindowStart > _start || usage.WindowStart < (_limit.Period == LimitPeriod.Rolling ? FirstDay : _start))
            {
                return;
            }

            if (_slice is not null)
            {
                _slice.HeardUsed = Ir.Usage.Add(_slice.HeardUsed, usage.Used);
                return;
            }

            ref long known = ref _days is null ? ref _meter.Used : ref DayAt(usage.WindowStart);
            long more = Math.Max(0, usage.Used - known);
            known += more;
            _meter.Used += _days is null ? 0 : more;
        }
    }

    private void SettleFormer(in ReservedLimit reserved, long used)
    {
        if (_slice?.Former is { } former && former.Ask.Start == reserved.WindowStart)
        {
            former.Held -= reserved.Amount;
            former.Ask = former.Ask with { Used = Ir.Usage.Add(former.Ask.Used, used) };
            former.IsDirty = true;
        }
    }

    private void RollLeased(long start, long formerEnd)
    {
        Slice slice = _slice!;
        if (_start >= 0)
        {
            PutAside(slice, slice.Session, formerEnd);
        }

        // Days that a rolling limit goes on to count are others' from now on, until the database says it better.
        slice.OthersUsed = _limit.Period == LimitPeriod.Rolling ? Everywhere : 0;
        slice.OthersLeased = 0;
        slice.HeardUsed = 0;
        slice.Granted = 0;
        slice.Booked = 0;
        slice.Borrowed = 0;
        slice.Noted = 0;
        slice.DeniedUntil = 0;
        _start = start;
        _meter.Used = 0;
        _meter.Held = _limit.Kind == LimitKind.Tokens ? _meter.Held : 0;
        Touch();
    }

    private void PutAside(Slice slice, LeaseSession? session, long end)
    {
        if (slice.Former is { IsDirty: true } older)
        {
            slice.Desk.Keep(older.Session, FormerAsk(older));
        }

        slice.Former = new Slice.FormerWindow(Ask(end)) { Session = session, Held = _limit.Kind == LimitKind.Budget ? _meter.Held : 0 };
    }

    private static LeaseAsk FormerAsk(Slice.FormerWindow former)
    {
        long counted = Ir.Usage.Add(former.Ask.Used, former.Held);
        return former.Ask with { Base = counted, Keep = counted, Least = 0, Need = counted, Target = 0, Book = counted };
    }

    // What is to be said of the window that is open, without any wish.
    private LeaseAsk Ask(long end)
    {
        bool isRolling = _limit.Period == LimitPeriod.Rolling;
        long start = Math.Max(0, _start);
        long counted = Ir.Usage.Add(_meter.Used, HeldNow);
        return new LeaseAsk
        {
            Owner = Owner,
            Key = _key,
            Start = start,
            From = isRolling ? FirstDay : start,
            End = _limit.Kind == LimitKind.Concurrency ? long.MaxValue : isRolling ? end + (_limit.Days * DaySeconds) : end,
            Cap = _limit.Cap,
            Used = _meter.Used,
            Noted = _slice!.Noted,
            Base = counted,
            Keep = _slice.Granted,
            Least = counted,
            Need = counted,
            Target = counted,
            Book = _limit.Kind == LimitKind.Concurrency ? 0 : Ir.Usage.Add(_meter.Used, Likely(HeldNow, _open)),
            IsOfAccount = _limit.Rule != AccountRule.None && _limit.Kind == LimitKind.Budget,
        };
    }
}
