using OpenTelemetry.Trace;

namespace Busbar.Observability.Tracing;

/// <summary>Records a share of all traces, unless the caller decided, and none once it is over.</summary>
/// <param name="share">0 to 1.</param>
internal sealed class ShareSampler(double share) : Sampler
{
    private readonly ParentBasedSampler _sampler = new(new TraceIdRatioBasedSampler(share));
    private volatile bool _isOver;

    /// <summary>Leaves the decision to whoever comes next.</summary>
    public void End() => _isOver = true;

    /// <inheritdoc/>
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        _isOver ? new SamplingResult(SamplingDecision.Drop) : _sampler.ShouldSample(samplingParameters);
}
