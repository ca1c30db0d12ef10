using System.Buffers;
using System.Text.Json;
using Busbar.Observability.Metrics;

namespace Busbar.Observability.Logging;

/// <summary>
/// Tells a receiver of each request that ended, in five fields and without waiting: best effort, no retry, a bounded number of deliveries at a time.
/// </summary>
internal sealed class RequestWebhook(SinkClient receiver, Counter dropped, Counter failed, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Longest time of one delivery.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private const int MostInFlight = 64;

    private readonly SemaphoreSlim _free = new(MostInFlight, MostInFlight);

    /// <summary>Sends one line from another thread; drops and counts it when too many are on their way. Never waits.</summary>
    /// <param name="protocol">The client's dialect.</param>
    /// <param name="pool">Configured pool or model, or <c>unresolved</c>.</param>
    /// <param name="outcome">As in metrics.</param>
    /// <param name="latency">Arrival to the end of the answer.</param>
    public void Post(string protocol, string pool, string outcome, TimeSpan latency)
    {
        if (!_free.Wait(0))
        {
            dropped.Add();
            return;
        }

        var line = (Webhook: this, Body: Write(time.GetUtcNow().ToUnixTimeSeconds(), protocol, pool, outcome, (long)latency.TotalMilliseconds));
        ThreadPool.UnsafeQueueUserWorkItem(static line => _ = line.Webhook.DeliverAsync(line.Body), line, preferLocal: false);
    }

    /// <summary>Waits for deliveries under way, which have their own limit, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        for (int slot = 0; slot < MostInFlight; slot++)
        {
            await _free.WaitAsync().ConfigureAwait(false);
        }

        receiver.Dispose();
    }

    private static ReadOnlyMemory<byte> Write(long seconds, string protocol, string pool, string outcome, long milliseconds)
    {
        var body = new ArrayBufferWriter<byte>(160);
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteNumber("ts"u8, seconds);
        json.WriteString("ingress_protocol"u8, protocol);
        json.WriteString("pool"u8, pool);
        json.WriteString("outcome"u8, outcome);
        json.WriteNumber("latency_ms"u8, milliseconds);
        json.WriteEndObject();
        json.Flush();
        return body.WrittenMemory;
    }

    private async Task DeliverAsync(ReadOnlyMemory<byte> body)
    {
        try
        {
            if (await receiver.PostAsync(body, "application/json", CancellationToken.None).ConfigureAwait(false) is not (>= 200 and < 300))
            {
                failed.Add();
            }
        }
        finally
        {
            _free.Release();
        }
    }
}
