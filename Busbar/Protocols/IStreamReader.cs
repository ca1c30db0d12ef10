using Busbar.Ir.Streams;
using Busbar.Wire.Framing;

namespace Busbar.Protocols;

/// <summary>
/// Turns the frames of one upstream stream into events. A frame that is not understood gives no event and never throws. Events may be
/// interleaved between blocks as the provider sends them; the sequencer behind it puts them in legal order.
/// </summary>
internal interface IStreamReader : IDisposable
{
    /// <summary>Appends the events of <paramref name="frame"/> to <paramref name="events"/>.</summary>
    void Read(in Frame frame, StreamEvents events);

    /// <summary>
    /// Called once when the provider's stream has ended: appends what was held back (a terminal that waited for usage). Must not invent a
    /// terminal that the provider did not send.
    /// </summary>
    void Complete(StreamEvents events);
}
