using System.Text;
using Busbar.Wire;
using Busbar.Wire.Framing;

namespace Busbar.Tests.Wire.Framing;

public class JsonArrayTests
{
    [Fact]
    public void Elements_are_identical_wherever_the_bytes_are_cut()
    {
        byte[] stream = Encoding.UTF8.GetBytes(" [ {\"a\":\"]}\\\\\\\"{\",\"b\":[{},[1]]}\r\n,\n{}, {\"\\\\\":\"\u00e4\"}]\n ");
        Framing.Outcome whole = Framing.Whole(new JsonArrayFramer(), stream);
        Assert.Equal(["|{\"a\":\"]}\\\\\\\"{\",\"b\":[{},[1]]}|False", "|{}|False", "|{\"\\\\\":\"\u00c3\u00a4\"}|False"], whole.Frames);
        for (int first = 0; first <= stream.Length; first++)
        {
            for (int second = first; second <= stream.Length; second++)
            {
                Assert.True(whole.SameAs(Framing.Cut(new JsonArrayFramer(), stream, [first, second])), $"cut at {first} and {second}");
            }
        }
    }

    [Theory]
    [InlineData("", 0, nameof(FrameResult.NeedMore))]
    [InlineData("[]", 0, nameof(FrameResult.NeedMore))]
    [InlineData("[{}", 1, nameof(FrameResult.NeedMore))]
    [InlineData("[{},", 1, nameof(FrameResult.NeedMore))]
    [InlineData("[{}]", 1, nameof(FrameResult.NeedMore))]
    [InlineData("[{},{\"a\":", 1, nameof(FrameResult.Corrupt))]
    [InlineData("[{},{\"a\":\"\\", 1, nameof(FrameResult.Corrupt))]
    [InlineData("{}", 1, nameof(FrameResult.NeedMore))]
    [InlineData("{}{}", 1, nameof(FrameResult.Corrupt))]
    [InlineData("[1]", 0, nameof(FrameResult.Corrupt))]
    [InlineData("[,{}]", 0, nameof(FrameResult.Corrupt))]
    [InlineData("[{}{}]", 1, nameof(FrameResult.Corrupt))]
    [InlineData("[{},]", 1, nameof(FrameResult.Corrupt))]
    [InlineData("[{}]]", 1, nameof(FrameResult.Corrupt))]
    public void The_end_and_anything_out_of_order_are_told_apart(string stream, int frames, string last)
    {
        Framing.Outcome outcome = Framing.Whole(new JsonArrayFramer(), Encoding.UTF8.GetBytes(stream));
        Assert.Equal((frames, last), (outcome.Frames.Count, outcome.Last.ToString()));
    }

    [Fact]
    public void The_end_of_a_frame_is_the_end_of_its_element()
    {
        using var framer = new JsonArrayFramer();
        Framing.Feed(framer, "[{} , {"u8);
        Assert.Equal(FrameResult.Frame, framer.TryRead(out _));
        Assert.Equal(FrameResult.NeedMore, framer.TryRead(out _));
        Assert.Equal((7, 3), (framer.Received, framer.FrameEnd));
    }

    [Theory]
    [InlineData("{}", true)]
    [InlineData(" \n{\"a\":[]}", true)]
    [InlineData("[{}]", false)]
    [InlineData("[{},{}]", false)]
    [InlineData("[", false)]
    [InlineData("1", false)]
    public void An_object_without_an_array_around_it_is_told_apart(string stream, bool expected)
    {
        using var framer = new JsonArrayFramer();
        Framing.Feed(framer, Encoding.UTF8.GetBytes(stream));
        Framing.Drain(framer, []);
        Assert.Equal(expected, framer.IsBare);
    }

    [Fact]
    public void The_bracket_that_closes_the_array_goes_with_the_last_frame()
    {
        using var framer = new JsonArrayFramer();
        Framing.Feed(framer, " [{} ] "u8);
        Framing.Drain(framer, []);
        Assert.Equal(6, framer.FrameEnd);
    }

    [Fact]
    public void However_much_white_space_comes_between_elements_none_of_it_is_kept()
    {
        using var framer = new JsonArrayFramer();
        var frames = new List<string>();
        Framing.Feed(framer, "[{}"u8);
        byte[] blank = new byte[1 << 20];
        blank.AsSpan().Fill((byte)' ');
        for (int fed = 0; fed < 17; fed++)
        {
            Assert.Equal(FrameResult.NeedMore, Framing.Drain(framer, frames));
            Framing.Feed(framer, blank);
        }

        Framing.Feed(framer, ",{}]"u8);
        Assert.Equal(FrameResult.NeedMore, Framing.Drain(framer, frames));
        Assert.Equal(["|{}|False", "|{}|False"], frames);
    }

    [Fact]
    public void An_element_above_the_cap_is_refused()
    {
        using var framer = new JsonArrayFramer();
        Framing.Feed(framer, "[{\""u8);
        Framing.Feed(framer, new byte[BufferedFramer.MaxFrame]);
        Assert.Equal(FrameResult.TooLarge, framer.TryRead(out _));
    }

    [Theory, Trait("gotcha", "T169")]
    [InlineData(0, "[]")]
    [InlineData(1, "[{\"i\":0}]")]
    [InlineData(3, "[{\"i\":0},{\"i\":1},{\"i\":2}]")]
    public void The_array_is_closed_exactly_once(int count, string expected)
    {
        using var output = new PooledBuffer();
        var array = new JsonArrayWriter();
        for (int index = 0; index < count; index++)
        {
            Assert.True(array.TryWrite(output, Encoding.UTF8.GetBytes($"{{\"i\":{index}}}")));
        }

        array.Close(output);
        array.Close(output);
        Assert.False(array.TryWrite(output, "{}"u8));
        Assert.True(array.IsClosed);
        Assert.Equal(expected, Encoding.UTF8.GetString(output.Span));
    }
}
