using System.Diagnostics;

namespace Busbar.Upstream.Http1;

/// <summary>
/// Where the body of an HTTP/1.1 answer ends (RFC 9112, 6.3), and which of the bytes that arrive belong to it. Takes pieces cut anywhere.
/// </summary>
internal struct BodyFraming
{
    // A size line with its extensions, or all trailers together.
    private const int MaxOverhead = 16 * 1024;

    private readonly Form _form;
    private State _state;
    private long _left;
    private int _overhead;
    private bool _lineHasText;

    private BodyFraming(Form form, long left)
    {
        _form = form;
        _left = left;
        IsEnded = form == Form.Length && left == 0;
    }

    private enum Form : byte
    {
        Length,
        Chunked,
        UntilClose,
    }

    private enum State : byte
    {
        SizeStart,
        Size,
        Extension,
        Data,
        DataEnd,
        Trailers,
    }

    /// <summary>The body is complete.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>More bytes arrived than belong to the answer.</summary>
    public bool HasSurplus { get; private set; }

    /// <summary>Whether the end of the connection is a proper end of the body.</summary>
    public readonly bool EndsWithConnection => _form == Form.UntilClose;

    /// <summary>A body of <paramref name="length"/> bytes; 0 when there is none.</summary>
    public static BodyFraming OfLength(long length) => new(Form.Length, length);

    /// <summary>A body in chunks (RFC 9112, 7.1).</summary>
    public static BodyFraming Chunked() => new(Form.Chunked, 0);

    /// <summary>A body that ends with its connection.</summary>
    public static BodyFraming UntilClose() => new(Form.UntilClose, 0);

    /// <summary>
    /// Takes the next bytes of the connection and moves those of the body to the front of <paramref name="bytes"/>; the result is their number, which
    /// may be 0. False when the framing is broken.
    /// </summary>
    public bool TryTake(Span<byte> bytes, out int count)
    {
        count = bytes.Length;
        switch (_form)
        {
            case Form.UntilClose:
                return true;
            case Form.Length:
                count = (int)Math.Min(count, _left);
                _left -= count;
                IsEnded = _left == 0;
                HasSurplus |= count < bytes.Length;
                return true;
            default:
                return TryTakeChunks(bytes, out count);
        }
    }

    /// <summary>The connection ended properly.</summary>
    public void Close()
    {
        Debug.Assert(EndsWithConnection, "the body was cut off");
        IsEnded = true;
    }

    private bool TryTakeChunks(Span<byte> bytes, out int count)
    {
        count = 0;
        int at = 0;
        while (at < bytes.Length)
        {
            if (IsEnded)
            {
                HasSurplus = true;
                return true;
            }

            if (_state == State.Data)
            {
                int length = (int)Math.Min(_left, bytes.Length - at);
                bytes.Slice(at, length).CopyTo(bytes[count..]);
                at += length;
                count += length;
                _left -= length;
                _state = _left == 0 ? State.DataEnd : State.Data;
            }
            else if (!TryStep(bytes[at++]))
            {
                return false;
            }
        }

        return true;
    }

    // One byte between the data of two chunks.
    private bool TryStep(byte value)
    {
        if (++_overhead > MaxOverhead)
        {
            return false;
        }

        switch (_state)
        {
            case State.SizeStart or State.Size when HexValue(value) is >= 0 and int digit:
                if (_left > long.MaxValue >> 4)
                {
                    return false;
                }

                _left = (_left << 4) + digit;
                _state = State.Size;
                return true;
            case State.Size or State.Extension when value == '\n':
                _state = _left > 0 ? State.Data : State.Trailers;
                _overhead = 0;
                _lineHasText = false;
                return true;
            case State.Size when value is (byte)';' or (byte)' ' or (byte)'\t' or (byte)'\r':
                _state = State.Extension;
                return true;
            case State.Extension:
                return true;
            case State.DataEnd when value == '\n':
                _state = State.SizeStart;
                return true;
            case State.DataEnd:
                return value == '\r';
            case State.Trailers when value == '\n':
                IsEnded = !_lineHasText;
                _lineHasText = false;
                return true;
            case State.Trailers:
                _lineHasText |= value != '\r';
                return true;
            default:
                return false;
        }
    }

    private static int HexValue(byte value) => value switch
    {
        >= (byte)'0' and <= (byte)'9' => value - '0',
        >= (byte)'a' and <= (byte)'f' => value - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => value - 'A' + 10,
        _ => -1,
    };
}
