using Busbar.Configuration.Guards;
using Busbar.Configuration.Model;
using Busbar.Observability.Logging;
using Busbar.Observability.Metrics;
using Busbar.Observability.Tracing;
using Microsoft.Extensions.Logging;

namespace Busbar.Observability;

/// <summary>Where traces and request logs go, as the configuration in force says.</summary>
/// <param name="metrics">Counts what goes out and what is lost.</param>
/// <param name="logger">Takes complaints.</param>
/// <param name="time">The clock.</param>
/// <param name="network">What sends instead of the network.</param>
internal sealed class Telemetry(Metrics.Metrics metrics, ILogger logger, TimeProvider time, HttpMessageHandler? network = null) : IAsyncDisposable
{
    private ObservabilityConfig _config = new();
    private Tracer? _tracer;
    private RequestWebhook? _webhook;
    private RequestWebhook? _alerts;
    private RequestFile? _file;
    private MetricsExporter? _figures;
    private Task _retired = Task.CompletedTask;

    /// <summary>What records traces; null when nobody does.</summary>
    public Tracer? Tracer => Volatile.Read(ref _tracer);

    /// <summary>What tells of requests; null when nobody asks.</summary>
    public RequestWebhook? Webhook => Volatile.Read(ref _webhook);

    /// <summary>What writes requests to a file; null when nobody asks.</summary>
    public RequestFile? File => Volatile.Read(ref _file);

    /// <summary>What tells of alerts; null when nobody asks.</summary>
    public RequestWebhook? Alerts => Volatile.Read(ref _alerts);

    /// <summary>Reads the figures; to be set before figures are exported.</summary>
    public Func<IReadOnlyList<Figure>> Figures { get; set; } = static () => [];

    /// <summary>Puts settings in force. A sink whose settings are as before goes on undisturbed; a former one sends what it has and ends.</summary>
    public void Apply(ObservabilityConfig config)
    {
        ObservabilityConfig former = _config;
        _config = config;
        bool isOtherCollector = former.OtlpEndpoint != config.OtlpEndpoint || IsOther(former.OtlpAuthorization, config.OtlpAuthorization)
            || !former.Otlp.Same(config.Otlp);
        if (isOtherCollector || former.OtlpMetricsIntervalSecs != config.OtlpMetricsIntervalSecs)
        {
            Retire(_figures);
            _figures = config.OtlpEndpoint is { } collector && config.OtlpMetricsIntervalSecs > 0 ? NewFigures(collector, config) : null;
        }

        if (isOtherCollector || former.OtlpSampleRatio != config.OtlpSampleRatio)
        {
            Retire(Interlocked.Exchange(ref _tracer, config.OtlpEndpoint is { } endpoint ? NewTracer(endpoint, config) : null));
        }

        if (former.RequestLogWebhookUrl != config.RequestLogWebhookUrl
            || IsOther(former.RequestLogWebhookAuthorization, config.RequestLogWebhookAuthorization)
            || !former.RequestLogWebhook.Same(config.RequestLogWebhook))
        {
            Retire(Interlocked.Exchange(ref _webhook, config.RequestLogWebhookUrl is { } url
                ? NewWebhook(url, config.RequestLogWebhookAuthorization, config.RequestLogWebhook, metrics.WebhookDelivered.Get(),
                    metrics.WebhookDropped.Get()) : null));
        }

        if (former.RequestLogFile != config.RequestLogFile)
        {
            Retire(Interlocked.Exchange(ref _file, config.RequestLogFile is { } path
                ? new RequestFile(path, metrics.RequestLinesWritten.Get(), metrics.RequestLinesDropped.Get(), logger, time) : null));
        }

        if (former.AlertWebhookUrl != config.AlertWebhookUrl || IsOther(former.AlertWebhookAuthorization, config.AlertWebhookAuthorization)
            || !former.AlertWebhook.Same(config.AlertWebhook))
        {
            Retire(Interlocked.Exchange(ref _alerts, config.AlertWebhookUrl is { } url
                ? NewWebhook(url, config.AlertWebhookAuthorization, config.AlertWebhook, metrics.AlertsDelivered.Get(), metrics.AlertsDropped.Get())
                    : null));
        }
    }

    /// <summary>Sends what is queued, within the sinks' own limits, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        Apply(new ObservabilityConfig());
        await _retired.ConfigureAwait(false);
    }

    private static bool IsOther(Secret? one, Secret? other) => one?.Reveal() != other?.Reveal();

    private Tracer NewTracer(string endpoint, ObservabilityConfig config) => new(
        Collector(OtlpAddress.Of(endpoint, "traces"), config), config.OtlpSampleRatio, metrics.SpansExported.Get(), metrics.SpansDropped.Get(),
        logger, time);

    private MetricsExporter NewFigures(string endpoint, ObservabilityConfig config) => new(
        Collector(OtlpAddress.Of(endpoint, "metrics"), config),
        metrics.Meter,
        () => Figures(),
        TimeSpan.FromSeconds(config.OtlpMetricsIntervalSecs),
        metrics.PointsDropped.Get(),
        logger,
        time);

    private SinkClient Collector(Uri address, ObservabilityConfig config) => new(
        address,
        config.OtlpAuthorization,
        Tracer.ExportLimit,
        kind => kind == AddressKind.Loopback || SinkGuard.Allows(address, kind, config.Otlp.AllowPrivateNetwork),
        network,
        config.Otlp);

    private RequestWebhook NewWebhook(string url, Secret? authorization, SinkSettings settings, Counter delivered, Counter dropped)
    {
        var address = new Uri(url);
        var receiver = new SinkClient(
            address,
            authorization,
            RequestWebhook.Limit,
            kind => SinkGuard.Allows(address, kind, settings.AllowPrivateNetwork),
            network,
            settings);
        return new RequestWebhook(receiver, delivered, dropped, logger, time);
    }

    private void Retire(IAsyncDisposable? sink)
    {
        if (sink is not null)
        {
            _retired = Task.WhenAll(_retired, sink.DisposeAsync().AsTask());
        }
    }
}
