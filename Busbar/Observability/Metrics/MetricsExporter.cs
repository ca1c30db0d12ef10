using Busbar.Observability.Logging;
using Microsoft.Extensions.Logging;

namespace Busbar.Observability.Metrics;

/// <summary>
/// Sends the figures of <c>/metrics</c> to a collector at intervals, and once more at the end. An export that is not taken is counted and not repeated: the
/// next one says the same and more, since all figures are totals.
/// </summary>
internal sealed partial class MetricsExporter : IAsyncDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private readonly SinkClient _collector;
    private readonly Func<string> _page;
    private readonly TimeSpan _interval;
    private readonly Counter _failed;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Task _loop;

    /// <summary>Exports what <paramref name="page"/> shows every <paramref name="interval"/> to <paramref name="collector"/>, which it owns, until disposed.</summary>
    public MetricsExporter(SinkClient collector, Func<string> page, TimeSpan interval, Counter failed, ILogger logger, TimeProvider time)
    {
        _collector = collector;
        _page = page;
        _interval = interval;
        _failed = failed;
        _logger = logger;
        _time = time;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Exports once more and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _collector.Dispose();
    }

    private async Task RunAsync()
    {
        var batch = new MetricsBatch(_time.GetUtcNow());
        bool hasComplained = false;
        do
        {
            await Task.Delay(_interval, _time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            int status = await _collector.PostAsync(batch.Of(_page(), _time.GetUtcNow()), "application/x-protobuf", CancellationToken.None).ConfigureAwait(false);
            bool isTaken = status is >= 200 and < 300;
            if (!isTaken)
            {
                _failed.Add();
                if (!hasComplained)
                {
                    Refused(_logger, _collector.Host, status);
                }
            }

            hasComplained = !isTaken;
        }
        while (!_closing.IsCancellationRequested);
    }

    [LoggerMessage(32, LogLevel.Warning, "figures: the collector at {Host} does not take them (status={Status}, 0 is no answer); logged once until it does again, counted always")]
    private static partial void Refused(ILogger logger, string host, int status);
}
