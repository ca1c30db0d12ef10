using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Framing;

namespace Busbar.Tests.Wire.Framing;

/// <summary>Recorded streams re-cut: every offset of short ones, an even sample of offsets of long ones.</summary>
public class RecordedStreamTests
{
    // Bytes fed per stream, which bounds the time: a stream of n bytes is re-cut at about Budget / n offsets.
    private const int Budget = 3_000_000;

    [SkippableFact, Trait("gotcha", "T244"), Trait("gotcha", "T246")]
    public void Server_sent_events_give_the_same_frames_wherever_they_are_cut() =>
        Recut(exchange => exchange.IsSse, () => new SseFramer(), atLeast: 300);

    [SkippableFact]
    public void Event_streams_give_the_same_frames_wherever_they_are_cut() =>
        Recut(exchange => exchange.IsEventStream, () => new EventStreamFramer(), atLeast: 50);

    [SkippableFact]
    public void Json_arrays_give_the_same_frames_wherever_they_are_cut() =>
        Recut(exchange => exchange.IsJsonArray, () => new JsonArrayFramer(), atLeast: 8);

    [SkippableFact]
    public void Recorded_events_can_be_written_back_byte_for_byte_equal_in_content()
    {
        Skip.IfNot(Corpus.Exists);
        foreach (CorpusExchange exchange in Corpus.Of(ProtocolId.Bedrock).Where(exchange => exchange.IsEventStream))
        {
            using var framer = new EventStreamFramer();
            using var output = new PooledBuffer();
            Framing.Feed(framer, exchange.ResponseBody.Span);
            while (framer.TryRead(out Frame frame) == FrameResult.Frame)
            {
                Assert.True(frame.IsException
                    ? EventStreamWriter.TryWriteException(output, frame.Name.Span, frame.Data.Span)
                    : EventStreamWriter.TryWriteEvent(output, frame.Name.Span, frame.Data.Span));
            }

            Assert.Equal(
                Framing.Whole(new EventStreamFramer(), exchange.ResponseBody.Span).Frames,
                Framing.Whole(new EventStreamFramer(), output.Span).Frames);
        }
    }

    private static void Recut(Func<CorpusExchange, bool> chosen, Func<IFramer> create, int atLeast)
    {
        Skip.IfNot(Corpus.Exists);
        int seen = 0;
        foreach (CorpusExchange exchange in Corpus.All.Where(chosen))
        {
            ReadOnlySpan<byte> stream = exchange.ResponseBody.Span;
            Framing.Outcome whole = Framing.Whole(create(), stream);
            Assert.Equal(FrameResult.NeedMore, whole.Last);
            Assert.NotEmpty(whole.Frames);
            int step = (int)Math.Max(1, (long)stream.Length * stream.Length / Budget);
            for (int cut = 1; cut < stream.Length; cut += step)
            {
                Assert.True(whole.SameAs(Framing.Cut(create(), stream, [cut])), $"{exchange.Id} cut at {cut}");
            }

            foreach (int size in (int[])[1, 2, 3, 7, 64, 1460])
            {
                Assert.True(whole.SameAs(Framing.Cut(create(), stream, Framing.Every(size, stream.Length))), $"{exchange.Id} in pieces of {size}");
            }

            seen++;
        }

        Assert.InRange(seen, atLeast, int.MaxValue);
    }
}
