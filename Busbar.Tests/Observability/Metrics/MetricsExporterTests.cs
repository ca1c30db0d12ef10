using System.Net;
using Busbar.Configuration.Model;
using Busbar.Observability.Logging;
using Busbar.Observability.Metrics;
using Busbar.Tests.Observability.Tracing;
using Busbar.Tests.Scenarios.Harness;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Observability.Metrics;

public sealed class MetricsExporterTests
{
    private const string Page = """
        # HELP calls_total Calls made.
        # TYPE calls_total counter
        calls_total{pool="a \"b\" \\n"} 3
        calls_total{pool="c"} 4
        # HELP empty_total Nothing yet.
        # TYPE empty_total counter
        # HELP depth How deep.
        # TYPE depth gauge
        depth 1.5
        # HELP took_seconds How long.
        # TYPE took_seconds histogram
        took_seconds_bucket{pool="c",le="0.001"} 1
        took_seconds_bucket{pool="c",le="+Inf"} 4
        took_seconds_sum{pool="c"} 2.5
        took_seconds_count{pool="c"} 4

        """;

    private readonly Counter _failed = new("");
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000));

    [Fact]
    public async Task The_figures_leave_at_the_interval_and_at_the_end_as_totals_gauges_and_histograms()
    {
        var receiver = new FakeReceiver();
        MetricsExporter exporter = Exporter(receiver);
        await Eventually.TrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(60));
                return receiver.Requests.Count > 0;
            },
            "exported");
        int before = receiver.Requests.Count;
        await exporter.DisposeAsync();
        Assert.True(receiver.Requests.Count > before);
        Assert.Equal(0, _failed.Value);
        Assert.All(receiver.Requests, request => Assert.Equal("s3cret", request.Headers.GetValues("api-key").Single()));

        SpanReading.Field[] metrics = [.. SpanReading.Fields(Part(Part(receiver.Bodies[0], 1), 2)).Where(field => field.Number == 2)];
        Assert.Equal(["calls_total", "depth", "took_seconds"], metrics.Select(metric => SpanReading.Fields(metric.Bytes)[0].Text));

        List<SpanReading.Field> sum = SpanReading.Fields(Part(metrics[0].Bytes, 7));
        Assert.Equal([(1, 0), (1, 0), (2, 2), (3, 1)], sum.Select(field => (field.Number, (int)field.Value)));
        Assert.Equal(3, Double(sum[0].Bytes, 4));
        var labels = new Dictionary<string, object>();
        SpanReading.Pair(Part(sum[0].Bytes, 7), labels);
        Assert.Equal("a \"b\" \\n", labels["pool"]);

        Assert.Equal(1.5, Double(Part(Part(metrics[1].Bytes, 5), 1), 4));

        List<SpanReading.Field> histogram = SpanReading.Fields(Part(Part(metrics[2].Bytes, 9), 1));
        Assert.Equal(4ul, histogram.Single(field => field.Number == 4).Value);
        Assert.Equal([1ul, 3ul], histogram.Where(field => field.Number == 6).Select(field => field.Value));
        Assert.Equal(2.5, Double(Part(Part(metrics[2].Bytes, 9), 1), 5));
    }

    [Fact]
    public async Task An_export_that_is_not_taken_is_counted()
    {
        MetricsExporter exporter = Exporter(new FakeReceiver { Status = HttpStatusCode.NotFound });
        await exporter.DisposeAsync();

        Assert.InRange(_failed.Value, 1, 2);
    }

    private static ReadOnlyMemory<byte> Part(ReadOnlyMemory<byte> message, int number) => SpanReading.Fields(message).First(field => field.Number == number).Bytes;

    private static double Double(ReadOnlyMemory<byte> message, int number) =>
        BitConverter.UInt64BitsToDouble(SpanReading.Fields(message).First(field => field.Number == number).Value);

    private MetricsExporter Exporter(FakeReceiver receiver) => new(
        new SinkClient(new Uri("https://collector.example/v1/metrics"), null, TimeSpan.FromMinutes(1), _ => true, receiver, new Dictionary<string, Secret> { ["api-key"] = new Secret("s3cret") }),
        () => Page,
        TimeSpan.FromSeconds(60),
        _failed,
        NullLogger.Instance,
        _time);
}
