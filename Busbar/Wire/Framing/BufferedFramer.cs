namespace Busbar.Wire.Framing;

/// <summary>What every framer shares: the input buffer, the stream positions, the size cap, and that a failure is final.</summary>
internal abstract class BufferedFramer : IFramer
{
    /// <summary>Largest frame, and most bytes that may be buffered without a frame boundary.</summary>
    public const int MaxFrame = 16 * 1024 * 1024;

    private const int FirstRoom = 512;

    // What filled all of its room has more behind it.
    private const int MoreRoom = 16 * 1024;

    private readonly PooledBuffer _input = new(FirstRoom);
    private Memory<byte> _room;
    private bool _wasFilled;
    private FrameResult _outcome = FrameResult.NeedMore;

    /// <inheritdoc/>
    public long Received { get; private set; }

    /// <inheritdoc/>
    public long FrameEnd { get; private set; }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> LastAdvanced { get; private set; }

    /// <summary>Received and not yet consumed.</summary>
    protected ReadOnlyMemory<byte> Input => _input.Memory;

    /// <summary>True when no more bytes will come.</summary>
    protected bool IsComplete { get; private set; }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint)
    {
        Rest();
        return _room = _input.GetMemory(_wasFilled ? Math.Max(sizeHint, MoreRoom) : sizeHint);
    }

    /// <inheritdoc/>
    public void Rest()
    {
        LastAdvanced = default;
        _room = default;
        _input.Release();
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        _input.Advance(count);
        Received += count;
        LastAdvanced = _room[..count];
        _wasFilled = count == _room.Length;
    }

    /// <inheritdoc/>
    public void Complete() => IsComplete = true;

    /// <inheritdoc/>
    public FrameResult TryRead(out Frame frame)
    {
        frame = default;
        if (_outcome is FrameResult.TooLarge or FrameResult.Corrupt)
        {
            return _outcome;
        }

        _outcome = Read(out frame);
        if (_outcome == FrameResult.NeedMore && _input.Length > MaxFrame)
        {
            _outcome = FrameResult.TooLarge;
        }

        return _outcome;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _input.Dispose();
        Dispose(disposing: true);
    }

    /// <summary>The next frame of <see cref="Input"/>. Not called again after a failure.</summary>
    protected abstract FrameResult Read(out Frame frame);

    /// <summary>Gives back what the framing itself rented.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>
    /// Drops the first <paramref name="count"/> bytes of <see cref="Input"/>; slices of them stay valid until the next <see cref="GetMemory"/>.
    /// </summary>
    protected void Consume(int count) => _input.Consume(count);

    /// <summary>Drops the first <paramref name="count"/> bytes as (the rest of) a frame that ends there.</summary>
    protected void ConsumeFrame(int count)
    {
        FrameEnd = Received - _input.Length + count;
        _input.Consume(count);
    }
}
