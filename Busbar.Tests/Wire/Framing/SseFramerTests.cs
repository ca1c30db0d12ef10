using System.Text;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Tests.Wire.Framing;

public class SseFramerTests
{
    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public void Any_line_ending_gives_the_same_frames(string ending)
    {
        string[] lines = ["event: a", "data: 1", "", ": comment", "", "data:2", "id: 7", "retry: 9", "data: 3", "", "data: [DONE]", "", ""];
        Assert.Equal(["a|1|False", "||False", "|2\n3|False", "|[DONE]|False"], Read(string.Join(ending, lines)));
    }

    [Fact, Trait("gotcha", "T244"), Trait("gotcha", "T246")]
    public void Frames_are_identical_wherever_the_bytes_are_cut()
    {
        byte[] stream =
            Encoding.UTF8.GetBytes(
            "\uFEFFevent: a\r\ndata: \u00e4\ud83d\ude00\r\n\r\n\r\ndata: x\rdata:  y\r\rdata: 1\n\r\nevent:b\n\n:c\n\ndata: tail");
        Framing.Outcome whole = Framing.Whole(new SseFramer(), stream);
        Assert.Equal(6, whole.Frames.Count);
        for (int first = 0; first <= stream.Length; first++)
        {
            for (int second = first; second <= stream.Length; second++)
            {
                Assert.True(whole.SameAs(Framing.Cut(new SseFramer(), stream, [first, second])), $"cut at {first} and {second}");
            }
        }

        Assert.True(whole.SameAs(Framing.Cut(new SseFramer(), stream, Framing.Every(1, stream.Length))), "byte by byte");
    }

    [Fact, Trait("gotcha", "T245")]
    public void Several_data_lines_are_joined_with_a_newline_and_survive_the_frames_after_them() =>
        Assert.Equal(["|a\nb|False", "|c\n\nd|False"], Read("data: a\ndata: b\n\ndata: c\ndata\ndata:d\n\n"));

    [Fact]
    public void One_leading_space_is_stripped_from_data_and_all_around_the_event_name() =>
        Assert.Equal(["n x| {} |False"], Read("event:  n x  \ndata:  {} \n\n"));

    [Theory]
    [InlineData("\uFEFFdata: 1\n\n", "|1|False")]
    [InlineData("\uFEFF\uFEFFdata: 1\n\n", "||False")]
    [InlineData("data: 1\n\uFEFFdata: 2\n\n", "|1|False")]
    [InlineData("\uFEFF", "")]
    public void One_byte_order_mark_is_skipped_at_the_beginning_and_nowhere_else(string text, string expected)
    {
        byte[] stream = Encoding.UTF8.GetBytes(text);
        for (int cut = 0; cut <= stream.Length; cut++)
        {
            Assert.Equal(expected.Length == 0 ? [] : [expected], Framing.Cut(new SseFramer(), stream, [cut]).Frames);
        }
    }

    [Theory]
    [InlineData("{\"a\":1}", "|{\"a\":1}|False")]
    [InlineData("[{\"error\":\"x\"}]\n\n", "|[{\"error\":\"x\"}]|False")]
    [InlineData("{\n  \"data: 1\",\r\n  \"event\": {\n}\n}\n\n", "|{\n  \"data: 1\",\r\n  \"event\": {\n}\n}|False")]
    [InlineData("event: e\n{\"a\":1}\n\n", "e|{\"a\":1}|False")]
    [InlineData("data: 1\n{\"a\":1}\n\n", "|1|False")]
    [InlineData("data: {\ndata: }\n\n", "|{\n}|False")]
    public void Bare_JSON_is_a_frame_with_all_of_its_lines_unless_there_is_data(string text, string expected)
    {
        byte[] stream = Encoding.UTF8.GetBytes(text);
        Assert.Equal([expected], Framing.Whole(new SseFramer(), stream).Frames);
        Assert.Equal([expected], Framing.Cut(new SseFramer(), stream, Framing.Every(1, stream.Length)).Frames);
        Assert.Equal(["|0|False", expected, "|2|False"], Read($"data: 0\n\n{text.TrimEnd()}\n\ndata: 2\n\n"));
    }

    [Theory]
    [InlineData("data", "||False")]
    [InlineData("data:", "||False")]
    [InlineData("data: ", "||False")]
    [InlineData("event:", "||False")]
    [InlineData("event:  ", "||False")]
    [InlineData("event: e", "e||False")]
    [InlineData(":", "||False")]
    public void A_tail_may_end_anywhere_in_its_line(string tail, string expected) => Assert.Equal([expected], Read(tail));

