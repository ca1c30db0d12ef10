using System.Buffers.Binary;
using System.IO.Hashing;

namespace Busbar.Wire.Framing;

/// <summary>
/// Writes AWS event-stream messages with a JSON payload. A message that would break the format's limits is not written at all:
/// a cut one would be worse than a missing one.
/// </summary>
internal static class EventStreamWriter
{
    /// <summary>Appends an event. Returns false, with nothing written, when type or payload is too long.</summary>
    /// <param name="output">Where the message goes.</param>
    /// <param name="eventType">The <c>:event-type</c>, such as <c>contentBlockDelta</c>.</param>
    /// <param name="payload">The JSON payload.</param>
    public static bool TryWriteEvent(PooledBuffer output, ReadOnlySpan<byte> eventType, ReadOnlySpan<byte> payload) =>
        TryWrite(output, ":event-type"u8, eventType, "event"u8, payload);

    /// <summary>Appends an exception. Returns false, with nothing written, when type or payload is too long.</summary>
    /// <param name="output">Where the message goes.</param>
    /// <param name="exceptionType">The member of the stream's union, lower camel case, such as <c>throttlingException</c>: clients look it up by this
    /// exact name.</param>
    /// <param name="payload">The JSON payload, <c>{"message":…}</c>.</param>
    public static bool TryWriteException(PooledBuffer output, ReadOnlySpan<byte> exceptionType, ReadOnlySpan<byte> payload) =>
        TryWrite(output, ":exception-type"u8, exceptionType, "exception"u8, payload);

    private static bool TryWrite(PooledBuffer output, ReadOnlySpan<byte> typeHeader, ReadOnlySpan<byte> type, ReadOnlySpan<byte> kind,
        ReadOnlySpan<byte> payload)
    {
        long headers = HeaderLength(typeHeader, type) + HeaderLength(":content-type"u8, "application/json"u8) + HeaderLength(":message-type"u8, kind);
        long total = headers + payload.Length + EventStreamFramer.Overhead;
        if (type.Length > ushort.MaxValue || total > BufferedFramer.MaxFrame)
        {
            return false;
        }

        Span<byte> message = output.GetSpan((int)total)[..(int)total];
        BinaryPrimitives.WriteUInt32BigEndian(message, (uint)total);
        BinaryPrimitives.WriteUInt32BigEndian(message[4..], (uint)headers);
        BinaryPrimitives.WriteUInt32BigEndian(message[8..], Crc32.HashToUInt32(message[..8]));
        Span<byte> rest = message[12..];
        WriteHeader(ref rest, typeHeader, type);
        WriteHeader(ref rest, ":content-type"u8, "application/json"u8);
        WriteHeader(ref rest, ":message-type"u8, kind);
        payload.CopyTo(rest);
        BinaryPrimitives.WriteUInt32BigEndian(message[^4..], Crc32.HashToUInt32(message[..^4]));
        output.Advance((int)total);
        return true;
    }

    private static int HeaderLength(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => 1 + name.Length + 1 + 2 + value.Length;

    private static void WriteHeader(ref Span<byte> rest, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        const byte stringType = 7;
        rest[0] = (byte)name.Length;
        name.CopyTo(rest[1..]);
        rest = rest[(1 + name.Length)..];
        rest[0] = stringType;
        BinaryPrimitives.WriteUInt16BigEndian(rest[1..], (ushort)value.Length);
        value.CopyTo(rest[3..]);
        rest = rest[(3 + value.Length)..];
    }
}
