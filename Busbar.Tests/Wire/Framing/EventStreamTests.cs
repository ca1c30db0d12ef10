using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Busbar.Wire;
using Busbar.Wire.Framing;

namespace Busbar.Tests.Wire.Framing;

public class EventStreamTests
{
    [Fact]
    public void The_published_example_of_an_empty_message_is_read()
    {
        // total 16, no headers, prelude checksum 05c248eb, message checksum 7d98c8ff
        Framing.Outcome outcome = Framing.Whole(new EventStreamFramer(), Convert.FromHexString("000000100000000005C248EB7D98C8FF"));
        Assert.Equal(["||False"], outcome.Frames);
        Assert.Equal((FrameResult.NeedMore, 16L), (outcome.Last, outcome.FrameEnd));
    }

    [Fact]
    public void What_is_written_is_read_wherever_it_is_cut()
    {
        byte[] stream = Written();
        Framing.Outcome whole = Framing.Whole(new EventStreamFramer(), stream);
        Assert.Equal(["messageStart|{\"role\":\"assistant\"}|False", "e||False", "throttlingException|{\"message\":\"slow\"}|True"], whole.Frames);
        Assert.Equal(stream.Length, whole.FrameEnd);
        for (int cut = 0; cut <= stream.Length; cut++)
        {
            Assert.True(whole.SameAs(Framing.Cut(new EventStreamFramer(), stream, [cut])), $"cut at {cut}");
        }

        Assert.True(whole.SameAs(Framing.Cut(new EventStreamFramer(), stream, Framing.Every(1, stream.Length))), "byte by byte");
    }

    [Fact, Trait("gotcha", "T249"), Trait("gotcha", "T252")]
    public void Any_changed_byte_ends_the_stream_before_its_frame()
    {
        byte[] stream = Written();
        Framing.Outcome whole = Framing.Whole(new EventStreamFramer(), stream);
        for (int index = 0; index < stream.Length; index++)
        {
            byte[] damaged = [.. stream];
            damaged[index] ^= 0x40;
            Framing.Outcome outcome = Framing.Whole(new EventStreamFramer(), damaged);
            Assert.Equal(FrameResult.Corrupt, outcome.Last);
            Assert.Equal(whole.Frames.Take(outcome.Frames.Count), outcome.Frames);
            Assert.InRange(outcome.FrameEnd, 0, index);
        }
    }

    [Theory, Trait("gotcha", "T249")]
    [InlineData(15u, 0u)]
    [InlineData(0u, 0u)]
    [InlineData(32u, 17u)]
    [InlineData(32u, uint.MaxValue)]
    public void Impossible_lengths_are_corrupt_even_with_a_right_checksum(uint total, uint headers) =>
        Assert.Equal(FrameResult.Corrupt, Framing.Whole(new EventStreamFramer(), PreludeOf(total, headers)).Last);

    [Theory]
    [InlineData(BufferedFramer.MaxFrame, 0, nameof(FrameResult.NeedMore))]
    [InlineData(BufferedFramer.MaxFrame + 1, 0, nameof(FrameResult.TooLarge))]
    [InlineData(32, 16, nameof(FrameResult.NeedMore))]
    [InlineData(32, 17, nameof(FrameResult.Corrupt))]
    [InlineData(15, 0, nameof(FrameResult.Corrupt))]
    public void A_message_is_refused_as_soon_as_its_prelude_is_there(int total, int headers, string expected)
    {
        using var framer = new EventStreamFramer();
        byte[] prelude = PreludeOf((uint)total, (uint)headers);
        Framing.Feed(framer, prelude.AsSpan(0, 11));
        Assert.Equal(FrameResult.NeedMore, framer.TryRead(out _));
        Framing.Feed(framer, prelude.AsSpan(11));
        Assert.Equal(expected, framer.TryRead(out _).ToString());
    }

    [Fact]
    public void A_stream_that_ends_inside_a_message_is_corrupt()
    {
        byte[] stream = Written();
        for (int length = 0; length < stream.Length; length++)
        {
            Framing.Outcome outcome = Framing.Whole(new EventStreamFramer(), stream.AsSpan(0, length));
            Assert.Equal(outcome.FrameEnd == length ? FrameResult.NeedMore : FrameResult.Corrupt, outcome.Last);
        }
    }

    [Fact, Trait("gotcha", "T250")]
    public void An_oversized_message_is_dropped_whole()
    {
        using var output = new PooledBuffer();
        Assert.False(EventStreamWriter.TryWriteEvent(output, "e"u8, new byte[BufferedFramer.MaxFrame]));
        Assert.False(EventStreamWriter.TryWriteException(output, new byte[65536], "{}"u8));
        Assert.Equal(0, output.Length);
        Assert.True(EventStreamWriter.TryWriteEvent(output, "e"u8, new byte[BufferedFramer.MaxFrame - 200]));
        Assert.Single(Framing.Whole(new EventStreamFramer(), output.Span).Frames);
    }

