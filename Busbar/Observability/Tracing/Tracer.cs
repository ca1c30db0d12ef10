using System.Diagnostics;
using Busbar.Observability.Logging;
using Busbar.Observability.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Context.Propagation;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Busbar.Observability.Tracing;

/// <summary>
/// Begins spans, decides which are recorded, and has finished ones exported. Whoever fills them must take names and values from configuration, fixed
/// words and counts: never from what a client or a model wrote.
/// </summary>
internal sealed class Tracer : IAsyncDisposable
{
    /// <summary>Longest time of one export.</summary>
    public static readonly TimeSpan ExportLimit = TimeSpan.FromSeconds(10);

    private const int LongestState = 512;
    private const int Tries = 3;

    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(10);
    private static readonly TraceContextPropagator Propagator = new();

    private readonly ActivitySource _source = new("busbar", ProductVersion.Text);
    private readonly Counter _dropped;
    private readonly CollectorTransport _transport;
    private readonly ShareSampler _sampler;
    private readonly SpanExporter _exporter;
    private readonly SpanQueue _queue;
    private readonly TracerProvider _provider;
    private volatile bool _isClosed;

    /// <summary>Records <paramref name="sampleRatio"/> of all traces for <paramref name="collector"/>, which it owns, until disposed.</summary>
    public Tracer(SinkClient collector, double sampleRatio, Counter exported, Counter dropped, ILogger logger, TimeProvider time)
    {
        Time = time;
        _dropped = dropped;
        _transport = new CollectorTransport(collector, Tries, time);
        _sampler = new ShareSampler(sampleRatio);
        _exporter = new SpanExporter(_transport, exported, dropped, logger, time);
        _queue = new SpanQueue(_exporter, _source);
        _provider = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(Resource())
            .AddSource(_source.Name)
            .SetSampler(_sampler)
            .AddProcessor(_queue)
            .Build();
    }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>What is said of this process with every export.</summary>
    public static ResourceBuilder Resource() =>
        ResourceBuilder.CreateEmpty().AddService("busbar", serviceVersion: ProductVersion.Text, serviceInstanceId: Guid.NewGuid().ToString());

    /// <summary>The caller's place in its trace (W3C Trace Context); the default when it names none.</summary>
    public static ActivityContext CallerOf(IHeaderDictionary headers) =>
        headers.TraceParent.Count == 0 ? default : Propagator.Extract(default, headers, static (headers, name) =>
        {
            IEnumerable<string> values = headers[name].OfType<string>();
            return name == "tracestate" && values.Sum(value => value.Length) > LongestState ? [] : values;
        }).ActivityContext;

    /// <summary>
    /// A span that begins at <paramref name="start"/>, recorded if its <paramref name="parent"/> is; without a parent in a new trace, which is
    /// recorded with the configured probability. Null when it can be of no interest to anybody.
    /// </summary>
    public Activity? Begin(ActivityKind kind, in ActivityContext parent, DateTimeOffset start)
    {
        Activity? span = _source.StartActivity(kind, parent, startTime: start, name: _source.Name);

        // A span goes with its request, which changes threads, and passes nothing on by itself.
        Activity.Current = null;
        return span;
    }

    /// <summary>Takes a span that ended at <paramref name="end"/>.</summary>
    public void Finished(Activity span, DateTimeOffset end)
    {
        if (!_isClosed)
        {
            span.SetEndTime(end.UtcDateTime).Stop();
        }
        else if (span.Recorded)
        {
            _dropped.Add();
        }
    }

    /// <summary>Sends what is queued, for 10 s at most, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _isClosed = true;
        _sampler.End();
        _transport.Close(FlushLimit);
        await Task.Run(() =>
        {
            _queue.Shutdown(2 * (int)FlushLimit.TotalMilliseconds);
            _provider.Dispose();
        }).ConfigureAwait(false);
        _exporter.GiveUp();
        _source.Dispose();
        _transport.Dispose();
    }
}
