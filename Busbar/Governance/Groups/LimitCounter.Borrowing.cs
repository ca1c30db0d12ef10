using Busbar.Governance.Leases;

namespace Busbar.Governance.Groups;

// What the desk does to a counter, from its one loop.
internal sealed partial class LimitCounter
{
    // In quarters of a second.
    private const int TicksToGiveBack = 8;
    private const int TicksToGiveBackNearCap = 2;
    private const int TicksToForget = 240;

    // What is lent grows and shrinks only when it is off by more than this.
    private const int MaxSpareFactor = 4;

    private static readonly TimeSpan AskAgainSpent = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(100);

    /// <summary>What the database would take to be used beyond what was, should this node crash now; 0 where limits are not shared.</summary>
    public long LostInCrash
    {
        get
        {
            lock (this)
            {
                return _slice is null ? 0 : Math.Max(0, _slice.Booked - _meter.Used);
            }
        }
    }

    /// <summary>A request waits that needs <paramref name="need"/>, and can do with <paramref name="least"/>.</summary>
    public void Want(long need, long least)
    {
        lock (this)
        {
            if (_slice is { } slice)
            {
                slice.WaitNeed = Ir.Usage.Add(slice.WaitNeed, need);
                slice.Waiting++;
                slice.WaitLeast = slice.WaitLeast == 0 ? least : Math.Min(slice.WaitLeast, least);
                slice.Needs(need);
                Touch();
            }
        }
    }

    /// <summary>
    /// Adds to <paramref name="round"/> what the database is to be told and asked. False when the desk need not look after the counter any more.
    /// </summary>
    public bool Collect(LeaseRound round)
    {
        lock (this)
        {
            Slice slice = _slice!;
            if (slice.Session != round.Session)
            {
                Begin(slice, round.Session);
            }

            Roll(round.Second);
            CollectFormer(slice, round);
            slice.IsHurried = false;
            if (round.IsTick)
            {
                slice.Tick();
            }

            if (_limit.Rule == AccountRule.Soft)
            {
                // Others' usage changes while this node's does not, and decides as much.
                if (_meter.Used != slice.Noted || slice.Idle < TicksToGiveBack)
                {
                    round.Add(this, Ask(_end) with { Keep = 0, Least = 0, Need = 0, Target = 0 });
                }
            }
            else
            {
                CollectWish(slice, round);
            }

            slice.IsActive = slice.Idle < TicksToForget || slice.Former is not null || HeldNow > 0 || _meter.Used != slice.Noted
                || slice.Borrowed is null or > 0 && slice.Borrowed > _meter.Used;
            return slice.IsActive;
        }
    }

    /// <summary>What the database said to <paramref name="ask"/> at <paramref name="timestamp"/>.</summary>
    public void Apply(in LeaseAsk ask, in LeaseGrant grant, LeaseSession session, long timestamp)
    {
        lock (this)
        {
            Slice slice = _slice!;
            if (slice.Former is { } former && former.Ask.Start == ask.Start && _start != ask.Start)
            {
                former.IsDirty &= former.Session != session || FormerAsk(former).Keep != ask.Keep || former.Ask.Used != ask.Used;
                slice.Former = former.IsDirty || former.Held > 0 ? former : null;
                return;
            }

            if (slice.Session != session || Math.Max(0, _start) != ask.Start)
            {
                return;
            }

            _isDirty |= IsDurable && (grant.OthersUsed != slice.OthersUsed || ask.Used != slice.Noted);
            slice.Borrowed = grant.Granted;
            slice.Noted = ask.Used;
            slice.OthersUsed = Math.Max(0, grant.OthersUsed);
            slice.OthersLeased = grant.OthersLeased;
            slice.Granted = grant.Granted;
            slice.Booked = Math.Min(grant.Granted, ask.Book);
            slice.DeniedUntil = 0;
            if (grant.Granted < ask.Need)
            {
                bool isSpent = ask.Used >= ask.Cap - grant.OthersUsed;
                slice.DeniedUntil = timestamp + slice.Desk.Ticks(isSpent ? AskAgainSpent : AskAgain);
                slice.DeniedSize = grant.Granted >= ask.Cap - grant.OthersUsed - grant.OthersLeased ? 1 : ask.Least - ask.Base;
            }
        }
    }

    /// <summary>The call with the counter's ask failed: nobody knows whether it was carried out.</summary>
    public void Unanswered()
    {
        lock (this)
        {
            _slice!.Borrowed = null;
        }
    }

