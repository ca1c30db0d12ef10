using Busbar.Observability.Tracing;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;

namespace Busbar.Observability.Metrics;

/// <summary>Sends figures to a collector and counts the exports that it did not take.</summary>
internal sealed partial class FigureExporter(CollectorTransport transport, Counter failed, ILogger logger) : OtlpMetricExporter(transport.Options())
{
    private bool _hasComplained;

    /// <inheritdoc/>
    public override ExportResult Export(in Batch<Metric> metrics)
    {
        ExportResult result = base.Export(metrics);
        bool isTaken = result == ExportResult.Success;
        if (!isTaken)
        {
            failed.Add();
            if (!_hasComplained)
            {
                Refused(logger, transport.Host, transport.Status);
            }
        }

        _hasComplained = !isTaken;
        return result;
    }

    [LoggerMessage(
        32, LogLevel.Warning,
    "figures: the collector at {Host} does not take them (status={Status}, 0 is no answer); logged once until it does again, counted always")]
    private static partial void Refused(ILogger logger, string host, int status);
}
