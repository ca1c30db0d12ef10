using System.Text;
using Busbar.Wire.Framing;

namespace Busbar.Tests.Wire.Framing;

/// <summary>Feeds framers in chosen cuts and notes what comes out in a comparable form.</summary>
internal static class Framing
{
    /// <summary>Frames as <c>name|data|exception</c>, the final result, and where the last frame ended.</summary>
    public sealed record Outcome(List<string> Frames, FrameResult Last, long FrameEnd)
    {
        public bool SameAs(Outcome other) => Last == other.Last && FrameEnd == other.FrameEnd && Frames.SequenceEqual(other.Frames);
    }

    /// <summary>Reads <paramref name="bytes"/> in one go.</summary>
    public static Outcome Whole(IFramer framer, ReadOnlySpan<byte> bytes) => Cut(framer, bytes, []);

    /// <summary>Reads <paramref name="bytes"/> cut at every one of <paramref name="cuts"/>.</summary>
    public static Outcome Cut(IFramer framer, ReadOnlySpan<byte> bytes, ReadOnlySpan<int> cuts)
    {
        using IFramer owned = framer;
        var frames = new List<string>();
        FrameResult last = FrameResult.NeedMore;
        int start = 0;
        foreach (int cut in (int[])[.. cuts, bytes.Length])
        {
            Feed(framer, bytes[start..cut]);
            last = Drain(framer, frames);
            start = cut;
        }

        framer.Complete();
        last = Drain(framer, frames);
        return new Outcome(frames, last, framer.FrameEnd);
    }

    /// <summary>Every cut in steps of <paramref name="size"/>.</summary>
    public static int[] Every(int size, int length) => [.. Enumerable.Range(1, Math.Max(0, (length - 1) / size)).Select(index => index * size)];

    /// <summary>Hands over one piece.</summary>
    public static void Feed(IFramer framer, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(framer.GetMemory(bytes.Length).Span);
        framer.Advance(bytes.Length);
    }

    /// <summary>Takes every frame that is there; they are read only afterwards, since all of them stay valid until the next piece.</summary>
    public static FrameResult Drain(IFramer framer, List<string> into)
    {
        var batch = new List<Frame>();
        FrameResult result;
        while ((result = framer.TryRead(out Frame frame)) == FrameResult.Frame)
        {
            batch.Add(frame);
        }

        into.AddRange(batch.Select(Text));
        return result;
    }

    /// <summary>The form in which frames are compared.</summary>
    public static string Text(Frame frame) => $"{Latin(frame.Name)}|{Latin(frame.Data)}|{frame.IsException}";

    private static string Latin(ReadOnlyMemory<byte> bytes) => Encoding.Latin1.GetString(bytes.Span);
}
