using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols;

/// <summary>
/// Writes one client stream. Events arrive in legal order (guaranteed by the sequencer): one MessageStart; blocks one at a time with dense
/// indices from 0, each start with its stop; one MessageDelta; one MessageStop; or an error in place of what would come next.
/// Output is framed, ready for the wire.
/// </summary>
internal interface IStreamWriter : IDisposable
{
    /// <summary>Appends the frames of <paramref name="streamEvent"/> to <paramref name="output"/>.</summary>
    void Write(in StreamEvent streamEvent, PooledBuffer output);

    /// <summary>Appends the native error frame, and whatever must end the stream after it. Nothing else is written afterwards.</summary>
    void WriteError(in GatewayError error, PooledBuffer output);

    /// <summary>Appends a native keep-alive, or nothing where the protocol has none.</summary>
    void WriteKeepAlive(PooledBuffer output);

    /// <summary>What could not be expressed so far.</summary>
    Losses Losses { get; }
}
