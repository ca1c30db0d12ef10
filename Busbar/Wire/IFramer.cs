namespace Busbar.Wire;

/// <summary>
/// Cuts a byte stream into frames. Bytes are read straight into <see cref="GetMemory"/>, so they are copied once from the socket.
/// Not thread safe.
/// </summary>
internal interface IFramer : IDisposable
{
    /// <summary>Room for the next read, at least <paramref name="sizeHint"/> bytes. Invalidates frames handed out before.</summary>
    Memory<byte> GetMemory(int sizeHint);

    /// <summary>Says that <paramref name="count"/> bytes of that room were filled.</summary>
    void Advance(int count);

    /// <summary>
    /// The next complete frame. <see cref="FrameResult.NeedMore"/> means that more bytes are needed; any failure is final.
    /// After <see cref="Complete"/> an unterminated tail is handed out as a last frame where the framing allows it.
    /// </summary>
    FrameResult TryRead(out Frame frame);

    /// <summary>Says that no more bytes will come.</summary>
    void Complete();
}
