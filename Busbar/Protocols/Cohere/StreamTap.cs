using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Cohere;

/// <summary>
/// Watches a stream that passes through. A frame is parsed only while nothing of substance has passed, or when it may be the last one.
/// </summary>
internal sealed class StreamTap : IStreamTap
{
    private Usage _usage;

    /// <inheritdoc/>
    public bool HasContent { get; private set; }

    /// <inheritdoc/>
    public bool IsComplete { get; private set; }

    /// <inheritdoc/>
    public StreamError? Error { get; private set; }

    /// <inheritdoc/>
    public Usage Usage => _usage;

    /// <inheritdoc/>
    public void Observe(in Frame frame)
    {
        if (IsComplete || Error is not null || (HasContent && frame.Data.Span.IndexOf("message-end"u8) < 0 && !frame.Is("message-end"u8)))
        {
            return;
        }

        // The reader knows what counts as content and what as failure; here only its verdict is of interest.
        using var reader = new StreamReader();
        var events = new StreamEvents();
        try
        {
            reader.Read(frame, events);
        }
        catch (AllowanceException)
        {
            // What was read until then says enough.
        }

        for (int index = 0; index < events.Count; index++)
        {
            ref StreamEvent seen = ref events[index];
            _usage.Merge(seen.Usage);
            Error ??= seen.Error;
            IsComplete |= seen.Kind == StreamEventKind.MessageStop;
            HasContent |= seen.Kind is StreamEventKind.TextDelta or StreamEventKind.BlockStart or StreamEventKind.MessageStop;
        }
    }
}
