using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Microsoft.Extensions.Logging;

namespace Busbar.Governance.Nodes;

/// <summary>
/// Looks four times a second whether another node has changed anything, and says every other second that this one lives. It looks rather than being
/// told, because a notification may get lost on its way, and does behind a pooler. It is the first to know that the database is away.
/// </summary>
internal sealed partial class FleetWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MinInterval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);
    private const int Burst = 5;
    private static readonly TimeSpan BeatInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RepeatInterval = TimeSpan.FromMinutes(1);

    // Changes are told for a day.
    private static readonly TimeSpan MaxMissed = TimeSpan.FromHours(12);

    private readonly IFleetStore _store;
    private readonly FleetFollower _follower;
    private readonly EditTurn _turn;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watcher;
    private readonly FactQueue _facts = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private TaskCompletionSource _looked = NewLook();
    private long _factsHeard;
    private long _heard;
    private long _beat;
    private long _awaySince;
    private long? _lastLogged;

    /// <summary>Begins to look.</summary>
    public FleetWatch(Governor governor, IFleetStore store, TimeProvider time, ILogger log)
    {
        _store = store;
        _follower = new FleetFollower(governor, store, time);
        _turn = governor.Turn;
        _turn.CatchUp = _follower.CatchUp;
        _time = time;
        _log = log;
        _heard = _beat = time.GetTimestamp();
        _watcher = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>How long the database has been away; zero while it is not.</summary>
    public TimeSpan Away => Interlocked.Read(ref _awaySince) is not 0 and var since ? _time.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Whether the last look failed.</summary>
    public bool IsAway => Interlocked.Read(ref _awaySince) != 0;

    /// <summary>Is told what other nodes found out, and at times this one too, from the thread that looks.</summary>
    public Action<SharedFact>? Told { get; set; }

    /// <summary>Tells the other nodes soon. Never waits.</summary>
    public void Tell(in SharedFact fact)
    {
        _facts.Add(fact);
        Wake();
    }

    /// <summary>
    /// Waits until everything is heard that is written by now, at most for half a second. False where the database is away.
    /// </summary>
    public async Task<bool> CatchUpAsync(CancellationToken giveUp)
    {
        if (IsAway)
        {
            return false;
        }

        Task look = Volatile.Read(ref _looked).Task;
        Wake();
        await Task.WhenAny(look, Task.Delay(MaxWait, _time, giveUp)).ConfigureAwait(false);
        return !IsAway;
    }

    /// <summary>Looks no more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _watcher.ConfigureAwait(false);
        _stop.Dispose();
    }

    private void Run()
    {
        int spare = Burst;
        long last = _time.GetTimestamp();
        try
        {
            while (true)
            {
                _wake.Wait(Interval, _stop.Token);
                TaskCompletionSource looked = Interlocked.Exchange(ref _looked, NewLook());
                Look();
                looked.TrySetResult();

                // However often it is woken, the database is not asked more often than this for long.
                long earned = (long)(_time.GetElapsedTime(last) / Pace);
                last += (long)(Pace.TotalSeconds * _time.TimestampFrequency) * earned;
                spare = (int)Math.Min(Burst, spare + earned - 1);
                Task.Delay(spare > 0 ? MinInterval : Pace, _time, _stop.Token).GetAwaiter().GetResult();
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody wants to know any more.
        }
    }

    private void Look()
    {
        long began = _time.GetTimestamp();
        try
        {
            bool missedMuch = _time.GetElapsedTime(_heard, began) > MaxMissed;
            FleetHead head = TellFacts(out int told) ?? _store.ReadHead();
            if (Told is null)
            {
                // Nobody listens yet.
            }
            else if (head.Facts == _factsHeard + told)
            {
                // Nobody else told anything.
                _factsHeard = head.Facts;
            }
            else if (head.Facts > _factsHeard)
            {
                HearFacts();
            }

            if (missedMuch || head.Changes > _store.Position)
            {
                _turn.TakeAsync(() =>
                {
                    if (missedMuch)
                    {
                        _follower.StartOver();
                    }

                    return true;
                }).GetAwaiter().GetResult();
            }

            if (_time.GetElapsedTime(_beat, began) >= BeatInterval)
            {
                _store.Beat();
                _beat = began;
            }

            _heard = began;
            if (Interlocked.Exchange(ref _awaySince, 0) is not 0 and var since)
            {
                _lastLogged = null;
                Back(_log, _store.Place, (long)_time.GetElapsedTime(since).TotalSeconds);
            }
        }
        catch (Exception problem)
        {
            // Whatever it is: were this to end, a revoked key would work here for ever.
            Interlocked.CompareExchange(ref _awaySince, began, 0);
            if (_lastLogged is not { } last || _time.GetElapsedTime(last) >= RepeatInterval)
            {
                _lastLogged = began;
                Gone(_log, problem is StoreException ? problem.Message
                    : $"the database {_store.Place} gave an answer that makes no sense ({problem.GetType().Name})");
            }
        }
    }

    private static TaskCompletionSource NewLook() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Wake()
    {
        try
        {
            if (_wake.CurrentCount == 0)
            {
                _wake.Release();
            }
        }
        catch (SemaphoreFullException)
        {
            // Somebody else woke it.
        }
    }

    private FleetHead? TellFacts(out int told)
    {
        IReadOnlyCollection<SharedFact> facts = _facts.Take();
        told = facts.Count;
        try
        {
            return told == 0 ? null : _store.PutFacts(facts);
        }
        catch
        {
            _facts.Return(facts);
            throw;
        }
    }

    private void HearFacts()
    {
        foreach ((long number, SharedFact fact) in _store.ReadFacts(_factsHeard))
        {
            Told!(fact);
            _factsHeard = number;
        }
    }

    [LoggerMessage(44, LogLevel.Error, "{Reason}; what others change is not seen here, and usage is kept in memory (logged once a minute)")]
    private static partial void Gone(ILogger logger, string reason);

    [LoggerMessage(45, LogLevel.Information, "the database {Place} is back after {Seconds} s")]
    private static partial void Back(ILogger logger, string place, long seconds);
}
