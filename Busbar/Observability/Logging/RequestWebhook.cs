using System.Buffers;
using System.Text.Json;
using System.Threading.Channels;
using Busbar.Observability.Metrics;
using Microsoft.Extensions.Logging;

namespace Busbar.Observability.Logging;

/// <summary>
/// Tells a receiver of each request that ended, or of each alert, in batches and from a task of its own. The queue is bounded; what does not fit, and
/// what the receiver does not take in several tries, is dropped and counted.
/// </summary>
internal sealed partial class RequestWebhook : IAsyncDisposable
{
    /// <summary>Longest time of one delivery.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Records that may wait.</summary>
    public const int QueueLength = 8192;

    /// <summary>Most records of one delivery.</summary>
    public const int BatchLength = 100;

    /// <summary>Times that one batch is sent.</summary>
    public const int MaxTries = 8;

    private static readonly TimeSpan GatherTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(10);

    private readonly Channel<IWebhookRecord> _queue = Channel.CreateBounded<IWebhookRecord>(
        new BoundedChannelOptions(QueueLength) { SingleReader = true });
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _giveUp = new();
    private readonly SinkClient _receiver;
    private readonly Counter _delivered;
    private readonly Counter _dropped;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Task _loop;

    /// <summary>Delivers to <paramref name="receiver"/>, which it owns, until disposed.</summary>
    public RequestWebhook(SinkClient receiver, Counter delivered, Counter dropped, ILogger logger, TimeProvider time)
    {
        _receiver = receiver;
        _delivered = delivered;
        _dropped = dropped;
        _logger = logger;
        _time = time;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Takes a record, or drops and counts it. Never waits.</summary>
    public void Post(IWebhookRecord record)
    {
        if (!_queue.Writer.TryWrite(record))
        {
            _dropped.Add();
            if (!_closing.IsCancellationRequested)
            {
                record.Settled(isLast: false);
            }
        }
    }

    /// <summary>Sends what is queued, for 10 s at most, and ends; what is left then is dropped and counted.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _closing.CancelAsync().ConfigureAwait(false);
        _giveUp.CancelAfter(FlushLimit);
        await _loop.ConfigureAwait(false);
        _receiver.Dispose();
    }

    private async Task RunAsync()
    {
        ChannelReader<IWebhookRecord> reader = _queue.Reader;
        var body = new ArrayBufferWriter<byte>(16 * 1024);
        using var json = new Utf8JsonWriter(body);
        var batch = new List<IWebhookRecord>();
        while (await reader.WaitToReadAsync().ConfigureAwait(false))
        {
            if (reader.Count < BatchLength)
            {
                await PauseAsync(GatherTime).ConfigureAwait(false);
            }

            body.ResetWrittenCount();
            json.Reset();
            json.WriteStartArray();
            while (batch.Count < BatchLength && reader.TryRead(out IWebhookRecord? record))
            {
                if (record.IsDue)
                {
                    record.Write(json);
                    batch.Add(record);
                }
            }

            json.WriteEndArray();
            json.Flush();
            if (batch.Count > 0)
            {
                bool isSent = await TrySendAsync(body.WrittenMemory, batch.Count).ConfigureAwait(false);
                (isSent ? _delivered : _dropped).Add(batch.Count);
                if (isSent || !_closing.IsCancellationRequested)
                {
                    batch.ForEach(record => record.Settled(isLast: ReferenceEquals(record, batch[^1])));
                }

                batch.Clear();
            }
        }
    }

    private async Task<bool> TrySendAsync(ReadOnlyMemory<byte> batch, int count)
    {
        TimeSpan pause = FirstPause;
        for (int tried = 1; !_giveUp.IsCancellationRequested; tried++)
        {
            int status = await _receiver.PostAsync(batch, "application/json", _giveUp.Token).ConfigureAwait(false);
            if (status is >= 200 and < 300)
            {
                return true;
            }

            // A refusal stands; what may pass is tried again.
            if (status is not (0 or 408 or 425 or 429 or >= 500) || tried == MaxTries || _closing.IsCancellationRequested)
            {
                Refused(_logger, _receiver.Host, status, count);
                return false;
            }

            await PauseAsync(pause).ConfigureAwait(false);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }

        return false;
    }

    private async Task PauseAsync(TimeSpan time) =>
        await Task.Delay(time, _time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    [LoggerMessage(31, LogLevel.Warning, "webhook: the receiver at {Host} does not take them (status={Status}, 0 is no answer); {Records} are lost")]
    private static partial void Refused(ILogger logger, string host, int status, int records);
}
