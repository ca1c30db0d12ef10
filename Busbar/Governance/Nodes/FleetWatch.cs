using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Microsoft.Extensions.Logging;

namespace Busbar.Governance.Nodes;

/// <summary>
/// Looks twice a second whether another node has changed anything, and says every other second that this one lives. It looks rather than being told, because a notification may get
/// lost on its way, and does behind a pooler. It is the first to know that the database is away.
/// </summary>
internal sealed partial class FleetWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan BeatInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RepeatInterval = TimeSpan.FromMinutes(1);

    // Changes are told for a day.
    private static readonly TimeSpan MostMissed = TimeSpan.FromHours(12);

    private readonly IFleetStore _store;
    private readonly FleetFollower _follower;
    private readonly EditTurn _turn;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watcher;
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

    /// <summary>Looks no more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _watcher.ConfigureAwait(false);
        _stop.Dispose();
    }

    private void Run()
    {
        using var timer = new PeriodicTimer(Interval, _time);
        try
        {
            while (timer.WaitForNextTickAsync(_stop.Token).AsTask().GetAwaiter().GetResult())
            {
                Look();
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
            bool missedMuch = _time.GetElapsedTime(_heard, began) > MostMissed;
            if (missedMuch || _store.ReadHead() > _store.Position)
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
                Gone(_log, problem is StoreException ? problem.Message : $"the database {_store.Place} gave an answer that makes no sense ({problem.GetType().Name})");
            }
        }
    }

    [LoggerMessage(44, LogLevel.Error, "{Reason}; what others change is not seen here, and usage is kept in memory (logged once a minute)")]
    private static partial void Gone(ILogger logger, string reason);

    [LoggerMessage(45, LogLevel.Information, "the database {Place} is back after {Seconds} s")]
    private static partial void Back(ILogger logger, string place, long seconds);
}