    [Fact]
    public void A_field_name_must_match_exactly() => Assert.Equal(["||False"], Read("dat: 1\nDATA: 2\ndata : 3\n\n"));

    [Fact, Trait("gotcha", "T253")]
    public void An_unterminated_tail_is_a_last_frame_after_the_end()
    {
        using var framer = new SseFramer();
        Framing.Feed(framer, "data: 1\n\ndata: 2"u8);
        var frames = new List<string>();
        Assert.Equal(FrameResult.NeedMore, Framing.Drain(framer, frames));
        Assert.Equal(["|1|False"], frames);
        framer.Complete();
        Assert.Equal(FrameResult.NeedMore, Framing.Drain(framer, frames));
        Assert.Equal(["|1|False", "|2|False"], frames);
    }

    [Fact, Trait("gotcha", "T247")]
    public void Seventeen_megabytes_without_a_terminator_are_refused_for_good()
    {
        using var framer = new SseFramer();
        byte[] filler = new byte[1 << 20];
        filler.AsSpan().Fill((byte)'x');
        FrameResult result = FrameResult.NeedMore;
        int fed = 0;
        for (; fed < 17 && result == FrameResult.NeedMore; fed++)
        {
            Framing.Feed(framer, filler);
            result = framer.TryRead(out _);
        }

        Assert.Equal(FrameResult.TooLarge, result);
        Assert.Equal(17, fed);
        Framing.Feed(framer, "\n\ndata: 1\n\n"u8);
        Assert.Equal(FrameResult.TooLarge, framer.TryRead(out _));
    }

    [Fact]
    public void The_cap_does_not_depend_on_how_the_bytes_arrive()
    {
        byte[] stream = new byte[BufferedFramer.MaxFrame + 10];
        stream.AsSpan().Fill((byte)'x');
        stream[^1] = stream[^2] = (byte)'\n';
        Assert.Equal(FrameResult.TooLarge, Framing.Whole(new SseFramer(), stream).Last);
    }

    [Fact, Trait("gotcha", "T248")]
    public void Ten_thousand_frames_in_one_chunk_are_all_read_and_none_is_copied()
    {
        byte[] stream = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 10_000).Select(index => $"event: e\ndata: {{\"i\":{index}}}\n\n")));
        using var framer = new SseFramer();
        Framing.Feed(framer, stream);
        long before = GC.GetAllocatedBytesForCurrentThread();
        int count = 0;
        while (framer.TryRead(out Frame frame) == FrameResult.Frame)
        {
            count += frame.Is("e"u8) ? 1 : 0;
        }

        Assert.Equal(10_000, count);
        // Copying would cost more than 24 bytes, an array header, for each frame.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000 * 24 / 2);
        Assert.Equal(stream.Length, framer.FrameEnd);
    }

    [Fact]
    public void The_relay_sees_the_received_bytes_and_the_end_of_the_last_frame()
    {
        using var framer = new SseFramer();
        Framing.Feed(framer, "data: 1\n\nda"u8);
        Assert.Equal(FrameResult.Frame, framer.TryRead(out _));
        Assert.Equal(FrameResult.NeedMore, framer.TryRead(out _));
        Assert.Equal("data: 1\n\nda"u8, framer.LastAdvanced.Span);
        Assert.Equal((11, 9), (framer.Received, framer.FrameEnd));
        Framing.Feed(framer, "ta: 2\r\n\r"u8);
        Assert.Equal(FrameResult.Frame, framer.TryRead(out _));
        Assert.Equal("ta: 2\r\n\r"u8, framer.LastAdvanced.Span);
        Assert.Equal(framer.Received, framer.FrameEnd);
        Framing.Feed(framer, "\n"u8);
        Assert.Equal(FrameResult.NeedMore, framer.TryRead(out _));
        Assert.Equal((20, 20), (framer.Received, framer.FrameEnd));
    }

    [Fact]
    public void Disposal_gives_every_buffer_back()
    {
        var framer = new SseFramer();
        Framing.Feed(framer, "data: 1\ndata: 2\n\n"u8);
        Assert.Equal(FrameResult.Frame, framer.TryRead(out _));
        framer.Dispose();
        framer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => framer.GetMemory(1));
    }

    private static List<string> Read(string text) => Framing.Whole(new SseFramer(), Encoding.UTF8.GetBytes(text)).Frames;
}