    /// <summary>
    /// Goes on with what <paramref name="former"/>, the counter of a limit with the same name that is no more, has noted in the database.
    /// </summary>
    public void TakeOver(LimitCounter former)
    {
        long used;
        long start;
        LeaseSession? session;
        lock (former)
        {
            (used, start, session) = (former._meter.Used, former._start, former._slice!.Session);
        }

        lock (this)
        {
            Slice slice = _slice!;
            slice.Session ??= session;
            if (slice.Session == session && _start == start)
            {
                _meter.Used = Ir.Usage.Add(_meter.Used, used);
                slice.Borrowed = null;
            }
        }
    }

    private void CollectWish(Slice slice, LeaseRound round)
    {
        long counted = Ir.Usage.Add(_meter.Used, HeldNow);
        long demand = slice.DemandAt(round.Second);
        bool isConcurrency = _limit.Kind == LimitKind.Concurrency;
        long ahead = Math.Max(isConcurrency ? (2 * demand) - _open : Math.Min(demand, long.MaxValue / 4) * 2, slice.Typical);
        bool isNearCap = _limit.Cap - slice.OthersUsed - slice.OthersLeased - slice.Granted < 2 * ahead;
        long spare = slice.Granted - counted;
        if (spare > 0 && slice.Idle >= (isNearCap ? TicksToGiveBackNearCap : TicksToGiveBack))
        {
            // Far from the cap enough for one request stays for a while, which need not wait then.
            slice.Granted = counted + (isNearCap || slice.Idle >= TicksToForget - 1 ? 0 : Math.Min(spare, slice.Typical));
        }
        else if (spare / MaxSpareFactor > ahead)
        {
            slice.Granted = counted + ahead;
        }

        bool waits = slice.WaitLeast > 0;
        bool isLow = demand > 0 && spare < Math.Max(demand, slice.Typical) && round.Timestamp >= slice.DeniedUntil;
        long bookAhead = BookAhead(slice, counted);
        long need = Ir.Usage.Add(counted, slice.WaitNeed);
        long least = Ir.Usage.Add(counted, slice.WaitLeast);
        slice.Await();
        (long awaited, long awaiting) = slice.Awaited;
        LeaseAsk ask = Ask(_end);
        long book = isConcurrency ? 0 : Ir.Usage.Add(ask.Book, Ir.Usage.Add(Likely(awaited, awaiting), bookAhead));
        bool isBookOff = !isConcurrency && round.IsTick && slice.Booked != Math.Min(book, slice.Granted);
        bool isBookLow = !isConcurrency && demand > 0 && slice.Booked < slice.Granted && IsLow(slice, bookAhead, round.Second);
        if (waits || isLow || isBookOff || isBookLow || counted > slice.Granted || _meter.Used != slice.Noted || slice.Borrowed != slice.Granted)
        {
            round.Add(this, ask with
            {
                Least = least,
                Need = need,
                Target = waits || isLow ? Ir.Usage.Add(need, ahead) : slice.Granted,
                Book = book,
            });

            // The call may be carried out though its answer is lost.
            slice.Booked = Math.Min(slice.Booked, book);
        }
    }

    private void CollectFormer(Slice slice, LeaseRound round)
    {
        if (slice.Former is not { } former)
        {
            return;
        }

        former.Session ??= round.Session;
        if (former.IsDirty && former.Session == round.Session)
        {
            round.Add(this, FormerAsk(former));
        }
        else if (former.IsDirty)
        {
            slice.Desk.Keep(former.Session, FormerAsk(former));
            former.IsDirty = false;
        }

        slice.Former = former.IsDirty || former.Held > 0 ? former : null;
    }

    // What was lent in the session before is gone; what was used in it stays used, as if by another node.
    private void Begin(Slice slice, LeaseSession session)
    {
        if (slice.Session is { } ended)
        {
            if (_meter.Used != slice.Noted || slice.Booked > _meter.Used || slice.Borrowed is null)
            {
                slice.Desk.Keep(ended, Ask(_end) with { Keep = _meter.Used, Least = 0, Need = _meter.Used, Target = 0, Book = _meter.Used });
            }

            slice.OthersUsed = Everywhere;
            _meter.Used = 0;
        }

        slice.Session = session;
        slice.Granted = 0;
        slice.Booked = 0;
        slice.Borrowed = 0;
        slice.Noted = 0;
        slice.DeniedUntil = 0;
    }
}
