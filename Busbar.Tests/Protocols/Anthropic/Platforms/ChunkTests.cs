using System.Text;
using System.Text.Json.Nodes;
using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Anthropic;
using Busbar.Protocols.Anthropic.Platforms;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;
using JsonNode = System.Text.Json.Nodes.JsonNode;

namespace Busbar.Tests.Protocols.Anthropic.Platforms;

/// <summary>Claude's events in an event stream of Bedrock.</summary>
public sealed class ChunkTests
{
    private static readonly string[] Events =
    [
        """{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":""" +
            """null,"stop_sequence":null,"usage":{"input_tokens":5,"output_tokens":1}}}""",
        """{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}""",
        """{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"h\u00e4m \ud83d\ude00"}}""",
        """{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2ln"}}""",
        """{"type":"content_block_stop","index":0}""",
        """{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"f","input":{}}}""",
        """{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\":1}"}}""",
        """{"type":"content_block_stop","index":1}""",
        """{"type":"a_later_event","with":["what","nobody","knows"]}""",
        """{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":9}}""",
        """{"type":"message_stop"}""",
    ];

    [Fact]
    public void A_stream_cut_at_every_byte_gives_the_same_events_and_reports()
    {
        byte[] stream = StreamOf(Events);
        for (int cut = 0; cut <= stream.Length; cut++)
        {
            IStreamTap tap = InvokeProtocol.Instance.NewStreamTap();
            List<string> read = Read(stream, cut, frame => tap.Observe(frame));

            Assert.Equal(Events, read);
            Assert.True(tap is { HasContent: true, IsComplete: true, Error: null });
            Assert.Equal((5, 9), (tap.Usage.Input, tap.Usage.Output));
        }
    }

    [Fact]
    public void A_stream_cut_at_every_byte_translates_alike()
    {
        byte[] stream = StreamOf(Events);
        foreach (ProtocolId client in Enum.GetValues<ProtocolId>())
        {
            string whole = Stable(Translated(client, stream, 0));
            for (int cut = 1; cut < stream.Length; cut += client == ProtocolId.OpenAI ? 1 : 7)
            {
                Assert.Equal(whole, Stable(Translated(client, stream, cut)));
            }
        }
    }

    [Fact]
    public void What_is_framed_anew_and_back_is_what_it_was()
    {
        using var sse = new PooledBuffer();
        using var chunks = new PooledBuffer();
        var context = new StreamContext(Messages.Identity, false, false, () => 12);
        Usage usage = new Usage { Input = 5, Output = 9 }.IfAny();
        foreach (string json in Events)
        {
            byte[] data = Encoding.UTF8.GetBytes(json);
            var frame = new Frame(Chunks.TypeOf(data), data);
            AnthropicProtocol.Instance.WriteFrame(frame, usage, context, sse);
            InvokeProtocol.Instance.WriteFrame(frame, usage, context, chunks);
        }

        Assert.Equal(string.Concat(Events.Select(json => $"event: {JsonNode.Parse(json)!["type"]}\ndata: {json}\n\n")),
            Encoding.UTF8.GetString(sse.Span));
        List<string> read = Read(chunks.Span.ToArray(), 0, _ => { });
        Assert.Equal(Events[..^1], read[..^1]);
        Assert.Equal(
            """{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":5,"outputTokenCount":9,"invocationLatency":12}}""",
            read[^1]);
    }

