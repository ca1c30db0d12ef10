namespace Busbar.Wire.Framing;

/// <summary>
/// Cuts a byte stream into frames. Bytes are read straight into <see cref="GetMemory"/>, so they are copied once from the socket.
/// A pass-through relay writes <see cref="LastAdvanced"/> onwards as it came and reads the frames beside it. Not thread safe.
/// </summary>
internal interface IFramer : IDisposable
{
    /// <summary>Bytes received so far: the stream position after <see cref="LastAdvanced"/>.</summary>
    long Received { get; }

    /// <summary>
    /// Stream position just after the last frame handed out, its terminator included; 0 before the first. Bytes before it may be
    /// forwarded as whole frames; a stream cut here can be continued with frames of another origin.
    /// </summary>
    long FrameEnd { get; }

    /// <summary>The bytes of the last <see cref="Advance"/>, exactly as received. Valid until the next <see cref="GetMemory"/>.</summary>
    ReadOnlyMemory<byte> LastAdvanced { get; }

    /// <summary>
    /// Says that the next read may be long in coming: storage that holds no part of a frame is given back until then. Invalidates like
    /// <see cref="GetMemory"/>.
    /// </summary>
    void Rest();

    /// <summary>Room for the next read, at least <paramref name="sizeHint"/> bytes. Invalidates frames handed out before.</summary>
    Memory<byte> GetMemory(int sizeHint);

    /// <summary>Says that <paramref name="count"/> bytes of that room were filled. Called once per <see cref="GetMemory"/>.</summary>
    void Advance(int count);

    /// <summary>
    /// The next complete frame. <see cref="FrameResult.NeedMore"/> means that more bytes are needed; any failure is final.
    /// After <see cref="Complete"/> an unterminated tail is handed out as a last frame where the framing allows it.
    /// </summary>
    FrameResult TryRead(out Frame frame);

    /// <summary>Says that no more bytes will come.</summary>
    void Complete();
}
