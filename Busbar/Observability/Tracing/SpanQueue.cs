using System.Diagnostics;
using OpenTelemetry;

namespace Busbar.Observability.Tracing;

/// <summary>Gathers the finished spans of one source into batches, which a thread of its own exports.</summary>
/// <param name="spans">Takes the batches and says whether there is room.</param>
/// <param name="source">Whose spans are meant: while settings change, two sources of the same name are listened to.</param>
internal sealed class SpanQueue(SpanExporter spans, ActivitySource source)
    : BatchActivityExportProcessor(spans, SpanExporter.MaxPending, scheduledDelayMilliseconds: 1000, exporterTimeoutMilliseconds: int.MaxValue,
        maxExportBatchSize: 512)
{
    /// <inheritdoc/>
    public override void OnEnd(Activity data)
    {
        if (data.Recorded && ReferenceEquals(data.Source, source) && spans.TryExpect())
        {
            base.OnEnd(data);
        }
    }
}
