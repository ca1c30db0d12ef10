using System.Net;
using Busbar.Observability.Logging;
using OpenTelemetry.Exporter;

namespace Busbar.Observability.Tracing;

/// <summary>
/// What the exporters of OpenTelemetry send through: a client of our own, which dials only addresses that may be called and adds the configured
/// headers. A status that may pass is tried again, as OTLP wants it.
/// </summary>
/// <param name="collector">Posts to the collector.</param>
/// <param name="tries">How often one export is posted at most.</param>
/// <param name="time">The clock of the pauses between tries.</param>
internal sealed class CollectorTransport(SinkClient collector, int tries, TimeProvider time) : HttpMessageHandler
{
    private static readonly TimeSpan RetryStep = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _giveUp = new();

    /// <summary>The collector's host, for the log.</summary>
    public string Host => collector.Host;

    /// <summary>The status of the last answer; 0 when none came.</summary>
    public int Status { get; private set; }

    /// <summary>Settings of an exporter that sends through this.</summary>
    public OtlpExporterOptions Options() => new()
    {
        Endpoint = collector.Address,
        Protocol = OtlpExportProtocol.HttpProtobuf,
        Headers = "",
        Compression = OtlpExportCompression.None,
        TimeoutMilliseconds = int.MaxValue,
        HttpClientFactory = () => new HttpClient(this, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan },
    };

    /// <summary>From now on nothing is tried again; after <paramref name="limit"/> nothing is sent at all.</summary>
    public void Close(TimeSpan limit)
    {
        _closing.Cancel();
        _giveUp.CancelAfter(limit);
    }

    // Called by the exporters, each on a thread of its own.
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        SendAsync(request, cancellationToken).GetAwaiter().GetResult();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        byte[] body = await request.Content!.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        Status = await PostAsync(body).ConfigureAwait(false);
        return new HttpResponseMessage(Status == 0 ? HttpStatusCode.GatewayTimeout : (HttpStatusCode)Status) { RequestMessage = request };
    }

    protected override void Dispose(bool disposing)
    {
        collector.Dispose();
        base.Dispose(disposing);
    }

    // OTLP names the statuses that may pass; every other one stands.
    private async Task<int> PostAsync(byte[] body)
    {
        for (int tried = 1; ; tried++)
        {
            int status = await collector.PostAsync(body, "application/x-protobuf", _giveUp.Token).ConfigureAwait(false);
            if (status is not (0 or 429 or 502 or 503 or 504) || tried == tries || _closing.IsCancellationRequested)
            {
                return status;
            }

            await Task.Delay(RetryStep * tried, time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
