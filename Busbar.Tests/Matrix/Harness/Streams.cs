using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire;
using Busbar.Wire.Framing;

namespace Busbar.Tests.Matrix.Harness;

/// <summary>Streams cut into frames, translated, and read again.</summary>
internal static class Streams
{
    /// <summary>Recorded streams that a provider answered 200 with.</summary>
    public static IEnumerable<CorpusExchange> Of(ProtocolId protocol) =>
        Corpus.Of(protocol).Where(static exchange => exchange.Status == 200 && (exchange.IsSse || exchange.IsEventStream || exchange.IsJsonArray));

    /// <summary>The frames of <paramref name="body"/>, received in pieces of at most <paramref name="step"/> bytes.</summary>
    public static List<Frame> Frames(Protocol protocol, string contentType, ReadOnlyMemory<byte> body, int step = int.MaxValue)
    {
        var frames = new List<Frame>();
        using IFramer framer = protocol.NewFramer(contentType);
        for (int at = 0; at < body.Length;)
        {
            int length = Math.Min(step, body.Length - at);
            body.Slice(at, length).CopyTo(framer.GetMemory(length));
            framer.Advance(length);
            at += length;
            Drain(framer, frames);
        }

        framer.Complete();
        Drain(framer, frames);
        return frames;
    }

    /// <summary>What the frames say when the protocol itself reads them.</summary>
    public static AnswerDigest Read(Protocol protocol, IEnumerable<Frame> frames)
    {
        var digest = new AnswerDigest();
        using IStreamReader reader = protocol.NewStreamReader();
        var events = new StreamEvents();
        foreach (Frame frame in frames)
        {
            events.Clear();
            reader.Read(frame, events);
            Take(events, digest);
        }

        events.Clear();
        reader.Complete(events);
        Take(events, digest);
        return digest;
    }

    /// <summary>A stream writer's surroundings.</summary>
    public static StreamContext Context(Protocol ingress, ProtocolId egress, bool jsonArray = false) =>
        new(Hop.Identity(ingress, egress), IncludeUsage: true, jsonArray, static () => 12);

    /// <summary>Feeds all of <paramref name="frames"/>, and the end.</summary>
    public static byte[] Translate(StreamTranslation translation, IEnumerable<Frame> frames)
    {
        using var output = new PooledBuffer();
        foreach (Frame frame in frames)
        {
            translation.Feed(frame, output);
        }

        translation.Complete(output);
        return output.Span.ToArray();
    }

    private static void Drain(IFramer framer, List<Frame> frames)
    {
        while (framer.TryRead(out Frame frame) is var result && result != FrameResult.NeedMore)
        {
            Assert.Equal(FrameResult.Frame, result);
            frames.Add(frame with { Name = frame.Name.ToArray(), Data = frame.Data.ToArray() });
        }
    }

    private static void Take(StreamEvents events, AnswerDigest digest)
    {
        for (int index = 0; index < events.Count; index++)
        {
            digest.Take(events[index]);
        }
    }
}
