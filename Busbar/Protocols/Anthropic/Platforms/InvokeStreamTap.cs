using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Wire.Framing;

namespace Busbar.Protocols.Anthropic.Platforms;

/// <summary>Watches a stream of <c>InvokeModelWithResponseStream</c>: the model's events, and the service's exceptions between them.</summary>
internal sealed class InvokeStreamTap : IStreamTap
{
    private readonly StreamTap _events = new();
    private StreamError? _exception;

    /// <inheritdoc/>
    public bool HasContent => _events.HasContent;

    /// <inheritdoc/>
    public bool IsComplete => _events.IsComplete;

    /// <inheritdoc/>
    public StreamError? Error => _exception ?? _events.Error;

    /// <inheritdoc/>
    public Usage Usage => _events.Usage;

    /// <inheritdoc/>
    public void Observe(in Frame frame)
    {
        if (frame.IsException)
        {
            _exception ??= InvokeStreamReader.ErrorOf(frame);
        }
        else
        {
            _events.Observe(frame);
        }
    }
}
