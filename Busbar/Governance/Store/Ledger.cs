using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Microsoft.Extensions.Logging;

namespace Busbar.Governance.Store;

/// <summary>
/// Carries settlements to the store. What is posted is added up at once, so memory grows with the keys and models in use, never with the requests;
/// a thread of its own adds the sums to the store at its <see cref="IGovernanceStore.Pace"/>. While the store fails or blocks, the sums go on growing
/// and nobody waits; limits are not affected, since they count in memory. A crash loses what was posted since the last flush.
/// </summary>
internal sealed partial class Ledger : IAsyncDisposable
{
    /// <summary>
    /// How long a post waits for the store at most, while a store in a file is well: what a crash may cost. Waking up and writing take their time on
    /// a busy machine, and must fit into it.
    /// </summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan RepeatInterval = TimeSpan.FromMinutes(1);

    private readonly Posts[] _posted = [.. Enumerable.Range(0, Math.Min(Environment.ProcessorCount, 16)).Select(_ => new Posts())];
    private readonly SemaphoreSlim _flushing = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly IGovernanceStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Task _writer;
    private readonly Dictionary<(string Owner, string Key, long Start), LimitUsage> _unstoredCounts = [];
    private LedgerSums _unstored = new();
    private long _flushErrors;
    private long _lastFlush;
    private long? _lastErrorLogged;

    /// <summary>Begins to flush to <paramref name="store"/>.</summary>
    public Ledger(IGovernanceStore store, TimeProvider time, ILogger log)
    {
        _store = store;
        _time = time;
        _log = log;
        _lastFlush = time.GetTimestamp();
        _writer = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Takes the counts of limits that changed since it was asked last; null for none.</summary>
    public Func<List<LimitUsage>>? Counts { get; set; }

    /// <summary>Flushes that failed, ever.</summary>
    public long FlushErrors => Interlocked.Read(ref _flushErrors);

    /// <summary>
    /// Age of the store's knowledge: everything posted longer ago than this is stored. About <see cref="Interval"/> at most while the store is well.
    /// </summary>
    public TimeSpan Lag => _time.GetElapsedTime(Interlocked.Read(ref _lastFlush));

    /// <summary>Takes in what a request cost. Never waits for the store.</summary>
    public void Post(in ChargedAmount settlement)
    {
        // Which of them takes it makes no difference to the sums, so threads need not meet in one.
        Posts posts = _posted[Environment.CurrentManagedThreadId % _posted.Length];
        lock (posts)
        {
            posts.Sums.Add(settlement);
        }
    }

    /// <summary>Adds everything posted so far to the store. False when the store failed; nothing is lost then.</summary>
    public async Task<bool> FlushAsync()
    {
        await _flushing.WaitAsync().ConfigureAwait(false);
        try
        {
            return Flush();
        }
        finally
        {
            _flushing.Release();
        }
    }

    /// <summary>Stops the writer after a last flush. What is posted later is lost.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _writer.ConfigureAwait(false);
        if (!await FlushAsync().ConfigureAwait(false))
        {
            LostAtStop(_log, _unstored.Windows.Count);
        }

        _stop.Dispose();
        _flushing.Dispose();
    }

    private void Run()
    {
        using var timer = new PeriodicTimer(_store.Pace, _time);
        try
        {
            while (timer.WaitForNextTickAsync(_stop.Token).AsTask().GetAwaiter().GetResult())
            {
                FlushAsync().GetAwaiter().GetResult();
            }
        }
        catch (OperationCanceledException)
        {
            // The last flush is the disposer's.
        }
    }

    private bool Flush()
    {
        long began = _time.GetTimestamp();
        foreach (Posts posts in _posted)
        {
            LedgerPosts taken;
            lock (posts)
            {
                if (posts.Sums.IsEmpty)
                {
                    continue;
                }

                // Sums that stay where posts still go must not be stored: they would be stored once more.
                taken = posts.Sums;
                posts.Sums = new LedgerPosts();
            }

            _unstored.Add(taken);
        }

        if (_unstored.Windows.Count > 0)
        {
            if (!TryStore(() => _store.Add(_unstored.Windows, _unstored.Days)))
            {
                return false;
            }

            _unstored = new LedgerSums();
        }

        if (!FlushCounts())
        {
            return false;
        }

        Interlocked.Exchange(ref _lastFlush, began);
        return true;
    }

    // The whole count each time, so that of one that could not be written only the newest matters.
    private bool FlushCounts()
    {
        foreach (LimitUsage usage in Counts?.Invoke() ?? [])
        {
            _unstoredCounts[(usage.Owner, usage.Key, usage.WindowStart)] = usage;
        }

        if (_unstoredCounts.Count > 0)
        {
            if (!TryStore(() => _store.Put(_unstoredCounts.Values)))
            {
                return false;
            }

            _unstoredCounts.Clear();
        }

        return true;
    }

    private bool TryStore(Action store)
    {
        try
        {
            store();
            return true;
        }
        catch (Exception exception)
        {
            // Whatever it is: were the writer to end, everything from here on would be lost.
            Interlocked.Increment(ref _flushErrors);
            if (_lastErrorLogged is not { } last || _time.GetElapsedTime(last) >= RepeatInterval)
            {
                _lastErrorLogged = _time.GetTimestamp();
                FlushFailed(_log, exception is StoreException ? exception.Message : exception.GetType().Name);
            }

            return false;
        }
    }

    /// <summary>What some of the threads have posted since the last flush; locked by itself.</summary>
    private sealed class Posts
    {
        public LedgerPosts Sums = new();
    }

    [LoggerMessage(41, LogLevel.Error, "usage could not be written and is kept in memory: {Reason} (logged once a minute, tried ten times a second)")]
    private static partial void FlushFailed(ILogger logger, string reason);

    [LoggerMessage(42, LogLevel.Error, "usage of {Windows} budget windows is lost: the store failed to the end")]
    private static partial void LostAtStop(ILogger logger, int windows);
}
