namespace Busbar.Wire.Framing;

/// <summary>
/// Cuts a streamed JSON array of objects into one frame per element. Only brackets and strings are followed: an element that balances
/// but is no valid JSON is handed out for its reader to refuse. A stream that ends inside an element is corrupt; one that ends
/// between elements, with or without the closing bracket, just ends. One object without an array around it is one element.
/// </summary>
internal sealed class JsonArrayFramer : BufferedFramer
{
    private State _state = State.Start;

    // Offset into Input up to which the current element has been followed.
    private int _scan;
    private int _depth;
    private bool _inString;

    /// <summary>The stream is one object without an array around it.</summary>
    public bool IsBare { get; private set; }

    private enum State : byte
    {
        Start,
        First,
        AfterElement,
        AfterComma,
        InElement,
        End,
    }

    /// <inheritdoc/>
    protected override FrameResult Read(out Frame frame)
    {
        frame = default;
        while (_state != State.InElement)
        {
            ReadOnlySpan<byte> text = Input.Span;
            int next = text.IndexOfAnyExcept(" \t\r\n"u8);
            if (next < 0)
            {
                Consume(text.Length);
                return FrameResult.NeedMore;
            }

            IsBare |= _state == State.Start && text[next] == (byte)'{';
            State? state = Step(_state, text[next]);
            if (state is null)
            {
                return FrameResult.Corrupt;
            }

            _state = state.Value;
            if (_state == State.End)
            {
                // The closing bracket goes with the last frame.
                ConsumeFrame(next + 1);
            }
            else
            {
                Consume(_state == State.InElement ? next : next + 1);
            }
        }

        ReadOnlyMemory<byte> element = Input;
        int end = Follow(element.Span);
        if (end < 0)
        {
            return IsComplete ? FrameResult.Corrupt : FrameResult.NeedMore;
        }

        (_state, _scan) = (State.AfterElement, 0);
        frame = new Frame(default, element[..end]);
        ConsumeFrame(end);
        return end > MaxFrame ? FrameResult.TooLarge : FrameResult.Frame;
    }

    private static State? Step(State state, byte next) => (state, next) switch
    {
        (State.Start, (byte)'[') => State.First,
        (State.Start, (byte)'{') => State.InElement,
        (State.First or State.AfterElement, (byte)']') => State.End,
        (State.AfterElement, (byte)',') => State.AfterComma,
        (State.First or State.AfterComma, (byte)'{') => State.InElement,
        _ => null,
    };

    // Returns the offset after the element's last brace, or -1.
    private int Follow(ReadOnlySpan<byte> text)
    {
        while (_scan < text.Length)
        {
            ReadOnlySpan<byte> rest = text[_scan..];
            int next = _inString ? rest.IndexOfAny((byte)'"', (byte)'\\') : rest.IndexOfAny("\"{}[]"u8);
            if (next < 0)
            {
                _scan = text.Length;
                return -1;
            }

            byte found = rest[next];
            if (found == (byte)'\\')
            {
                // Over what is escaped too, though it may not be here yet.
                _scan += next + 2;
                continue;
            }

            _scan += next + 1;
            if (found == (byte)'"')
            {
                _inString = !_inString;
            }
            else
            {
                _depth += found is (byte)'{' or (byte)'[' ? 1 : -1;
                if (_depth == 0)
                {
                    return _scan;
                }
            }
        }

        return -1;
    }
}