    [Theory]
    [InlineData("throttlingException", FaultClass.RateLimit)]
    [InlineData("modelTimeoutException", FaultClass.Timeout)]
    [InlineData("serviceUnavailableException", FaultClass.Overloaded)]
    [InlineData("internalServerException", FaultClass.ServerError)]
    public void An_exception_of_the_service_is_an_error_of_the_stream(string name, object fault)
    {
        using var stream = new PooledBuffer();
        Chunks.Write(Encoding.UTF8.GetBytes(Events[0]), stream);
        EventStreamWriter.TryWriteException(stream, Encoding.UTF8.GetBytes(name), "{\"message\":\"why\"}"u8);
        IStreamTap tap = InvokeProtocol.Instance.NewStreamTap();
        using IStreamReader reader = InvokeProtocol.Instance.NewStreamReader();
        var events = new StreamEvents();

        Read(stream.Span.ToArray(), 0, frame =>
        {
            tap.Observe(frame);
            reader.Read(frame, events);
        });

        Assert.Equal(((FaultClass)fault, "why"), (tap.Error!.Class, tap.Error.Error.Message));
        Assert.Equal(StreamEventKind.Error, events[^1].Kind);
        Assert.False(tap.HasContent);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"bytes\":7}")]
    [InlineData("{\"bytes\":\"@@@\"}")]
    [InlineData("{\"bytes\":\"e30=\"}")]
    [InlineData("{\"bytes\":\"\"}")]
    [InlineData("not json")]
    [InlineData("{\"bytes\":\"eyJ0eXBlIjo3fQ==\"}")]
    public void A_chunk_that_holds_no_event_gives_none(string payload)
    {
        using var stream = new PooledBuffer();
        EventStreamWriter.TryWriteEvent(stream, Chunks.Name, Encoding.UTF8.GetBytes(payload));
        IStreamTap tap = InvokeProtocol.Instance.NewStreamTap();
        using IStreamReader reader = InvokeProtocol.Instance.NewStreamReader();
        var events = new StreamEvents();

        Read(stream.Span.ToArray(), 0, frame =>
        {
            tap.Observe(frame);
            reader.Read(frame, events);
        });

        Assert.Equal(0, events.Count);
        Assert.True(tap is { HasContent: false, IsComplete: false, Error: null });
    }

    [Fact]
    public void Reading_and_writing_a_long_stream_allocates_nothing_per_event()
    {
        using var loop = new StreamLoop(InvokeProtocol.Instance, Messages.Identity);
        Frame Made(string json) => new(Chunks.TypeOf(Encoding.UTF8.GetBytes(json)), Encoding.UTF8.GetBytes(json));
        loop.Run(Made(Events[0]), 1);
        loop.Run(Made("""{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"""), 1);
        Frame words = Made("""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"some words"}}""");
        loop.Run(words, 200);

        Assert.Equal(0, Allocations.Least(() => loop.Run(words, 5000)));
        Assert.True(loop.Output.Length > 0);
    }

    // What is minted or measured differs from run to run.
    private static string Stable(byte[] stream) => System.Text.RegularExpressions.Regex.Replace(
        Encoding.Latin1.GetString(stream), "(rs|fc|msg|resp)_[A-Za-z0-9]{24,}", "$1");

    private static byte[] StreamOf(IEnumerable<string> events)
    {
        using var stream = new PooledBuffer();
        foreach (string json in events)
        {
            Chunks.Write(Encoding.UTF8.GetBytes(json), stream);
        }

        return stream.Span.ToArray();
    }

    private static List<string> Read(byte[] stream, int cut, Action<Frame> observe)
    {
        List<string> read = [];
        using IFramer framer = InvokeProtocol.Instance.NewFramer();
        foreach (byte[] piece in (byte[][])[stream[..cut], stream[cut..]])
        {
            piece.CopyTo(framer.GetMemory(piece.Length + 1).Span);
            framer.Advance(piece.Length);
            while (framer.TryRead(out Frame frame) == FrameResult.Frame)
            {
                observe(frame);
                read.Add(Encoding.UTF8.GetString(frame.Data.Span));
            }
        }

        framer.Complete();
        Assert.Equal(FrameResult.NeedMore, framer.TryRead(out _));
        return read;
    }

    private static byte[] Translated(ProtocolId client, byte[] stream, int cut)
    {
        var context = new TranslationContext(client, ProtocolId.Anthropic, Messages.Target);
        using var output = new PooledBuffer();
        using var translation = new StreamTranslation(InvokeProtocol.Instance, ProtocolTable.Get(client), context,
            new StreamContext(Messages.Identity, false, false, static () => 55));
        using IFramer framer = InvokeProtocol.Instance.NewFramer();
        foreach (byte[] piece in (byte[][])[stream[..cut], stream[cut..]])
        {
            piece.CopyTo(framer.GetMemory(piece.Length + 1).Span);
            framer.Advance(piece.Length);
            while (framer.TryRead(out Frame frame) == FrameResult.Frame)
            {
                translation.Feed(frame, output);
            }
        }

        translation.Complete(output);
        Assert.True(translation.IsComplete);
        return output.Span.ToArray();
    }
}
