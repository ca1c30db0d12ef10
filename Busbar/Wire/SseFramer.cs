namespace Busbar.Wire;

/// <summary>
/// Cuts server-sent events (WHATWG HTML, section 9.2) into frames. Lines may end in LF, CR LF or CR, mixed; a leading byte-order mark is skipped.
/// Frames without data, with empty data, and the <c>[DONE]</c> sentinel are handed out too: protocols tell them apart by <see cref="Frame.Data"/>.
/// Scanning is linear in the bytes received, however they are cut.
/// </summary>
internal sealed class SseFramer : IFramer
{
    /// <summary>Most bytes that may be buffered without a frame boundary.</summary>
    public const int MaxFrame = 16 * 1024 * 1024;

    private readonly PooledBuffer _input = new(8192);
    private readonly PooledBuffer _joined = new(256);

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint) => _input.GetMemory(sizeHint);

    /// <inheritdoc/>
    public void Advance(int count) => _input.Advance(count);

    /// <inheritdoc/>
    public void Complete() => throw new NotImplementedException();

    /// <inheritdoc/>
    public FrameResult TryRead(out Frame frame) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose()
    {
        _input.Dispose();
        _joined.Dispose();
    }
}
