using System.Diagnostics.Metrics;
using Busbar.Observability.Logging;
using Busbar.Observability.Tracing;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Busbar.Observability.Metrics;

/// <summary>
/// Sends the figures of <c>/metrics</c> to a collector at intervals, and once more at the end. An export that is not taken is counted and not
/// repeated: the next one says the same and more, since all figures are totals.
/// </summary>
internal sealed class MetricsExporter : IAsyncDisposable
{
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);

    private readonly Meter _meter = new(Metrics.MeterName, ProductVersion.Text);
    private readonly Dictionary<string, Figure> _unread = new(StringComparer.Ordinal);
    private readonly Func<IReadOnlyList<Figure>> _read;
    private readonly CollectorTransport _transport;
    private readonly MeterProvider _provider;

    /// <summary>Exports every <paramref name="interval"/> to <paramref name="collector"/>, which it owns, until disposed.</summary>
    /// <param name="collector">Posts to the collector.</param>
    /// <param name="durations">Where histograms are told.</param>
    /// <param name="read">Reads all other figures.</param>
    /// <param name="interval">Time from one export to the next.</param>
    /// <param name="failed">Counts exports that were not taken.</param>
    /// <param name="logger">Takes complaints.</param>
    /// <param name="time">The clock.</param>
    public MetricsExporter(SinkClient collector, Meter durations, Func<IReadOnlyList<Figure>> read, TimeSpan interval, Counter failed, ILogger logger,
        TimeProvider time)
    {
        _read = read;
        _transport = new CollectorTransport(collector, tries: 1, time);
        foreach (Figure figure in read())
        {
            _ = figure.IsTotal
                ? (Instrument)_meter.CreateObservableCounter(figure.Name, () => PointsOf(figure.Name), description: figure.Help)
                : _meter.CreateObservableGauge(figure.Name, () => PointsOf(figure.Name), description: figure.Help);
        }

        _provider = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(Tracer.Resource())
            .AddMeter(Metrics.MeterName)
            .AddView(instrument => ReferenceEquals(instrument.Meter, _meter) || ReferenceEquals(instrument.Meter, durations) ? StreamOf(instrument)
                : MetricStreamConfiguration.Drop)
            .AddReader(new PeriodicExportingMetricReader(new FigureExporter(_transport, failed, logger), (int)interval.TotalMilliseconds))
            .Build();
    }

    /// <summary>Exports once more and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _transport.Close(EndLimit);
        await Task.Run(() =>
        {
            _provider.Shutdown(2 * (int)EndLimit.TotalMilliseconds);
            _provider.Dispose();
        }).ConfigureAwait(false);
        _meter.Dispose();
        _transport.Dispose();
    }

    private static MetricStreamConfiguration StreamOf(Instrument instrument) => instrument is Histogram<double>
        ? new ExplicitBucketHistogramConfiguration { Boundaries = Histogram.Bounds.ToArray(), RecordMinMax = false, CardinalityLimit =
            Metrics.MaxRecorded }
        : new MetricStreamConfiguration { CardinalityLimit = Metrics.MaxRecorded };

    // Each export asks for every figure once: what was asked for before is read again, together with all others.
    private IReadOnlyList<Measurement<double>> PointsOf(string name)
    {
        if (!_unread.Remove(name, out Figure? figure))
        {
            _unread.Clear();
            foreach (Figure read in _read())
            {
                _unread[read.Name] = read;
            }

            _unread.Remove(name, out figure);
        }

        return figure?.Points ?? [];
    }
}
