using System.Buffers.Binary;
using System.IO.Hashing;

namespace Busbar.Wire.Framing;

/// <summary>
/// Cuts an AWS event stream (application/vnd.amazon.eventstream) into frames. Both checksums of a message are verified before it is
/// handed out. An exception frame is named after its exception type; an error frame (<c>:message-type: error</c>) after its error code, with
/// <c>{"message":…}</c> made of its error message as data. A stream that ends inside a message is corrupt.
/// </summary>
internal sealed class EventStreamFramer : BufferedFramer
{
    /// <summary>Length words, prelude checksum and message checksum.</summary>
    internal const int Overhead = 16;

    private const int Prelude = 12;

    /// <inheritdoc/>
    protected override FrameResult Read(out Frame frame)
    {
        frame = default;
        ReadOnlyMemory<byte> input = Input;
        ReadOnlySpan<byte> bytes = input.Span;
        if (bytes.Length < Prelude)
        {
            return Incomplete(bytes.Length);
        }

        uint total = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        uint headers = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]);
        if (Crc32.HashToUInt32(bytes[..8]) != BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]) || total < Overhead || headers > total - Overhead)
        {
            return FrameResult.Corrupt;
        }

        if (total > MaxFrame)
        {
            return FrameResult.TooLarge;
        }

        int length = (int)total;
        if (bytes.Length < length)
        {
            return Incomplete(bytes.Length);
        }

        if (Crc32.HashToUInt32(bytes[..(length - 4)]) != BinaryPrimitives.ReadUInt32BigEndian(bytes[(length - 4)..]))
        {
            return FrameResult.Corrupt;
        }

        int payload = Prelude + (int)headers;
        frame = EventStreamHeaders.Read(input[Prelude..payload]).ToFrame(input[payload..(length - 4)]);
        ConsumeFrame(length);
        return FrameResult.Frame;
    }

    private FrameResult Incomplete(int buffered) => IsComplete && buffered > 0 ? FrameResult.Corrupt : FrameResult.NeedMore;
}
