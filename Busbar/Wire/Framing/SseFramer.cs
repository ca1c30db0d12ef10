using Busbar.Wire.Json;

namespace Busbar.Wire.Framing;

/// <summary>
/// Cuts server-sent events (WHATWG HTML, section 9.2) into frames. Lines may end in LF, CR LF or CR, mixed; a leading byte-order mark is skipped.
/// Frames without data (comments), with empty data, and the <c>[DONE]</c> sentinel are handed out too: protocols tell them apart by
/// <see cref="Frame.Data"/>. So is bare JSON, in one line or several: providers break off with an error that they do not frame. Blank lines between
/// frames are not frames. Scanning is linear in the bytes received, however they are cut. A CR that ends a frame ends it at once; should an LF
/// follow, <see cref="IFramer.FrameEnd"/> moves past it on the next read.
/// </summary>
internal sealed class SseFramer : BufferedFramer
{
    private PooledBuffer? _joined;
    private bool _markChecked;

    // Offsets into Input, which starts where the current frame starts.
    private int _line;
    private int _scan;
    private int _nameStart;
    private int _nameLength;
    private int _dataStart;
    private int _dataLength;
    private int _dataLines;

    // The frame is no event but bare JSON.
    private bool _isBare;

    // The last byte seen was a CR that ended a line, so an LF that comes next belongs to it.
    private bool _afterReturn;

    /// <inheritdoc/>
    protected override FrameResult Read(out Frame frame)
    {
        frame = default;
        if (!SkipMark())
        {
            return FrameResult.NeedMore;
        }

        SkipLineFeed();
        while (true)
        {
            ReadOnlySpan<byte> text = Input.Span;
            int length = text[_scan..].IndexOfAny((byte)'\r', (byte)'\n');
            if (length < 0)
            {
                _scan = text.Length;
                if (!IsComplete || text.IsEmpty)
                {
                    return FrameResult.NeedMore;
                }

                Field(text, _line, _scan);
                return Dispatch(_scan, out frame);
            }

            int end = _scan + length;
            int next = end + 1;
            if (text[end] == (byte)'\r')
            {
                _afterReturn = next == text.Length;
                next += !_afterReturn && text[next] == (byte)'\n' ? 1 : 0;
            }

            if (end > _line)
            {
                Field(text, _line, end);
                _line = _scan = next;
            }
            else if (_line > 0)
            {
                return Dispatch(next, out frame);
            }
            else
            {
                _scan = 0;
                ConsumeFrame(next);
            }
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _joined?.Dispose();

    private bool SkipMark()
    {
        if (_markChecked)
        {
            return true;
        }

        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        ReadOnlySpan<byte> text = Input.Span;
        if (text.Length < mark.Length && mark.StartsWith(text) && !IsComplete)
        {
            return false;
        }

        _markChecked = true;
        if (text.StartsWith(mark))
        {
            Consume(mark.Length);
        }

        return true;
    }

    private void SkipLineFeed()
    {
        ReadOnlySpan<byte> text = Input.Span;
        if (!_afterReturn || _line >= text.Length)
        {
            return;
        }

        _afterReturn = false;

        // Between frames it reads as one more blank line.
        if (_line > 0 && text[_line] == (byte)'\n')
        {
            _scan = ++_line;
        }
    }

    private void Field(ReadOnlySpan<byte> text, int start, int end)
    {
        ReadOnlySpan<byte> line = text[start..end];
        if (_isBare || (_dataLines == 0 && !line.IsEmpty && line[0] is (byte)'{' or (byte)'['))
        {
            _dataStart = _isBare ? _dataStart : start;
            _dataLength = end - _dataStart;
            _dataLines = 1;
            _isBare = true;
            return;
        }

        int colon = line.IndexOf((byte)':');
        ReadOnlySpan<byte> field = colon < 0 ? line : line[..colon];
        int value = colon < 0 ? end : start + colon + 1;
        if (field.SequenceEqual("data"u8))
        {
            value += value < end && text[value] == (byte)' ' ? 1 : 0;
            Data(text, value, end - value);
        }
        else if (field.SequenceEqual("event"u8))
        {
            while (value < end && text[value] == (byte)' ')
            {
                value++;
            }

            _nameStart = value;
            _nameLength = text[value..end].TrimEnd((byte)' ').Length;
        }
    }

    private void Data(ReadOnlySpan<byte> text, int start, int length)
    {
        if (_dataLines++ == 0)
        {
            (_dataStart, _dataLength) = (start, length);
            return;
        }

        _joined ??= new PooledBuffer(1024);
        if (_dataLines == 2)
        {
            _joined.Clear();
            _joined.Write(text.Slice(_dataStart, _dataLength));
        }

        _joined.Write((byte)'\n');
        _joined.Write(text.Slice(start, length));
    }

    private FrameResult Dispatch(int next, out Frame frame)
    {
        ReadOnlyMemory<byte> text = Input;
        ReadOnlyMemory<byte> name = text.Slice(_nameStart, _nameLength);

        // Joined data gets an array of its own: frames must outlive the frames read after them.
        ReadOnlyMemory<byte> data = _dataLines > 1 ? _joined!.Span.ToArray() : text.Slice(_dataStart, _dataLength);
        frame = new Frame(name, data);
        _line = _scan = _nameStart = _nameLength = _dataStart = _dataLength = _dataLines = 0;
        _isBare = false;
        ConsumeFrame(next);
        return next > MaxFrame ? FrameResult.TooLarge : FrameResult.Frame;
    }
}
