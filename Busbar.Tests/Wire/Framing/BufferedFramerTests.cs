using System.Buffers.Binary;
using System.IO.Hashing;
using Busbar.Wire.Framing;

namespace Busbar.Tests.Wire.Framing;

/// <summary>What all framings have in common: room, the cap on what is buffered, and that a failure is final.</summary>
public sealed class BufferedFramerTests
{
    public enum Kind
    {
        ServerSentEvents,
        EventStream,
        JsonArray,
    }

    [Fact]
    public void A_read_that_filled_its_room_is_offered_more_and_one_that_did_not_gives_its_room_back()
    {
        const int more = 16 * 1024;
        using var framer = new SseFramer();
        Memory<byte> room = framer.GetMemory(1);
        Assert.InRange(room.Length, 1, more - 1);
        Blank(framer, room);

        room = framer.GetMemory(1);
        Assert.InRange(room.Length, more, int.MaxValue);
        Blank(framer, room[..1]);

        Assert.InRange(framer.GetMemory(1).Length, 1, more - 1);
        Assert.InRange(framer.GetMemory(more * 2).Length, more * 2, int.MaxValue);
    }

    [Fact]
    public void At_rest_nothing_is_shown_of_what_was_received_and_a_frame_begun_is_kept()
    {
        using var framer = new SseFramer();
        Framing.Feed(framer, "data: 1"u8);
        framer.Rest();
        Assert.True(framer.LastAdvanced.IsEmpty);
        Framing.Feed(framer, "2\n\n"u8);
        var frames = new List<string>();
        Framing.Drain(framer, frames);
        Assert.Equal(["|12|False"], frames);
    }

    [Theory]
    [InlineData(Kind.ServerSentEvents)]
    [InlineData(Kind.JsonArray)]
    public void As_much_as_the_cap_may_wait_for_the_end_of_a_frame_and_not_a_byte_more(Kind kind)
    {
        using IFramer framer = Of(kind);
        byte[] frame = new byte[BufferedFramer.MaxFrame];
        frame.AsSpan().Fill((byte)' ');
        frame[0] = (byte)'{';
        if (kind == Kind.JsonArray)
        {
            Framing.Feed(framer, "["u8);
            Assert.Equal(FrameResult.NeedMore, framer.TryRead(out _));
        }

        Framing.Feed(framer, frame);
        Assert.Equal(FrameResult.NeedMore, framer.TryRead(out _));
        Framing.Feed(framer, " "u8);
        Assert.Equal(FrameResult.TooLarge, framer.TryRead(out _));
    }

    [Theory]
    [InlineData(Kind.ServerSentEvents)]
    [InlineData(Kind.EventStream)]
    [InlineData(Kind.JsonArray)]
    public void A_frame_as_long_as_the_cap_is_read_and_a_longer_one_refused_though_it_is_whole(Kind kind)
    {
        Assert.Single(Framing.Whole(Of(kind), Whole(kind, BufferedFramer.MaxFrame)).Frames);
        Framing.Outcome longer = Framing.Whole(Of(kind), Whole(kind, BufferedFramer.MaxFrame + 1));
        Assert.Empty(longer.Frames);
        Assert.Equal(FrameResult.TooLarge, longer.Last);
    }

    [Theory]
    [InlineData(Kind.EventStream)]
    [InlineData(Kind.JsonArray)]
    public void What_was_found_corrupt_stays_so_whatever_follows(Kind kind)
    {
        using IFramer framer = Of(kind);
        Framing.Feed(framer, "]]]]]]]]]]]]"u8);
        Assert.Equal(FrameResult.Corrupt, framer.TryRead(out _));
        Framing.Feed(framer, Whole(kind, 100));
        Assert.Equal(FrameResult.Corrupt, framer.TryRead(out _));
    }

    private static IFramer Of(Kind kind) => kind switch
    {
        Kind.ServerSentEvents => new SseFramer(),
        Kind.EventStream => new EventStreamFramer(),
        _ => new JsonArrayFramer(),
    };

    // A stream whose one frame has so many bytes.
    private static byte[] Whole(Kind kind, int length)
    {
        byte[] frame = new byte[length];
        frame.AsSpan().Fill((byte)' ');
        switch (kind)
        {
            case Kind.ServerSentEvents:
                frame[0] = (byte)':';
                frame[^2] = frame[^1] = (byte)'\n';
                return frame;
            case Kind.EventStream:
                BinaryPrimitives.WriteInt32BigEndian(frame, length);
                BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), 0);
                BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(8), Crc32.HashToUInt32(frame.AsSpan(0, 8)));
                BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(length - 4), Crc32.HashToUInt32(frame.AsSpan(0, length - 4)));
                return frame;
            default:
                (frame[0], frame[^1]) = ((byte)'{', (byte)'}');
                return [(byte)'[', .. frame, (byte)']'];
        }
    }

    // Fills room that was handed out with blank lines and has them read.
    private static void Blank(SseFramer framer, Memory<byte> room)
    {
        room.Span.Fill((byte)'\n');
        framer.Advance(room.Length);
        Assert.Equal(FrameResult.NeedMore, framer.TryRead(out _));
    }
}
