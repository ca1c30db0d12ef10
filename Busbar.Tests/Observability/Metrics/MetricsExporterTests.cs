using System.Net;
using System.Runtime.InteropServices;
using Busbar.Configuration.Model;
using Busbar.Observability.Logging;
using Busbar.Observability.Metrics;
using Busbar.Tests.Observability.Tracing;
using Busbar.Tests.Scenarios.Harness;
using Microsoft.Extensions.Logging.Abstractions;
using Registry = Busbar.Observability.Metrics.Metrics;

namespace Busbar.Tests.Observability.Metrics;

public sealed class MetricsExporterTests
{
    private readonly Counter _failed = new();
    private readonly Registry _metrics = new();
    private IReadOnlyList<Figure> _figures =
    [
        new("calls_total", "Calls made.", IsTotal: true, [new(3, new KeyValuePair<string, object?>("pool", "a \"b\" \\n")),
            new(4, new KeyValuePair<string, object?>("pool", "c"))]),
        new("empty_total", "Nothing yet.", IsTotal: true, []),
        new("depth", "How deep.", IsTotal: false, [new(1.5)]),
    ];

    [Fact]
    public async Task The_figures_leave_at_the_interval_and_at_the_end_as_totals_gauges_and_histograms()
    {
        var receiver = new FakeReceiver();
        MetricsExporter exporter = Exporter(receiver, TimeSpan.FromMilliseconds(50));
        Histogram took = _metrics.Duration.Get("openai", "c");
        took.Observe(TimeSpan.FromSeconds(0.001));
        took.Observe(TimeSpan.FromSeconds(1000));
        await Eventually.TrueAsync(() => receiver.Requests.Count > 1, "exported");
        _figures = [_figures[0] with { Points = [_figures[0].Points[0], new(5, _figures[0].Points[1].Tags)] }, .. _figures.Skip(1)];
        await exporter.DisposeAsync();
        Assert.Equal(0, _failed.Value);
        Assert.All(receiver.Requests, request => Assert.Equal("s3cret", request.Headers.GetValues("api-key").Single()));

        SpanReading.Field[] metrics = MetricsOf(receiver.Bodies[^1]);
        Assert.Equal(["busbar_request_duration_seconds", "calls_total", "depth"],
            metrics.Select(metric => SpanReading.Fields(metric.Bytes)[0].Text).Order(StringComparer.Ordinal));

        List<SpanReading.Field> sum = SpanReading.Fields(Part(Named(metrics, "calls_total"), 7));
        Assert.Equal([(1, 0), (1, 0), (2, 2), (3, 1)], sum.Select(field => (field.Number, (int)field.Value)).Order());
        Dictionary<object, double> calls = sum.Where(field => field.Number == 1).ToDictionary(
            point =>
            {
                var labels = new Dictionary<string, object>();
                SpanReading.Pair(Part(point.Bytes, 7), labels);
                return labels["pool"];
            },
            point => Double(point.Bytes, 4));
        Assert.Equal(new Dictionary<object, double> { ["a \"b\" \\n"] = 3, ["c"] = 5 }, calls);

        Assert.Equal(1.5, Double(Part(Part(Named(metrics, "depth"), 5), 1), 4));

        ReadOnlyMemory<byte> distribution = Part(Part(Named(metrics, "busbar_request_duration_seconds"), 9), 1);
        List<SpanReading.Field> histogram = SpanReading.Fields(distribution);
        Assert.Equal(2ul, histogram.Single(field => field.Number == 4).Value);
        Assert.Equal(1000.001, Double(distribution, 5));
        Assert.Equal((17, 18), (Numbers(histogram, 7).Length, Numbers(histogram, 6).Length));
        Assert.Equal((1ul, 1ul, 2ul), (Numbers(histogram, 6)[0], Numbers(histogram, 6)[^1],
            Numbers(histogram, 6).Aggregate((one, other) => one + other)));
    }

    [Fact]
    public async Task A_gauge_of_something_that_is_gone_is_not_exported_any_more()
    {
        var receiver = new FakeReceiver();
        MetricsExporter exporter = Exporter(receiver, TimeSpan.FromMilliseconds(50));
        await Eventually.TrueAsync(() => receiver.Requests.Count > 0, "exported");
        _figures = [.. _figures.Take(2), _figures[2] with { Points = [] }];
        await exporter.DisposeAsync();

        Assert.DoesNotContain("depth", MetricsOf(receiver.Bodies[^1]).Select(metric => SpanReading.Fields(metric.Bytes)[0].Text));
    }

    [Fact]
    public async Task An_export_that_is_not_taken_is_counted()
    {
        MetricsExporter exporter = Exporter(new FakeReceiver { Status = HttpStatusCode.NotFound }, TimeSpan.FromMinutes(1));
        await exporter.DisposeAsync();

        Assert.InRange(_failed.Value, 1, 2);
    }

    private static SpanReading.Field[] MetricsOf(ReadOnlyMemory<byte> body) =>
    [
        .. SpanReading.Fields(Part(body, 1)).Where(field => field.Number == 2).SelectMany(scope => SpanReading.Fields(scope.Bytes))
            .Where(field => field.Number == 2),
    ];

    private static ReadOnlyMemory<byte> Named(SpanReading.Field[] metrics, string name)
        => metrics.Single(metric => SpanReading.Fields(metric.Bytes)[0].Text == name).Bytes;

    // Packed or one by one.
    private static ulong[] Numbers(List<SpanReading.Field> fields, int number) =>
    [
        .. fields.Where(field => field.Number == number).SelectMany(
            field => field.Bytes.IsEmpty ? [field.Value] : MemoryMarshal.Cast<byte, ulong>(field.Bytes.Span).ToArray()),
    ];

    private static ReadOnlyMemory<byte> Part(ReadOnlyMemory<byte> message, int number) => SpanReading.Fields(message)
        .First(field => field.Number == number).Bytes;

    private static double Double(ReadOnlyMemory<byte> message, int number) =>
        BitConverter.UInt64BitsToDouble(SpanReading.Fields(message).First(field => field.Number == number).Value);

    private MetricsExporter Exporter(FakeReceiver receiver, TimeSpan interval) => new(
        new SinkClient(new Uri("https://collector.example/v1/metrics"), null, TimeSpan.FromMinutes(1), _ => true, receiver,
            new SinkSettings { Headers = new Dictionary<string, Secret> { ["api-key"] = new Secret("s3cret") } }),
        _metrics.Meter,
        () => _figures,
        interval,
        _failed,
        NullLogger.Instance,
        TimeProvider.System);
}
