using System.Threading.Channels;
using Busbar.Observability.Logging;
using Busbar.Observability.Metrics;
using Microsoft.Extensions.Logging;

namespace Busbar.Observability.Tracing;

/// <summary>
/// Sends finished spans to a collector, in batches and from a task of its own. The queue is bounded; what does not fit, or what the collector does not
/// take, is dropped and counted.
/// </summary>
internal sealed partial class SpanExporter : IAsyncDisposable
{
    private const int QueueLength = 8192;
    private const int BatchLength = 512;
    private const int Tries = 3;
    private const int GatherSteps = 10;

    private static readonly TimeSpan GatherStep = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RetryStep = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ComplaintInterval = TimeSpan.FromMinutes(1);

    private readonly Channel<Span> _queue = Channel.CreateBounded<Span>(new BoundedChannelOptions(QueueLength) { SingleReader = true });
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _giveUp = new();
    private readonly SinkClient _collector;
    private readonly Counter _exported;
    private readonly Counter _dropped;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Task _loop;
    private long? _complainedAt;

    /// <summary>Exports to <paramref name="collector"/>, which it owns, until disposed.</summary>
    public SpanExporter(SinkClient collector, Counter exported, Counter dropped, ILogger logger, TimeProvider time)
    {
        _collector = collector;
        _exported = exported;
        _dropped = dropped;
        _logger = logger;
        _time = time;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Takes a span, or drops and counts it. Never waits.</summary>
    public void Add(Span span)
    {
        if (!_queue.Writer.TryWrite(span))
        {
            _dropped.Add();
        }
    }

    /// <summary>Sends what is queued, for 10 s at most, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _closing.CancelAsync().ConfigureAwait(false);
        _giveUp.CancelAfter(FlushLimit);
        await _loop.ConfigureAwait(false);
        _collector.Dispose();
    }

    private async Task RunAsync()
    {
        ChannelReader<Span> reader = _queue.Reader;
        var batch = new SpanBatch();
        while (await reader.WaitToReadAsync().ConfigureAwait(false))
        {
            for (int step = 0; step < GatherSteps && reader.Count < BatchLength && !_closing.IsCancellationRequested; step++)
            {
                await PauseAsync(GatherStep).ConfigureAwait(false);
            }

            batch.Begin();
            while (batch.Count < BatchLength && reader.TryRead(out Span? span))
            {
                batch.Add(span);
            }

            int status = await SendAsync(batch.End()).ConfigureAwait(false);
            if (status is >= 200 and < 300)
            {
                _exported.Add(batch.Count);
            }
            else
            {
                _dropped.Add(batch.Count);
                Complain(status);
            }
        }
    }

    // OTLP names the statuses that may pass; every other one stands.
    private async Task<int> SendAsync(ReadOnlyMemory<byte> body)
    {
        for (int tried = 1; ; tried++)
        {
            int status = await _collector.PostAsync(body, "application/x-protobuf", _giveUp.Token).ConfigureAwait(false);
            if (status is not (0 or 429 or 502 or 503 or 504) || tried == Tries || _closing.IsCancellationRequested)
            {
                return status;
            }

            await PauseAsync(RetryStep * tried).ConfigureAwait(false);
        }
    }

    private async Task PauseAsync(TimeSpan time) =>
        await Task.Delay(time, _time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private void Complain(int status)
    {
        long now = _time.GetTimestamp();
        if (_complainedAt is not { } last || _time.GetElapsedTime(last, now) >= ComplaintInterval)
        {
            _complainedAt = now;
            Refused(_logger, _collector.Host, status);
        }
    }

    [LoggerMessage(30, LogLevel.Warning, "traces: the collector at {Host} does not take them (status={Status}, 0 is no answer); spans are dropped (logged once a minute, counted always)")]
    private static partial void Refused(ILogger logger, string host, int status);
}
