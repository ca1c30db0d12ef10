using System.Collections.Concurrent;
using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Governance.Store;
using Microsoft.Extensions.Logging;

namespace Busbar.Governance.Leases;

/// <summary>
/// Borrows for all limits of this node, many in one call, and gives back what is not needed. Requests are admitted in memory against what was
/// borrowed; only where that does not suffice does one wait, for the next call. One loop does all of it, so that calls of a session follow each
/// other.
/// </summary>
internal sealed partial class LeaseDesk : IAsyncDisposable
{
    /// <summary>How long what was lent to a node is kept for it that is not heard any more.</summary>
    public static readonly TimeSpan Term = TimeSpan.FromSeconds(15);

    /// <summary>How long nobody waits more for an answer of the database.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // How much earlier than the database a node takes its session to be over.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Pulse = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan RepeatInterval = TimeSpan.FromMinutes(1);

    // Calls that nobody needs at once are bundled: so many a second at most, and a few at once after a pause.
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(50);
    private const int Burst = 4;

    private const int MaxAsks = 2000;
    private const int MaxKept = 100_000;

    private readonly ILeaseStore _store;
    private readonly StoreClock _clock;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _bell = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<LimitCounter> _woken = new();
    private readonly Dictionary<(string Owner, string Key), LimitCounter> _active = [];
    private readonly ConcurrentDictionary<(long Session, string Owner, string Key, long Start), LeaseAsk> _kept = new();
    private readonly List<LimitCounter> _leaving = [];
    private TaskCompletionSource _round = NewRound();
    private Task _loop = Task.CompletedTask;
    private LeaseSession? _session;
    private long _sequence;
    private long _second;
    private long _heard;
    private long _ticked;
    private long _calls;
    private long _borrowed;
    private long? _awaySince;
    private long? _lastLogged;
    private bool _isAway;
    private bool _admitsAway;
    private int _count;

    /// <summary>A desk that does nothing before <see cref="StartAsync"/>.</summary>
    /// <param name="store">Where limits are borrowed; the desk's own.</param>
    /// <param name="clock">Learns the time of the database.</param>
    /// <param name="admitsAway">Whether, with the database away, requests pass for which too little was borrowed.</param>
    /// <param name="log">Where it is told when the database goes and comes.</param>
    public LeaseDesk(ILeaseStore store, StoreClock clock, bool admitsAway, ILogger log)
    {
        _store = store;
        _clock = clock;
        _log = log;
        AdmitsAway = admitsAway;
    }

    /// <summary>Whether requests pass for which too little was borrowed while the database is away.</summary>
    public bool AdmitsAway
    {
        get => Volatile.Read(ref _admitsAway);
        set => Volatile.Write(ref _admitsAway, value);
    }

    /// <summary>Whether the last call failed.</summary>
    public bool IsAway => Volatile.Read(ref _isAway);

    /// <summary>How long the database has been away; zero while it is not.</summary>
    public TimeSpan Away => _awaySince is { } since && IsAway ? _clock.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Calls made, ever.</summary>
    public long Calls => Interlocked.Read(ref _calls);

    /// <summary>Requests that had to wait for a call, ever.</summary>
    public long Borrowed => Interlocked.Read(ref _borrowed);

    /// <summary>Limits of which this node holds a part.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The clock of the database when a request was last judged, epoch second.</summary>
    public long Second => Volatile.Read(ref _second);

    /// <summary>What a request that comes at <paramref name="now"/>, by the clock of the database, may go by.</summary>
    public LeaseView View(long now)
    {
        if (Volatile.Read(ref _second) != now)
        {
            Volatile.Write(ref _second, now);
        }

        long timestamp = _clock.GetTimestamp();
        LeaseSession? session = Volatile.Read(ref _session);
        return new LeaseView(this, session is not null && timestamp < session.EndsAt ? session : null, timestamp);
    }

    /// <summary>A time as a number of this node's timestamps.</summary>
    public long Ticks(TimeSpan time) => (long)(time.TotalSeconds * _clock.TimestampFrequency);

