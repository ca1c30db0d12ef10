using System.Text;
using System.Text.Json.Nodes;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Bedrock;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;
using static Busbar.Tests.Protocols.Bedrock.Converse;

namespace Busbar.Tests.Protocols.Bedrock;

public sealed class StreamTests
{
    private static readonly (string, string) Hello = Delta(0, """{"text":"Hi"}""");

    [Fact, Trait("gotcha", "T207")]
    public void Reason_and_counts_make_one_terminal()
    {
        string[] expected = ["message", "start 0 Text", "+0:Hi", "stop 0", "because EndTurn 3 0 0 2", "end"];
        Assert.Equal(expected, Lines(Begin, Hello, Stop(0), End("end_turn"), Metadata));
        Assert.Equal(expected, Lines(Begin, Hello, Stop(0), Metadata, End("end_turn")));
        Assert.Equal(expected, Lines(Begin, Hello, End("end_turn"), Metadata, Metadata));
    }

    [Fact, Trait("gotcha", "T208")]
    public void A_stream_without_counts_or_metadata_still_ends()
    {
        Assert.Equal(["because MaxTokens 0 0 0 0", "end"], Lines(
            Begin, Hello, Stop(0), End("max_tokens"), ("metadata", """{"metrics":{"latencyMs":1}}"""))[^2..]);
        Assert.Equal(["because MaxTokens 0 0 0 0", "end"], Lines(Begin, Hello, Stop(0), End("max_tokens"))[^2..]);
        Assert.DoesNotContain("end", Lines(Begin, Hello, Stop(0)));
        Assert.DoesNotContain("end", Lines(Begin, Hello, Metadata));
    }

    [Fact, Trait("gotcha", "T222")]
    public void A_tool_announced_before_the_message_is_ignored_unless_its_arguments_come()
    {
        Assert.Equal(["message", "start 0 Text", "+0:Hi"], Lines(Tool(0, "t", "f"), Begin, Hello));
        Assert.Equal(["start 0 ToolUse t f", ">0:{}", "stop 0"], Lines(Tool(0, "t", "f"), Delta(0, """{"toolUse":{"input":"{}"}}"""), Stop(0)));
    }

    [Fact, Trait("gotcha", "T223")]
    public void Stops_and_arguments_of_blocks_that_never_opened_are_ignored() =>
        Assert.Equal(["message"], Lines(Begin, Stop(0), Stop(9), Delta(1, """{"toolUse":{"input":"{}"}}"""), ("contentBlockStop", "{}"),
            Delta(2, """{"text":""}""")));

    [Fact]
    public void Indices_beyond_reason_are_clamped() => Assert.Equal(
        ["message", "start 0 Text", "+0:ab", "stop 0", "start 1 ToolUse t f"],
        Lines(Begin, ("contentBlockDelta", """{"contentBlockIndex":9223372036854775807,"delta":{"text":"a"}}"""), Delta(1023, """{"text":"b"}"""),
            Stop(1023), Tool(0, "t", "f")));

    [Fact]
    public void Reasoning_and_words_at_one_index_are_two_blocks_and_an_open_call_is_not_disturbed()
    {
        Assert.Equal(
            ["message", "start 0 Thinking", "+0:a", "signature 0 s", "stop 0", "start 1 Text", "+1:b", "stop 1", "start 2 ToolUse t f"],
            Lines(Begin, Delta(0, """{"reasoningContent":{"text":"a"}}"""), Delta(0, """{"reasoningContent":{"signature":"s"}}"""),
                Delta(0, """{"text":"b"}"""), Stop(0), Tool(1, "t", "f")));
        Assert.Equal(
            ["message", "start 0 ToolUse t f", ">0:{}", "stop 0"],
            Lines(Begin, Tool(0, "t", "f"), Delta(0, """{"text":"b"}"""), Delta(0, """{"toolUse":{"input":"{"}}"""),
                Delta(0, """{"toolUse":{"input":"}"}}"""), Stop(0)));
    }

    [Fact]
    public void Images_citations_and_tools_of_the_service_are_understood()
    {
        Assert.Equal(
            ["message", "start 0 Image   AAAAAAAA", "stop 0", "start 1 ServerToolUse u web", "stop 1", "start 2 Text", "+2:x",
                "cite 2 Web  https://e.com -1--1"],
            Lines(
                Begin,
                ("contentBlockStart", """{"contentBlockIndex":0,"start":{"image":{"format":"png"}}}"""),
                Delta(0, """{"image":{"source":{"bytes":"AAAA"}}}"""),
                Delta(0, """{"image":{"source":{"bytes":"AAAA"}}}"""),
                Stop(0),
                ("contentBlockStart", """{"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"u","name":"web","type":"server_tool_use"}}}"""),
                Delta(1, """{"toolUse":{"input":"{}"}}"""),
                Stop(1),
                Delta(2, """{"text":"x"}"""),
                Delta(2, """{"citation":{"location":{"web":{"url":"https://e.com"}}}}"""),
                Stop(2)));
    }

