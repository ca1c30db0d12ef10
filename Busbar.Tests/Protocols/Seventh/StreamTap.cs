using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Wire.Framing;

namespace Busbar.Tests.Protocols.Seventh;

/// <summary>Watches a stream that passes through.</summary>
internal sealed class StreamTap : IStreamTap
{
    private readonly StreamReader _reader = new();
    private readonly StreamEvents _events = new();
    private Usage _usage;

    public bool HasContent { get; private set; }

    public bool IsComplete { get; private set; }

    public StreamError? Error { get; private set; }

    public Usage Usage => _usage;

    public void Observe(in Frame frame)
    {
        _reader.Read(frame, _events);
        for (int index = 0; index < _events.Count; index++)
        {
            ref StreamEvent seen = ref _events[index];
            _usage.Merge(seen.Usage);
            Error ??= seen.Error;
            IsComplete |= seen.Kind == StreamEventKind.MessageStop;
            HasContent |= seen.Kind is StreamEventKind.TextDelta or StreamEventKind.BlockStart or StreamEventKind.MessageStop;
        }

        _events.Clear();
    }
}
