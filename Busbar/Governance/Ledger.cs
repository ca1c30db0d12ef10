using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Busbar.Governance;

/// <summary>
/// Carries settlements to the store: requests post without waiting, one writer adds up what was posted and adds the sums to the store every
/// <see cref="Interval"/>. While the store fails, sums go on growing in memory, one for each key, model and day, and are tried again;
/// limits are not affected, since they count in memory. A crash loses what was posted since the last flush.
/// </summary>
internal sealed partial class Ledger : IAsyncDisposable
{
    /// <summary>Time between flushes.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan RepeatInterval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentQueue<Settlement> _posted = new();
    private readonly IGovernanceStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _writer;
    private readonly SemaphoreSlim _flushing = new(1, 1);
    private Dictionary<(string Key, long Window), WindowUsage> _windows = [];
    private Dictionary<(string Key, string Model, long Day), DailyUsage> _days = [];
    private long _flushErrors;
    private long _lastFlush;
    private long _lastErrorLogged;

    /// <summary>Begins to flush to <paramref name="store"/>.</summary>
    public Ledger(IGovernanceStore store, TimeProvider time, ILogger log)
    {
        _store = store;
        _time = time;
        _log = log;
        _lastFlush = time.GetTimestamp();
        _writer = Task.Run(RunAsync);
    }

    /// <summary>Flushes that failed, ever.</summary>
    public long FlushErrors => Interlocked.Read(ref _flushErrors);

    /// <summary>Time since the store last had everything that was posted by then.</summary>
    public TimeSpan Lag => _time.GetElapsedTime(Interlocked.Read(ref _lastFlush));

    /// <summary>Takes in what a request cost. Never waits.</summary>
    public void Post(in Settlement settlement) => _posted.Enqueue(settlement);

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

    /// <summary>Stops the writer after a last flush.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _writer.ConfigureAwait(false);
        if (!await FlushAsync().ConfigureAwait(false))
        {
            LostAtStop(_log, _windows.Count);
        }

        _stop.Dispose();
        _flushing.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                await FlushAsync().ConfigureAwait(false);
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
        while (_posted.TryDequeue(out Settlement settlement))
        {
            Sum(settlement);
        }

        if (_windows.Count > 0)
        {
            try
            {
                _store.Add(_windows.Values, _days.Values);
            }
            catch (StoreException exception)
            {
                Interlocked.Increment(ref _flushErrors);
                if (_lastErrorLogged == 0 || _time.GetElapsedTime(_lastErrorLogged) >= RepeatInterval)
                {
                    _lastErrorLogged = _time.GetTimestamp();
                    FlushFailed(_log, exception.Message);
                }

                return false;
            }

            _windows = [];
            _days = [];
        }

        Interlocked.Exchange(ref _lastFlush, began);
        return true;
    }

    private void Sum(in Settlement settlement)
    {
        long requests = settlement.IsSuccess ? 1 : 0;
        ref WindowUsage window = ref CollectionsMarshal.GetValueRefOrAddDefault(_windows, (settlement.KeyId, settlement.WindowStart), out _);
        window = new WindowUsage(
            settlement.KeyId,
            settlement.WindowStart,
            Ir.Usage.Add(window.SpendMicroCents, settlement.SpendMicroCents),
            Ir.Usage.Add(window.Tokens, Math.Min(settlement.Usage.Total, Prices.MostTokens)),
            window.Requests + requests);
        ref DailyUsage day = ref CollectionsMarshal.GetValueRefOrAddDefault(_days, (settlement.KeyId, settlement.Model, settlement.Day), out _);
        day = new DailyUsage(
            settlement.KeyId,
            settlement.Model,
            settlement.Day,
            day.Requests + requests,
            day.Estimated + (settlement.IsEstimated ? 1 : 0),
            Ir.Usage.Add(day.SpendMicroCents, settlement.SpendMicroCents),
            Ir.Usage.Add(day.Input, settlement.Usage.Input),
            Ir.Usage.Add(day.CacheRead, settlement.Usage.CacheRead),
            Ir.Usage.Add(day.CacheWrite, settlement.Usage.CacheWrite),
            Ir.Usage.Add(day.Output, settlement.Usage.Output),
            Ir.Usage.Add(day.Reasoning, settlement.Usage.Reasoning));
    }

    [LoggerMessage(41, LogLevel.Error, "usage could not be written and is kept in memory: {Reason} (logged once a minute, tried ten times a second)")]
    private static partial void FlushFailed(ILogger logger, string reason);

    [LoggerMessage(42, LogLevel.Error, "usage of {Windows} budget windows is lost: the store failed to the end")]
    private static partial void LostAtStop(ILogger logger, int windows);
}
