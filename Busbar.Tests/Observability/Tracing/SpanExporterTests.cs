using System.Net;
using Busbar.Observability.Logging;
using Busbar.Observability.Metrics;
using Busbar.Observability.Tracing;
using Busbar.Tests.Scenarios.Harness;
using Microsoft.Extensions.Logging.Abstractions;

namespace Busbar.Tests.Observability.Tracing;

public sealed class SpanExporterTests
{
    private readonly Counter _exported = new("");
    private readonly Counter _dropped = new("");

    [Fact]
    public async Task Every_span_arrives_once_and_as_it_was_whatever_the_batches()
    {
        var collector = new FakeReceiver();
        var sent = new List<Span>();
        var random = new Random(11);
        SpanExporter exporter = Exporter(collector);
        for (ulong id = 1; id <= 3000; id++)
        {
            var span = new Span
            {
                Name = new string('n', random.Next(300)) + "ä",
                Kind = id % 2 == 0 ? SpanKind.Server : SpanKind.Client,
                Context = new TraceContext(UInt128.MaxValue - id, id, IsSampled: true),
                Parent = id % 3,
                ParentIsRemote = id % 3 == 2,
                State = id % 5 == 0 ? "a=b" : null,
                Start = (long)id * 1_000_000_007,
                End = long.MaxValue - (long)id,
                HasFailed = id % 7 == 0,
            };
            span.With("word", "x\"\n").With("none", (string?)null).With("number", (long)id).With("negative", -1L);
            sent.Add(span);
            exporter.Add(span);
        }

        await exporter.DisposeAsync();

        List<SpanReading> arrived = [.. collector.Bodies.SelectMany(body => SpanReading.Decode(body))];
        Assert.Equal(sent.Count, arrived.Count);
        foreach ((Span span, SpanReading read) in sent.Zip(arrived))
        {
            Assert.Equal(
                (span.Context.TraceId.ToString("x32"), span.Context.SpanId.ToString("x16"), span.Parent == 0 ? "" : span.Parent.ToString("x16"), span.State ?? "", span.Name),
                (read.TraceId, read.SpanId, read.ParentId, read.State, read.Name));
            Assert.Equal(
                ((ulong)span.Kind, (ulong)span.Start, (ulong)span.End, span.HasFailed ? 2ul : 0, span.ParentIsRemote ? 0x301ul : 0x101),
                (read.Kind, read.Start, read.End, read.Status, read.Flags));
            Assert.Equal(new Dictionary<string, object> { ["word"] = "x\"\n", ["number"] = (long)span.Context.SpanId, ["negative"] = -1L }, read.Attributes);
        }

        Assert.All(collector.Requests, request => Assert.Equal("application/x-protobuf", request.Content!.Headers.ContentType!.MediaType));
        Assert.Equal((3000, 0), (_exported.Value, _dropped.Value));
    }

    [Fact]
    public async Task A_collector_that_hangs_costs_a_bounded_number_of_spans_in_memory_and_none_uncounted()
    {
        var collector = new FakeReceiver { Hangs = true };
        SpanExporter exporter = Exporter(collector);
        const int Spans = 20_000;
        for (ulong id = 1; id <= Spans; id++)
        {
            exporter.Add(Any(id));
        }

        Assert.InRange(_dropped.Value, Spans - 10_000, Spans);
        collector.LetGo(HttpStatusCode.OK);
        await exporter.DisposeAsync();

        Assert.Equal(Spans, _exported.Value + _dropped.Value);
        Assert.Equal(_exported.Value, collector.Bodies.Sum(body => SpanReading.Decode(body).Count));
    }

    [Fact]
    public async Task Spans_that_a_collector_refuses_are_counted()
    {
        SpanExporter exporter = Exporter(new FakeReceiver { Status = HttpStatusCode.BadRequest });
        exporter.Add(Any(1));
        await exporter.DisposeAsync();
        exporter.Add(Any(2));

        Assert.Equal((0, 2), (_exported.Value, _dropped.Value));
    }

    [Fact]
    public async Task A_collector_that_is_busy_for_a_moment_gets_the_batch_again()
    {
        var collector = new FakeReceiver { FirstStatus = HttpStatusCode.ServiceUnavailable };
        SpanExporter exporter = Exporter(collector);
        exporter.Add(Any(1));
        await Eventually.TrueAsync(() => _exported.Value == 1, "exported");
        await exporter.DisposeAsync();

        Assert.Equal(2, collector.Requests.Count);
        Assert.Equal(collector.Bodies[0], collector.Bodies[1]);
        Assert.Equal(0, _dropped.Value);
    }

    [Theory]
    [InlineData(1, 1000)]
    [InlineData(0, 0)]
    [InlineData(0.25, 250)]
    public async Task The_share_of_recorded_traces_is_the_configured_one_and_a_caller_that_decided_overrules_it(double ratio, int expected)
    {
        await using var tracer = new Tracer(Exporter(new FakeReceiver()), ratio, new Random(5), TimeProvider.System);

        Assert.InRange(Enumerable.Range(0, 1000).Count(_ => tracer.Begin(null).IsSampled), expected * 0.8, expected * 1.2);
        foreach (bool sampled in (bool[])[true, false])
        {
            var caller = new TraceContext(5, 6, sampled);
            TraceContext own = tracer.Begin(caller);
            Assert.Equal((caller.TraceId, sampled), (own.TraceId, own.IsSampled));
            Assert.NotEqual(caller.SpanId, own.SpanId);
        }
    }

    private static Span Any(ulong id) => new()
    {
        Name = "chat smart",
        Kind = SpanKind.Server,
        Context = new TraceContext(id, id, IsSampled: true),
        Start = 1,
        End = 2,
    };

    private SpanExporter Exporter(FakeReceiver collector) => new(
        new SinkClient(new Uri("http://localhost/v1/traces"), null, Tracer.ExportLimit, _ => true, collector), _exported, _dropped, NullLogger.Instance, TimeProvider.System);
}
