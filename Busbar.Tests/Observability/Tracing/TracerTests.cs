using System.Diagnostics;
using System.Net;
using Busbar.Observability.Logging;
using Busbar.Observability.Metrics;
using Busbar.Observability.Tracing;
using Busbar.Tests.Scenarios.Harness;
using Microsoft.Extensions.Logging.Abstractions;

namespace Busbar.Tests.Observability.Tracing;

public sealed class TracerTests
{
    private readonly Counter _exported = new();
    private readonly Counter _dropped = new();

    [Fact]
    public async Task Every_span_arrives_once_and_as_it_was_whatever_the_batches()
    {
        var collector = new FakeReceiver();
        var sent = new List<(Activity Span, ActivityContext Parent)>();
        var random = new Random(11);
        Tracer tracer = NewTracer(collector);
        for (int number = 1; number <= 3000; number++)
        {
            ActivityContext parent = number % 3 == 0 ? default : new ActivityContext(
                ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded, number % 5 == 0 ? "a=b" : null,
                isRemote: number % 3 == 2);
            Activity span = tracer.Begin(number % 2 == 0 ? ActivityKind.Server : ActivityKind.Client, parent, Start.AddTicks(number))!;
            span.DisplayName = new string('n', random.Next(300)) + "ä";
            span.SetTag("word", "x\"\n").SetTag("none", null).SetTag("number", (long)number).SetTag("negative", -1);
            span.SetStatus(number % 7 == 0 ? ActivityStatusCode.Error : ActivityStatusCode.Unset);
            sent.Add((span, parent));
            tracer.Finished(span, Start.AddMinutes(number));
        }

        await tracer.DisposeAsync();

        List<SpanReading> arrived = [.. collector.Bodies.SelectMany(body => SpanReading.Decode(body))];
        Assert.Equal(sent.Count, arrived.Count);
        foreach (((Activity span, ActivityContext parent), SpanReading read) in sent.Zip(arrived))
        {
            Assert.Equal(
                (span.TraceId.ToHexString(), span.SpanId.ToHexString(), parent == default ? "" : parent.SpanId.ToHexString(), parent.TraceState ?? "",
                    span.DisplayName),
                (read.TraceId, read.SpanId, read.ParentId, read.State, read.Name));
            Assert.Equal(
                (span.Kind == ActivityKind.Server ? 2ul : 3, Nanoseconds(span.StartTimeUtc), Nanoseconds(span.StartTimeUtc + span.Duration),
                    span.Status == ActivityStatusCode.Error ? 2ul : 0),
                (read.Kind, read.Start, read.End, read.Status));
            Assert.Equal(parent.IsRemote ? 0x301ul : 0x101, read.Flags);
            Assert.Equal(new Dictionary<string, object> { ["word"] = "x\"\n", ["number"] = span.GetTagItem("number")!, ["negative"] = -1L },
                read.Attributes);
            Assert.Equal("busbar", read.Resource["service.name"]);
        }

        Assert.All(collector.Requests, request => Assert.Equal("application/x-protobuf", request.Content!.Headers.ContentType!.MediaType));
        Assert.Equal((3000, 0), (_exported.Value, _dropped.Value));
    }

    [Fact]
    public async Task A_collector_that_hangs_costs_a_bounded_number_of_spans_in_memory_and_none_uncounted()
    {
        var collector = new FakeReceiver { Hangs = true };
        Tracer tracer = NewTracer(collector);
        const int Spans = 20_000;
        for (int number = 1; number <= Spans; number++)
        {
            Record(tracer);
        }

        Assert.InRange(_dropped.Value, Spans - 10_000, Spans);
        collector.LetGo(HttpStatusCode.OK);
        await tracer.DisposeAsync();

        Assert.Equal(Spans, _exported.Value + _dropped.Value);
        Assert.Equal(_exported.Value, collector.Bodies.Sum(body => SpanReading.Decode(body).Count));
    }

    [Fact]
    public async Task Spans_that_a_collector_refuses_or_that_end_after_it_are_counted()
    {
        Tracer tracer = NewTracer(new FakeReceiver { Status = HttpStatusCode.BadRequest });
        Record(tracer);
        Activity late = tracer.Begin(ActivityKind.Server, default, Start)!;
        await tracer.DisposeAsync();
        tracer.Finished(late, Start);

        Assert.Equal((0, 2), (_exported.Value, _dropped.Value));
    }

    [Fact]
    public async Task A_collector_that_is_busy_for_a_moment_gets_the_batch_again()
    {
        var collector = new FakeReceiver { Status = HttpStatusCode.ServiceUnavailable };
        Tracer tracer = NewTracer(collector);
        Record(tracer);
        await Eventually.TrueAsync(() => collector.Requests.Count == 1, "one export");
        collector.Status = HttpStatusCode.OK;
        await Eventually.TrueAsync(() => _exported.Value == 1, "exported");
        await tracer.DisposeAsync();

        Assert.Equal(2, collector.Requests.Count);
        Assert.Equal(collector.Bodies[0], collector.Bodies[1]);
        Assert.Equal(0, _dropped.Value);
    }

    [Fact]
    public async Task While_settings_change_a_span_goes_to_the_collector_it_began_for()
    {
        FakeReceiver former = new(), next = new();
        Tracer first = NewTracer(former), second = NewTracer(next);
        Record(first);
        Record(second);
        Record(second);
        await first.DisposeAsync();
        await second.DisposeAsync();

        Assert.Equal((1, 2), (former.Bodies.Sum(body => SpanReading.Decode(body).Count), next.Bodies.Sum(body => SpanReading.Decode(body).Count)));
    }

    [Theory]
    [InlineData(1, 1000)]
    [InlineData(0, 0)]
    [InlineData(0.25, 250)]
    public async Task The_share_of_recorded_traces_is_the_configured_one_and_a_caller_that_decided_overrules_it(double ratio, int expected)
    {
        await using Tracer tracer = NewTracer(new FakeReceiver(), ratio);

        Assert.InRange(Enumerable.Range(0, 1000).Count(_ => tracer.Begin(ActivityKind.Server, default, Start)!.Recorded), expected * 0.7,
            expected * 1.3);
        foreach (bool sampled in (bool[])[true, false])
        {
            var caller = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), sampled ? ActivityTraceFlags.Recorded : 0,
                null, isRemote: true);
            Activity own = tracer.Begin(ActivityKind.Server, caller, Start)!;
            Assert.Equal((caller.TraceId, sampled), (own.TraceId, own.Recorded));
            Assert.NotEqual(caller.SpanId, own.SpanId);
            Assert.Null(Activity.Current);
        }
    }

    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static ulong Nanoseconds(DateTime time) => (ulong)(time - DateTime.UnixEpoch).Ticks * 100;

    private static void Record(Tracer tracer) => tracer.Finished(tracer.Begin(ActivityKind.Server, default, Start)!, Start.AddSeconds(1));

    private Tracer NewTracer(FakeReceiver collector, double share = 1) => new(
        new SinkClient(new Uri("http://localhost/v1/traces"), null, Tracer.ExportLimit, _ => true, collector), share, _exported, _dropped,
        NullLogger.Instance, TimeProvider.System);
}