    [Fact, Trait("gotcha", "T91"), Trait("gotcha", "T92")]
    public void Redacted_reasoning_comes_whole_and_leaves_as_it_came()
    {
        byte[] stream = Stream(Begin, Delta(0, """{"reasoningContent":{"redactedContent":"RXRrRUNrZ0k="}}"""), Stop(0), Hello, Stop(0),
            End("end_turn"), Metadata);
        Assert.Equal(["message", "start 0 Thinking   EtkECkgI", "stop 0"], Lines(stream)[..3]);
        Assert.Contains(Payloads(Restream(stream)), frame => frame.Payload["delta"]?["reasoningContent"]?[
            "redactedContent"]?.GetValue<string>() == "RXRrRUNrZ0k=");
        string text = Encoding.UTF8.GetString(Translated(ProtocolId.Bedrock, ProtocolId.Anthropic, stream));
        Assert.Contains("redacted_thinking", text);
    }

    [Fact, Trait("gotcha", "T206"), Trait("gotcha", "T209"), Trait("gotcha", "T280")]
    public void A_foreign_stream_becomes_valid_frames_in_native_order()
    {
        byte[] sse = """
            data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","reasoning_content":"hm"},"finish_reason":null}]}

            data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"Hi \u00e9 \"q\""},"finish_reason":null}]}

            data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":null}]}

            data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

            data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5}}

            data: [DONE]


            """u8.ToArray();
        List<(string Name, JsonObject Payload)> frames = Payloads(Translated(ProtocolId.OpenAI, ProtocolId.Bedrock, sse));
        Assert.Equal(
            [
                "messageStart", "contentBlockDelta", "contentBlockStop", "contentBlockDelta", "contentBlockStop", "contentBlockStart",
                "contentBlockDelta", "contentBlockStop",
                "messageStop", "metadata",
            ],
            frames.Select(frame => frame.Name).Where((name, index) => !frames[index].Payload.ToJsonString().Contains("\"signature\"")));
        Assert.StartsWith("tooluse_", (string?)frames.Single(frame => frame.Name == "contentBlockStart").Payload["start"]!["toolUse"]!["toolUseId"]);
        Assert.Equal([0, 1, 2], frames.Where(frame => frame.Name == "contentBlockStop").Select(frame => (int)frame.Payload["contentBlockIndex"]!));
        Assert.Equal("tool_use", (string?)frames[^2].Payload["stopReason"]);
        Assert.Equal("""{"usage":{"inputTokens":10,"outputTokens":5,"totalTokens":15},"metrics":{"latencyMs":55}}""",
            frames[^1].Payload.ToJsonString());
        byte[] bare = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(sse).Replace(""","usage":{"prompt_tokens":10,"completion_tokens":5}""", ""));
        (string name, JsonObject payload) = Payloads(Translated(ProtocolId.OpenAI, ProtocolId.Bedrock, bare))[^1];
        Assert.Equal(("metadata", 0), (name, (int)payload["usage"]!["totalTokens"]!));
    }

    [Fact]
    public void Blocks_that_cannot_be_shown_leave_neither_start_nor_stop_nor_gap()
    {
        using IStreamWriter writer = NewWriter();
        using var output = new PooledBuffer();
        var hidden = new Block { Kind = BlockKind.Audio };
        writer.Write(new StreamEvent { Kind = StreamEventKind.BlockStart, Block = BlockKind.Audio, Whole = hidden }, output);
        writer.Write(new StreamEvent { Kind = StreamEventKind.BlockStop }, output);
        writer.Write(new StreamEvent { Kind = StreamEventKind.BlockStart, Index = 1, Block = BlockKind.Text }, output);
        writer.Write(new StreamEvent { Kind = StreamEventKind.BlockStop, Index = 1 }, output);
        Assert.Equal(0, output.Length);
        var image = new Block { Kind = BlockKind.Image, Source = MediaSource.Base64, MediaType = JsonText.From("image/jpg"), Data =
            JsonText.From("AAAA") };
        writer.Write(new StreamEvent { Kind = StreamEventKind.BlockStart, Index = 2, Block = BlockKind.Image, Whole = image }, output);
        writer.Write(new StreamEvent { Kind = StreamEventKind.BlockStop, Index = 2 }, output);
        Assert.Equal(
            ["""{"contentBlockIndex":0,"start":{"image":{"format":"jpeg"}}}""",
                """{"contentBlockIndex":0,"delta":{"image":{"source":{"bytes":"AAAA"}}}}""", """{"contentBlockIndex":0}"""],
            Payloads(output.Span).Select(frame => frame.Payload.ToJsonString()));
        Assert.False(writer.Losses.IsEmpty);
    }

    [Fact]
    public void A_signature_without_words_gets_empty_words()
    {
        using IStreamWriter writer = NewWriter();
        using var output = new PooledBuffer();
        writer.Write(new StreamEvent { Kind = StreamEventKind.BlockStart, Block = BlockKind.Thinking }, output);
        writer.Write(new StreamEvent { Kind = StreamEventKind.SignatureDelta, Text = JsonText.From("sig") }, output);
        Assert.Equal(
            ["""{"text":""}""", """{"signature":"sig"}"""],
            Payloads(output.Span).Select(frame => frame.Payload["delta"]!["reasoningContent"]!.ToJsonString()));
    }

    [Fact]
    public void There_is_no_sign_of_life_in_an_event_stream()
    {
        using IStreamWriter writer = NewWriter();
        using var output = new PooledBuffer();
        writer.WriteKeepAlive(output);
        writer.Write(new StreamEvent { Kind = StreamEventKind.Ping }, output);
        Assert.Equal(0, output.Length);
    }

    [Fact, Trait("gotcha", "T273")]
    public void A_stream_cut_at_every_byte_translates_alike()
    {
        byte[] stream = Stream(Begin, Hello, Stop(0), Tool(1, "tooluse_1", "f"), Delta(1, """{"toolUse":{"input":"{\"a\":1}"}}"""), Stop(1),
            End("tool_use"), Metadata);
        string whole = Encoding.UTF8.GetString(Translated(ProtocolId.Bedrock, ProtocolId.Anthropic, stream));
        Assert.Contains("toolu_1", whole);
        for (int cut = 1; cut < stream.Length; cut++)
        {
            Assert.Equal(whole, Encoding.UTF8.GetString(Translated(ProtocolId.Bedrock, ProtocolId.Anthropic, stream, cut)));
        }
    }

    [Fact]
    public void The_observer_takes_the_opening_for_no_content()
    {
        IStreamTap tap = BedrockProtocol.Instance.NewStreamTap();
        Frames(Stream(Begin), frame => tap.Observe(frame));
        Assert.False(tap.HasContent || tap.IsComplete);
        Frames(Stream(Hello), frame => tap.Observe(frame));
        Assert.True(tap.HasContent);
        Frames(Stream(End("end_turn"), Metadata), frame => tap.Observe(frame));
        Assert.True(tap.IsComplete && tap.Usage.Total == 5);
    }

    [Fact]
    public void Reading_and_writing_a_long_stream_allocates_nothing_per_event()
    {
        using var loop = new StreamLoop(BedrockProtocol.Instance, Identity);
        Frame Made((string Name, string Payload) made) => new(Encoding.UTF8.GetBytes(made.Name), Encoding.UTF8.GetBytes(made.Payload));
        Frame words = Made(Delta(0, """{"text":"some words \u00e9 \n"}"""));
        Frame thoughts = Made(Delta(1, """{"reasoningContent":{"text":"hm"}}"""));
        Frame input = Made(Delta(2, """{"toolUse":{"input":"{\"a"}}"""));

        loop.Run(Made(Begin), 1);
        loop.Run(Made(Tool(2, "t", "f")), 1);
        foreach (Frame frame in (Frame[])[input, thoughts, words])
        {
            loop.Run(frame, 200);
            Assert.Equal(0, Allocations.Least(() => loop.Run(frame, 5000)));
            Assert.True(loop.Output.Length > 0);
        }
    }

    private static byte[] Translated(ProtocolId egress, ProtocolId ingress, byte[] stream, int cut = 0)
    {
        var context = new TranslationContext(ingress, egress, Target(Claude));
        using var output = new PooledBuffer();
        using var translation = new StreamTranslation(
            ProtocolTable.Get(egress), ProtocolTable.Get(ingress), context, new StreamContext(Identity, false, false, static () => 55));
        using IFramer framer = ProtocolTable.Get(egress).NewFramer();
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
