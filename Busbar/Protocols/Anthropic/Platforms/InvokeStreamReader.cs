using Busbar.Ir.Streams;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic.Platforms;

/// <summary>Reads a stream of <c>InvokeModelWithResponseStream</c>: the model's events, and the service's exceptions between them.</summary>
internal sealed class InvokeStreamReader : IStreamReader
{
    private readonly StreamReader _events = new();

    /// <summary>The error that an exception of the service stands for.</summary>
    public static StreamError ErrorOf(in Frame exception)
    {
        using var tape = new JsonTape();
        tape.TryParse(exception.Data);
        return Bedrock.ErrorReader.ReadException(exception.Name.Span, tape.Root);
    }

    /// <inheritdoc/>
    public void Read(in Frame frame, StreamEvents events)
    {
        if (frame.IsException)
        {
            events.Add(StreamEventKind.Error).Error = ErrorOf(frame);
            return;
        }

        _events.Read(frame, events);
    }

    /// <inheritdoc/>
    public void Complete(StreamEvents events) => _events.Complete(events);

    /// <inheritdoc/>
    public void Dispose() => _events.Dispose();
}
