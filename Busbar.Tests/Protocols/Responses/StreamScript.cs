using System.Text;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Responses;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Responses;

/// <summary>Streams as lists of events that outlive their frames.</summary>
internal static class StreamScript
{
    /// <summary>All events of an SSE stream, in the order in which the reader gives them.</summary>
    public static List<StreamEvent> Read(ReadOnlyMemory<byte> sse)
    {
        var events = new StreamEvents();
        var kept = new List<StreamEvent>();
        using IStreamReader reader = ResponsesProtocol.Instance.NewStreamReader();
        foreach (Frame frame in Frames(sse))
        {
            events.Clear();
            reader.Read(frame, events);
            for (int index = 0; index < events.Count; index++)
            {
                kept.Add(Keep(events[index]));
            }
        }

        events.Clear();
        reader.Complete(events);
        Assert.Equal(0, events.Count);
        return kept;
    }

    public static List<StreamEvent> Read(params string[] data) =>
        Read(Encoding.UTF8.GetBytes(string.Concat(data.Select(json => $"data: {json}\n\n"))));

    /// <summary>The frames of an SSE stream, each with its own copy of its bytes.</summary>
    public static List<Frame> Frames(ReadOnlyMemory<byte> sse)
    {
        var frames = new List<Frame>();
        using var framer = new SseFramer();
        sse.Span.CopyTo(framer.GetMemory(sse.Length).Span);
        framer.Advance(sse.Length);
        framer.Complete();
        while (framer.TryRead(out Frame frame) == FrameResult.Frame)
        {
            frames.Add(new Frame(frame.Name.ToArray(), frame.Data.ToArray()));
        }

        return frames;
    }

    /// <summary>The events in legal order: blocks one at a time, numbered densely, as the sequencer hands them to a writer.</summary>
    public static List<StreamEvent> InOrder(List<StreamEvent> events)
    {
        var ordered = new List<StreamEvent>(events.Where(found => found.Kind == StreamEventKind.MessageStart));
        int dense = 0;
        foreach (IGrouping<int, StreamEvent> block in events.Where(IsOfBlock).GroupBy(found => found.Index).OrderBy(block => block.Key))
        {
            foreach (StreamEvent found in block)
            {
                StreamEvent renumbered = found;
                renumbered.Index = dense;
                ordered.Add(renumbered);
            }

            dense++;
        }

        ordered.AddRange(events.Where(found => !IsOfBlock(found) && found.Kind != StreamEventKind.MessageStart));
        return ordered;
    }

    /// <summary>Writes events, which must be in legal order.</summary>
    public static byte[] Write(IEnumerable<StreamEvent> events, out Losses losses)
    {
        using var output = new PooledBuffer();
        using IStreamWriter writer = ResponsesProtocol.Instance.NewStreamWriter(new StreamContext(Exchange.Identity, false, false, () => 0));
        foreach (StreamEvent written in events)
        {
            writer.Write(written, output);
        }

        losses = writer.Losses;
        return output.Span.ToArray();
    }

    /// <summary>What the events say, without how they were cut: one line for each block, then the end.</summary>
    public static string Digest(List<StreamEvent> events, Func<StreamEvent, bool>? keep = null)
    {
        var lines = new StringBuilder();
        foreach (IGrouping<int, StreamEvent> block in events.Where(IsOfBlock).GroupBy(found => found.Index).OrderBy(block => block.Key))
        {
            StreamEvent start = block.First();
            if (keep is not null && !keep(start))
            {
                continue;
            }

            lines.AppendLine(
                $"{start.Block} {start.Id} {start.Name} {start.IsCustomTool} {start.Whole?.Data} "
                + $"[{string.Concat(block.Where(found => found.Kind is StreamEventKind.TextDelta or StreamEventKind.InputDelta).Select(found => found.Text.ToString()))}] "
                + $"{string.Concat(block.Where(found => found.Kind == StreamEventKind.SignatureDelta).Select(found => found.Text.ToString()))} "
                + $"{string.Join(' ', block.Where(found => found.Kind == StreamEventKind.CitationDelta).Select(found => found.Citation.Raw.ToString()))} "
                + $"{string.Concat(block.Count(found => found.Kind == StreamEventKind.BlockStop))}");
        }

        StreamEvent end = events.LastOrDefault(found => found.Kind == StreamEventKind.MessageDelta);
        Usage usage = end.Usage;
        lines.AppendLine($"{end.StopReason} {usage.Input} {usage.CacheRead} {usage.CacheWrite} {usage.Output} {usage.Reasoning}");
        lines.AppendLine(
            $"{events.Count(found => found.Kind == StreamEventKind.MessageStop)} {events.Count(found => found.Kind == StreamEventKind.Error)}");
        return lines.ToString();
    }

    public static StreamEvent Make(StreamEventKind kind, int index = 0, BlockKind block = default, string? text = null, string? id = null,
        string? name = null) => new()
    {
        Kind = kind,
        Index = index,
        Block = block,
        Text = JsonText.From(text),
        Id = JsonText.From(id),
        Name = JsonText.From(name),
        Origin = ProtocolId.Responses,
    };

    private static bool IsOfBlock(StreamEvent found) => found.Kind is StreamEventKind.BlockStart or StreamEventKind.TextDelta
        or StreamEventKind.InputDelta
        or StreamEventKind.SignatureDelta or StreamEventKind.CitationDelta or StreamEventKind.BlockStop;

    private static StreamEvent Keep(StreamEvent found)
    {
        found.Text = Keep(found.Text);
        found.Id = Keep(found.Id);
        found.Name = Keep(found.Name);
        found.Model = Keep(found.Model);
        found.Citation.Raw = new JsonSlice(found.Citation.Raw.Span.ToArray());
        found.Citation.Url = Keep(found.Citation.Url);
        found.Citation.Title = Keep(found.Citation.Title);
        if (found.Whole is { } whole)
        {
            found.Whole = new Block
            {
                Kind = whole.Kind,
                Id = Keep(whole.Id),
                Name = Keep(whole.Name),
                Data = Keep(whole.Data),
                Source = whole.Source,
                MediaType = Keep(whole.MediaType),
                Raw = new JsonSlice(whole.Raw.Span.ToArray()),
                Origin = whole.Origin,
            };
        }

        return found;
    }

    private static JsonText Keep(JsonText text) => text.IsAbsent ? default : new JsonText(text.Span.ToArray());
}
