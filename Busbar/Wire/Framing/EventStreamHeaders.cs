using System.Buffers.Binary;
using Busbar.Wire.Json;

namespace Busbar.Wire.Framing;

/// <summary>
/// The headers of an event-stream message that say what it is. Others are stepped over by the width of their type; at a type that is not
/// known, or a value that does not fit, reading stops with what was found before.
/// </summary>
internal struct EventStreamHeaders
{
    private const byte StringType = 7;

    private ReadOnlyMemory<byte> _messageType;
    private ReadOnlyMemory<byte> _eventType;
    private ReadOnlyMemory<byte> _exceptionType;
    private ReadOnlyMemory<byte> _errorCode;
    private ReadOnlyMemory<byte> _errorMessage;

    /// <summary>Reads the header block of one message.</summary>
    public static EventStreamHeaders Read(ReadOnlyMemory<byte> block)
    {
        var headers = default(EventStreamHeaders);
        while (TryTake(ref block, 1, out ReadOnlyMemory<byte> nameLength)
            && TryTake(ref block, nameLength.Span[0], out ReadOnlyMemory<byte> name)
            && TryTake(ref block, 1, out ReadOnlyMemory<byte> type)
            && TryWidth(ref block, type.Span[0], out int width)
            && TryTake(ref block, width, out ReadOnlyMemory<byte> value))
        {
            if (type.Span[0] == StringType)
            {
                headers.Keep(name.Span, value);
            }
        }

        return headers;
    }

    /// <summary>The message as a frame.</summary>
    public readonly Frame ToFrame(ReadOnlyMemory<byte> payload)
    {
        if (_messageType.Span.SequenceEqual("exception"u8))
        {
            return new Frame(ExceptionName(_exceptionType), payload, IsException: true);
        }

        return _messageType.Span.SequenceEqual("error"u8)
            ? new Frame(_errorCode, ErrorData(_errorMessage.Span), IsException: true)
            : new Frame(_eventType, payload);
    }

    private void Keep(ReadOnlySpan<byte> name, ReadOnlyMemory<byte> value)
    {
        if (name.SequenceEqual(":event-type"u8))
        {
            _eventType = value;
        }
        else if (name.SequenceEqual(":message-type"u8))
        {
            _messageType = value;
        }
        else if (name.SequenceEqual(":exception-type"u8))
        {
            _exceptionType = value;
        }
        else if (name.SequenceEqual(":error-code"u8))
        {
            _errorCode = value;
        }
        else if (name.SequenceEqual(":error-message"u8))
        {
            _errorMessage = value;
        }
    }

    private static bool TryTake(ref ReadOnlyMemory<byte> block, int count, out ReadOnlyMemory<byte> taken)
    {
        bool fits = block.Length >= count;
        taken = fits ? block[..count] : default;
        block = fits ? block[count..] : default;
        return fits;
    }

    // Types: true, false, byte, short, int, long, bytes, string, timestamp, uuid; bytes and strings carry their length.
    private static bool TryWidth(ref ReadOnlyMemory<byte> block, byte type, out int width)
    {
        ReadOnlySpan<sbyte> widths = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16];
        width = type < widths.Length ? widths[type] : 0;
        if (width >= 0)
        {
            return type < widths.Length;
        }

        bool fits = TryTake(ref block, 2, out ReadOnlyMemory<byte> length);
        width = fits ? BinaryPrimitives.ReadUInt16BigEndian(length.Span) : 0;
        return fits;
    }

    // A type may be qualified ("com.amazonaws.bedrock#ThrottlingException"); the stream's union members are lower camel case.
    private static ReadOnlyMemory<byte> ExceptionName(ReadOnlyMemory<byte> type)
    {
        ReadOnlyMemory<byte> trimmed = type.TrimEnd("#/"u8);
        ReadOnlyMemory<byte> name = trimmed[(trimmed.Span.LastIndexOfAny((byte)'#', (byte)'/') + 1)..];
        if (name.IsEmpty)
        {
            return type;
        }

        if (!char.IsAsciiLetterUpper((char)name.Span[0]))
        {
            return name;
        }

        byte[] lowered = name.ToArray();
        lowered[0] |= 0x20;
        return lowered;
    }

    private static byte[] ErrorData(ReadOnlySpan<byte> message)
    {
        using var data = new PooledBuffer(message.Length + 32);
        var json = new JsonWriter(data);
        json.StartObject();
        json.Text("message"u8, JsonText.FromUtf8(message));
        json.EndObject();
        return data.Span.ToArray();
    }
}
