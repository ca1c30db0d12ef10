using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols;

/// <summary>Reads, observes and writes one frame over and over, as a long stream does.</summary>
internal sealed class StreamLoop(Protocol protocol, ResponseIdentity identity) : IDisposable
{
    private readonly IStreamReader _reader = protocol.NewStreamReader();
    private readonly IStreamWriter _writer = protocol.NewStreamWriter(new StreamContext(identity, true, false, () => 0));
    private readonly IStreamTap _tap = protocol.NewStreamTap();
    private readonly StreamEvents _events = new();

    /// <summary>What was written for the last frame.</summary>
    public PooledBuffer Output { get; } = new(1 << 16);

    public void Run(Frame frame, int times)
    {
        for (int count = 0; count < times; count++)
        {
            _events.Clear();
            _reader.Read(frame, _events);
            _tap.Observe(frame);
            Output.Clear();
            for (int index = 0; index < _events.Count; index++)
            {
                _writer.Write(_events[index], Output);
            }
        }
    }

    public void Dispose()
    {
        _reader.Dispose();
        _writer.Dispose();
        Output.Dispose();
    }
}