    /// <summary>Opens a session, and begins to look after limits. Throws <see cref="StoreException"/> when the database does not answer.</summary>
    public async Task StartAsync()
    {
        await OpenAsync().ConfigureAwait(false);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Looks after <paramref name="counter"/> from now on.</summary>
    public void Wake(LimitCounter counter) => _woken.Enqueue(counter);

    /// <summary>Something runs out: the next call is to come before its time.</summary>
    public void Hurry()
    {
        if (_bell.CurrentCount == 0)
        {
            try
            {
                _bell.Release();
            }
            catch (SemaphoreFullException)
            {
                // Somebody else rang.
            }
        }
    }

    /// <summary>Notes later, in the session in which it was true, what is to be said of a window.</summary>
    public void Keep(LeaseSession? session, in LeaseAsk ask)
    {
        if (_kept.Count < MaxKept)
        {
            _kept[(session?.Id ?? 0, ask.Owner, ask.Key, ask.Start)] = ask;
        }
    }

    /// <summary>
    /// Waits until the database has answered, or did not in time, what <paramref name="reservation"/> wants to borrow. Nothing is held meanwhile, and
    /// whoever gives up waiting has nothing to give back.
    /// </summary>
    public async ValueTask BorrowAsync(Reservation reservation, CancellationToken giveUp)
    {
        Task round;
        lock (_gate)
        {
            foreach (ref readonly ReservedLimit want in reservation.Wants)
            {
                want.Counter.Want(want.Bound, want.Amount);
            }

            round = _round.Task;
        }

        Interlocked.Increment(ref _borrowed);
        Hurry();
        try
        {
            await round.WaitAsync(Patience + Patience, _clock, giveUp).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The request is judged by what there is.
        }
    }

    /// <summary>Says and asks once what there is to say and to ask. Made by the loop; by hand in tests, whose loop was not started.</summary>
    public async Task RoundAsync()
    {
        TaskCompletionSource answered;
        lock (_gate)
        {
            (answered, _round) = (_round, NewRound());
        }

        try
        {
            LeaseSession session = Volatile.Read(ref _session) ?? await OpenAsync().ConfigureAwait(false);
            if (await ExchangeAsync(session).ConfigureAwait(false))
            {
                Present();
                await SayKeptAsync().ConfigureAwait(false);
            }
            else
            {
                // It was over; whoever waits is to be served in the next.
                SessionEnded(_log);
                Volatile.Write(ref _session, null);
                session = await OpenAsync().ConfigureAwait(false);
                await ExchangeAsync(session).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is StoreException or TimeoutException or OperationCanceledException)
        {
            Absent(exception);
        }
        finally
        {
            answered.SetResult();
        }
    }

    /// <summary>Says what was used, gives everything back and ends the session.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        await RoundAsync().ConfigureAwait(false);
        if (Volatile.Read(ref _session) is { } session && !IsAway)
        {
            try
            {
                using var patience = new CancellationTokenSource(Patience, _clock);
                await _store.CloseAsync(session.Id, patience.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is StoreException or OperationCanceledException)
            {
                // It ends by itself.
            }
        }

        _store.Dispose();
        _stop.Dispose();
    }

    private static TaskCompletionSource NewRound() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task RunAsync()
    {
        long allowance = Burst;
        long last = _clock.GetTimestamp();
        try
        {
            while (true)
            {
                await _bell.WaitAsync(Tick, _stop.Token).ConfigureAwait(false);
                long now = _clock.GetTimestamp();
                long earned = (now - last) / Ticks(Pace);
                last += earned * Ticks(Pace);
                allowance = Math.Min(Burst, allowance + earned);
                if (allowance <= 0)
                {
                    await Task.Delay(Pace, _clock, _stop.Token).ConfigureAwait(false);
                }

                long before = Calls;
                await RoundAsync().ConfigureAwait(false);
                allowance -= Math.Max(1, Calls - before);
            }
        }
        catch (OperationCanceledException)
        {
            // The last round is the disposer's.
        }
    }

    private async Task<LeaseSession> OpenAsync()
    {
        long asked = _clock.GetTimestamp();
        using var patience = new CancellationTokenSource(Patience, _clock);
        Interlocked.Increment(ref _calls);
        (long id, long millis) = await _store.OpenAsync(Term, patience.Token).ConfigureAwait(false);
        long answered = _clock.GetTimestamp();
        _clock.Heard(millis, asked, answered);
        _heard = answered;
        var session = new LeaseSession(id) { EndsAt = asked + Ticks(Term - Margin) };
        Volatile.Write(ref _session, session);
        return session;
    }

    // False when the session was over.
    private async Task<bool> ExchangeAsync(LeaseSession session)
    {
        long now = _clock.GetTimestamp();
        bool isTick = now - _ticked >= Ticks(Tick);
        _ticked = isTick ? now : _ticked;
        var round = new LeaseRound(session, _clock.GetUtcNow().ToUnixTimeSeconds(), now, isTick);
        Admit();
        foreach (((string, string) place, LimitCounter counter) in _active)
        {
            if (!counter.Collect(round))
            {
                _leaving.Add(counter);
            }
        }

        foreach (LimitCounter counter in _leaving)
        {
            _active.Remove((counter.Owner, counter.Key));
        }

        _leaving.Clear();
        Volatile.Write(ref _count, _active.Count);
        if (round.Asks.Count == 0)
        {
            return now - _heard < Ticks(Pulse) || await CallAsync(session, round, 0, 0).ConfigureAwait(false);
        }

        for (int first = 0; first < round.Asks.Count; first += MaxAsks)
        {
            if (!await CallAsync(session, round, first, Math.Min(MaxAsks, round.Asks.Count - first)).ConfigureAwait(false))
            {
                return false;
            }
        }

        return true;
    }

    private async Task<bool> CallAsync(LeaseSession session, LeaseRound round, int first, int count)
    {
        long asked = _clock.GetTimestamp();
        bool isAnswered = false;
        try
        {
            LeaseReply reply = await SayAsync(session.Id, round.Asks.GetRange(first, count)).ConfigureAwait(false);
            long answered = _clock.GetTimestamp();
            isAnswered = true;
            if (!reply.IsAlive)
            {
                return false;
            }

            _heard = answered;
            _clock.Heard(reply.NowMillis, asked, answered);
            session.EndsAt = asked + Ticks(Term - Margin);
            for (int i = 0; i < count; i++)
            {
                round[first + i].Apply(round.Asks[first + i], reply.Grants[i], session, answered);
            }

            return true;
        }
        catch (GoneSessionException)
        {
            return false;
        }
        finally
        {
            for (int i = first; i < round.Asks.Count && !isAnswered; i++)
            {
                round[i].Unanswered();
            }
        }
    }

    private async Task<LeaseReply> SayAsync(long session, IReadOnlyList<LeaseAsk> asks)
    {
        Interlocked.Increment(ref _calls);
        using var patience = new CancellationTokenSource(Patience, _clock);
        return await _store.ExchangeAsync(new LeaseCall(session, ++_sequence, Term, asks), patience.Token).ConfigureAwait(false);
    }

    // What happened in sessions that are over, and in windows long gone.
    private async Task SayKeptAsync()
    {
        long current = Volatile.Read(ref _session)?.Id ?? 0;
        foreach (IGrouping<long, KeyValuePair<(long Session, string Owner, string Key, long Start),
            LeaseAsk>> kept in _kept.ToArray().GroupBy(entry => entry.Key.Session))
        {
            foreach (KeyValuePair<(long Session, string Owner, string Key, long Start), LeaseAsk>[] part in kept.Chunk(MaxAsks))
            {
                try
                {
                    await SayAsync(kept.Key == 0 ? current : kept.Key, [.. part.Select(entry => entry.Value)]).ConfigureAwait(false);
                }
                catch (GoneSessionException)
                {
                    await KeepElsewhereAsync(part).ConfigureAwait(false);
                }

                foreach (KeyValuePair<(long Session, string Owner, string Key, long Start), LeaseAsk> said in part)
                {
                    // Unless it has changed meanwhile.
                    _kept.TryRemove(said);
                }
            }
        }
    }

    // What such a session had noted is counted as somebody's; the rest is noted in one made for that, which nobody keeps alive.
    private async Task KeepElsewhereAsync(KeyValuePair<(long Session, string Owner, string Key, long Start), LeaseAsk>[] part)
    {
        using var patience = new CancellationTokenSource(Patience, _clock);
        (long id, _) = await _store.OpenAsync(Term, patience.Token).ConfigureAwait(false);
        foreach ((var at, LeaseAsk ask) in part)
        {
            long rest = Math.Max(0, ask.Used - ask.Noted);
            _kept[at with { Session = id }] = ask with { Used = rest, Base = rest, Keep = rest, Need = rest, Book = rest };
        }
    }

    private void Admit()
    {
        for (int i = _woken.Count; i > 0 && _woken.TryDequeue(out LimitCounter? counter); i--)
        {
            if (_active.TryGetValue((counter.Owner, counter.Key), out LimitCounter? former) && former != counter)
            {
                counter.TakeOver(former);
            }

            _active[(counter.Owner, counter.Key)] = counter;
        }
    }

    private void Present()
    {
        if (IsAway)
        {
            Volatile.Write(ref _isAway, false);
            _awaySince = null;
            _lastLogged = null;
            IsBack(_log);
        }
    }

    private void Absent(Exception exception)
    {
        long now = _clock.GetTimestamp();
        _awaySince = IsAway ? _awaySince : now;
        Volatile.Write(ref _isAway, true);
        if (_lastLogged is not { } last || _clock.GetElapsedTime(last) >= RepeatInterval)
        {
            _lastLogged = now;
            IsGone(_log, exception is StoreException ? exception.Message : "it does not answer in time");
        }
    }

    [LoggerMessage(
        80, LogLevel.Error,
    "limits cannot be borrowed: {Reason}; requests go on with what this node has borrowed, for some seconds (logged once a minute)")]
    private static partial void IsGone(ILogger logger, string reason);

    [LoggerMessage(81, LogLevel.Warning, "limits can be borrowed again")]
    private static partial void IsBack(ILogger logger);

    [LoggerMessage(
        82, LogLevel.Warning,
    "the database did not hear of this node for too long: what it had borrowed of limits was given to others, and it borrows again")]
    private static partial void SessionEnded(ILogger logger);
}
