using System.Diagnostics;
using Busbar.Observability.Metrics;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;

namespace Busbar.Observability.Tracing;

/// <summary>Sends batches of spans to a collector and counts which were taken and which were lost.</summary>
internal sealed partial class SpanExporter(CollectorTransport transport, Counter exported, Counter dropped, ILogger logger, TimeProvider time)
    : OtlpTraceExporter(transport.Options())
{
    /// <summary>Most spans that wait or are being sent.</summary>
    public const int MaxPending = 8192;

    private static readonly TimeSpan ComplaintInterval = TimeSpan.FromMinutes(1);

    private int _pending;
    private long? _complainedAt;

    /// <summary>Makes room for a span; false, and the span counted as lost, when there is none.</summary>
    public bool TryExpect()
    {
        if (Interlocked.Increment(ref _pending) <= MaxPending)
        {
            return true;
        }

        Interlocked.Decrement(ref _pending);
        dropped.Add();
        return false;
    }

    /// <summary>Counts as lost what will not be sent any more.</summary>
    public void GiveUp() => dropped.Add(Math.Max(Interlocked.Exchange(ref _pending, 0), 0));

    /// <inheritdoc/>
    public override ExportResult Export(in Batch<Activity> activityBatch)
    {
        int count = (int)activityBatch.Count;
        ExportResult result = base.Export(activityBatch);
        Interlocked.Add(ref _pending, -count);
        if (result == ExportResult.Success)
        {
            exported.Add(count);
        }
        else
        {
            dropped.Add(count);
            Complain();
        }

        return result;
    }

    private void Complain()
    {
        long now = time.GetTimestamp();
        if (_complainedAt is not { } last || time.GetElapsedTime(last, now) >= ComplaintInterval)
        {
            _complainedAt = now;
            Refused(logger, transport.Host, transport.Status);
        }
    }

    [LoggerMessage(
        30, LogLevel.Warning,
    "traces: the collector at {Host} does not take them (status={Status}, 0 is no answer); spans are dropped (logged once a minute, counted always)")]
    private static partial void Refused(ILogger logger, string host, int status);
}