    [Fact]
    public void The_longest_type_and_the_longest_message_that_the_format_has_room_for_are_written()
    {
        using var output = new PooledBuffer();
        Assert.True(EventStreamWriter.TryWriteEvent(output, new byte[ushort.MaxValue], "{}"u8));
        Assert.Equal(new string('\0', ushort.MaxValue) + "|{}|False", Assert.Single(Framing.Whole(new EventStreamFramer(), output.Span).Frames));
        output.Clear();
        Assert.True(EventStreamWriter.TryWriteEvent(output, "e"u8, []));
        int around = output.Length;
        output.Clear();
        Assert.True(EventStreamWriter.TryWriteEvent(output, "e"u8, new byte[BufferedFramer.MaxFrame - around]));
        Assert.Equal(BufferedFramer.MaxFrame, output.Length);
        Assert.False(EventStreamWriter.TryWriteEvent(output, "e"u8, new byte[BufferedFramer.MaxFrame - around + 1]));
        Assert.Equal(BufferedFramer.MaxFrame, output.Length);
    }

    [Fact, Trait("gotcha", "T251")]
    public void Headers_of_every_width_are_stepped_over()
    {
        byte[] headers =
        [
            .. Header("a", 0, []), .. Header("b", 1, []), .. Header("c", 2, new byte[1]), .. Header("d", 3, new byte[2]),
            .. Header("e", 4, new byte[4]),
            .. Header("f", 5, new byte[8]), .. Header("g", 6, [0, 3, 1, 2, 3]), .. Header("h", 7, [0, 1, 65]), .. Header("i", 8, new byte[8]),
            .. Header("j", 9, new byte[16]), .. Text(":event-type", "found"), .. Header("k", 10, [1, 2, 3]), .. Text(":message-type", "exception"),
        ];
        Assert.Equal(["found|{}|False"], Framing.Whole(new EventStreamFramer(), Message(headers, "{}"u8)).Frames);
    }

    [Fact]
    public void Headers_that_do_not_fit_keep_what_stood_before_them()
    {
        byte[] headers = [.. Text(":event-type", "found"), 5, (byte)'x', (byte)'y'];
        Assert.Equal(["found|1|False"], Framing.Whole(new EventStreamFramer(), Message(headers, "1"u8)).Frames);
        headers = [.. Text(":event-type", "found"), 1, (byte)'x', 7, 0xFF, 0xFF, 0];
        Assert.Equal(["found|1|False"], Framing.Whole(new EventStreamFramer(), Message(headers, "1"u8)).Frames);
        headers = [.. Text(":event-type", "found"), 1, (byte)'x', 7, 0];
        Assert.Equal(["found|1|False"], Framing.Whole(new EventStreamFramer(), Message(headers, "1"u8)).Frames);
        headers = [.. Text(":event-type", "found"), .. Header("x", 10, []), .. Text(":event-type", "other")];
        Assert.Equal(["found|1|False"], Framing.Whole(new EventStreamFramer(), Message(headers, "1"u8)).Frames);
    }

    [Theory]
    [InlineData("throttlingException", "throttlingException")]
    [InlineData("ThrottlingException", "throttlingException")]
    [InlineData("com.amazonaws.bedrock#ValidationException", "validationException")]
    [InlineData("http://internal/coral/InternalServerException/", "internalServerException")]
    [InlineData("a#B/C#", "c")]
    [InlineData("a#_Custom", "_Custom")]
    [InlineData("##/", "##/")]
    [InlineData("", "")]
    public void An_exception_is_named_by_its_bare_type(string type, string expected)
    {
        byte[] headers = [.. Text(":exception-type", type), .. Text(":message-type", "exception")];
        Assert.Equal([$"{expected}|{{}}|True"], Framing.Whole(new EventStreamFramer(), Message(headers, "{}"u8)).Frames);
    }

    [Fact]
    public void An_error_message_becomes_an_exception_with_a_json_message()
    {
        byte[] headers = [.. Text(":message-type", "error"), .. Text(":error-code", "InternalError"), .. Text(":error-message", "a \"b\"\n")];
        Assert.Equal(["InternalError|{\"message\":\"a \\\"b\\\"\\n\"}|True"], Framing.Whole(new EventStreamFramer(), Message(headers, [])).Frames);
    }

    private static byte[] Written()
    {
        using var output = new PooledBuffer(16);
        Assert.True(EventStreamWriter.TryWriteEvent(output, "messageStart"u8, "{\"role\":\"assistant\"}"u8));
        Assert.True(EventStreamWriter.TryWriteEvent(output, "e"u8, []));
        Assert.True(EventStreamWriter.TryWriteException(output, "throttlingException"u8, "{\"message\":\"slow\"}"u8));
        return output.Span.ToArray();
    }

    private static byte[] Header(string name, byte type, byte[] value) => [(byte)name.Length, .. Encoding.ASCII.GetBytes(name), type, .. value];

    private static byte[] Text(string name, string value) => Header(name, 7, [0, (byte)value.Length, .. Encoding.ASCII.GetBytes(value)]);

    private static byte[] Message(byte[] headers, ReadOnlySpan<byte> payload)
    {
        byte[] body = [.. PreludeOf((uint)(headers.Length + payload.Length + 16), (uint)headers.Length), .. headers, .. payload];
        return [.. body, .. Word(Crc32.HashToUInt32(body))];
    }

    private static byte[] PreludeOf(uint total, uint headers)
    {
        byte[] words = [.. Word(total), .. Word(headers)];
        return [.. words, .. Word(Crc32.HashToUInt32(words))];
    }

    private static byte[] Word(uint value)
    {
        byte[] word = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(word, value);
        return word;
    }
}
