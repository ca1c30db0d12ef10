using System.Text;
using System.Text.Json.Nodes;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Anthropic;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;
using static Busbar.Tests.Protocols.Anthropic.Messages;

namespace Busbar.Tests.Protocols.Anthropic;

public sealed class StreamTests
{
    [SkippableFact]
    public void Every_recorded_stream_gives_the_same_events_after_it_was_written_anew()
    {
        Skip.IfNot(Corpus.Exists);
        int count = 0;
        foreach (CorpusExchange exchange in Streams)
        {
            List<string> events = Describe(exchange.ResponseBody.Span);
            Assert.Equal((exchange.Id, string.Join('\n', events)), (exchange.Id, string.Join('\n', Describe(Rewrite(exchange.ResponseBody.Span)))));
            count++;
        }

        Assert.True(count > 60, $"only {count} streams were recorded");
    }

    [SkippableFact]
    [Trait("gotcha", "T72")]
    [Trait("gotcha", "T74")]
    public void Every_written_event_names_its_type_and_is_valid_by_the_published_shape()
    {
        Skip.IfNot(Corpus.Exists);
        foreach (CorpusExchange exchange in Streams)
        {
            foreach ((string name, string data) in Frames(Rewrite(exchange.ResponseBody.Span)))
            {
                Assert.Equal(name, Parse(Encoding.UTF8.GetBytes(data))["type"]!.GetValue<string>());
                bool isBeta = data.Contains("mcp_") || data.Contains("advisor") || data.Contains("compaction") || data.Contains("\"fallback\"");
                if (name != "ping" && !isBeta)
                {
                    Assert.Empty(SchemaCheck.Validate("anthropic-messages.schema.json", "#/$defs/RawMessageStreamEvent",
                        Encoding.UTF8.GetBytes(data)));
                }
            }
        }
    }

    [SkippableFact]
    public void The_tap_sees_the_same_usage_and_end_as_the_reader()
    {
        Skip.IfNot(Corpus.Exists);
        foreach (CorpusExchange exchange in Streams)
        {
            Usage usage = default;
            bool isComplete = false;
            bool hasError = false;
            ReadStream(exchange.ResponseBody.Span, (in StreamEvent news) =>
            {
                usage.Merge(news.Usage);
                isComplete |= news.Kind == StreamEventKind.MessageStop;
                hasError |= news.Kind == StreamEventKind.Error;
            });
            IStreamTap tap = AnthropicProtocol.Instance.NewStreamTap();
            IStreamTap nameless = AnthropicProtocol.Instance.NewStreamTap();
            foreach ((string name, string data) in Frames(exchange.ResponseBody.Span))
            {
                tap.Observe(Frame(name, data));
                nameless.Observe(Frame("", data));
            }

            foreach (IStreamTap observer in (IStreamTap[])[tap, nameless])
            {
                Assert.Equal((exchange.Id, usage, isComplete, hasError),
                    (exchange.Id, observer.Usage, observer.IsComplete, observer.Error is not null));
            }
        }
    }

    [Fact]
    [Trait("gotcha", "T73")]
    [Trait("gotcha", "T75")]
    [Trait("gotcha", "T269")]
    public void A_stream_is_written_in_native_order_with_one_ping_after_the_start()
    {
        using IStreamWriter writer = NewWriter();
        using var output = new PooledBuffer();
        writer.Write(new StreamEvent { Kind = StreamEventKind.MessageStart, Usage = new Usage { Input = 7, IsReported = true } }, output);
        writer.Write(new StreamEvent { Kind = StreamEventKind.BlockStart, Block = BlockKind.Audio }, output);
        writer.Write(new StreamEvent { Kind = StreamEventKind.TextDelta, Text = JsonText.From("lost") }, output);
        writer.Write(new StreamEvent { Kind = StreamEventKind.BlockStop }, output);
        writer.Write(new StreamEvent { Kind = StreamEventKind.BlockStart, Index = 1, Block = BlockKind.Thinking }, output);
        writer.Write(new StreamEvent { Kind = StreamEventKind.SignatureDelta, Index = 1, Text = JsonText.From("sig") }, output);
        writer.Write(new StreamEvent { Kind = StreamEventKind.TextDelta, Index = 1, Text = JsonText.From("hm") }, output);
        writer.Write(new StreamEvent { Kind = StreamEventKind.BlockStop, Index = 1 }, output);
        writer.Write(new StreamEvent { Kind = StreamEventKind.MessageDelta, StopReason = StopReason.EndTurn, Usage = new Usage { Output = 3 } },
            output);
        writer.Write(new StreamEvent { Kind = StreamEventKind.MessageStop }, output);

        List<(string Name, string Data)> frames = Frames(output.Span);
        Assert.Equal(
            ["message_start", "ping", "content_block_start", "content_block_delta", "content_block_delta", "content_block_stop", "message_delta",
                "message_stop"],
            frames.Select(frame => frame.Name));
        Assert.Equal("""{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}""", frames[2].Data);
        Assert.Equal("""{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"sig"}}""", frames[4].Data);
        JsonNodeOf(frames[6].Data, out JsonObject delta);
        Assert.True(delta["delta"]!.AsObject().TryGetPropertyValue("stop_sequence", out var sequence));
        Assert.Null(sequence);
        Assert.Equal(7, delta["usage"]!["input_tokens"]!.GetValue<int>());
        Assert.True(writer.Losses.Contains(LossField.OpaqueBlock));
    }

    [Fact]
    [Trait("gotcha", "T92")]
    public void Redacted_reasoning_of_another_protocol_is_a_redacted_block()
    {
        using IStreamWriter writer = NewWriter();
        using var output = new PooledBuffer();
        var whole = new Block { Kind = BlockKind.Thinking, Redacted = true, Text = JsonText.From("xyz"), Origin = ProtocolId.Bedrock };
        writer.Write(new StreamEvent { Kind = StreamEventKind.BlockStart, Block = BlockKind.Thinking, Whole = whole }, output);

        Assert.Contains("\"content_block\":{\"type\":\"redacted_thinking\",\"data\":\"xyz\"}", Encoding.UTF8.GetString(output.Span));
    }

    [Fact]
    [Trait("gotcha", "T79")]
    public void A_citation_copied_from_pretty_json_stays_on_one_line()
    {
        using IStreamWriter writer = NewWriter();
        using var output = new PooledBuffer();
        writer.Write(new StreamEvent { Kind = StreamEventKind.BlockStart, Block = BlockKind.Text }, output);
        output.Clear();
        Citation citation = Citation.New(CitationKind.Web, ProtocolId.Anthropic);
        citation.Raw = JsonSlice.From("{\r\n \"type\": \"x\"\n}"u8);
        writer.Write(new StreamEvent { Kind = StreamEventKind.CitationDelta, Citation = citation }, output);

        Assert.Equal("""{"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":{ "type": "x"}}}""",
            Assert.Single(Frames(output.Span)).Data);
    }

    [Theory]
    [InlineData("""{"type":"content_block_delta","index":9223372036854775808,"delta":{"type":"text_delta","text":"a"}}""", "TextDelta 1023 a")]
    [InlineData("""{"type":"content_block_delta","index":"0","delta":{"type":"text_delta","text":"a"}}""", "")]
    [InlineData("""{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","input_json":"{"}}""", "InputDelta 0 {")]
    [InlineData("""{"type":"unheard_of","index":0}""", "")]
    [InlineData("[DONE]", "")]
    [InlineData("{broken", "")]
    [InlineData("", "")]
    [Trait("gotcha", "T78")]
    public void Odd_frames_are_read_or_ignored_but_never_fatal(string data, string expected)
    {
        using IStreamReader reader = AnthropicProtocol.Instance.NewStreamReader();
        var events = new StreamEvents();
        reader.Read(Frame("", data), events);

        Assert.Equal(expected, events.Count == 0 ? "" : $"{events[0].Kind} {events[0].Index} {events[0].Text}");
    }

    [Fact]
    [Trait("gotcha", "T70")]
    public void A_stop_reason_without_usage_is_delivered_with_the_usage_of_the_start()
    {
        List<string> events = Describe("""
            data: {"type":"message_start","message":{"usage":{"input_tokens":5,"cache_read_input_tokens":2}}}

            data: {"type":"message_delta","delta":{"stop_reason":"tool_use"}}


            """u8);

        Assert.Contains("ToolUse", events[1]);
        Assert.Contains("5/2", events[1]);
    }

    [Fact]
    public void An_answer_that_is_complete_in_its_start_gives_its_blocks_and_its_reason()
    {
        List<string> events = Describe("""
            data: {"type":"message_start","message":{"content":[{"type":"tool_use","id":"a","name":"f","input":{"x":1}},{"type":"tool_use","id":"b","name":"g","input":{"y":2}}],"stop_reason":"tool_use"}}


            """u8);

        Assert.Equal(8, events.Count);
        Assert.Equal("""|{"x":1}|""", events[2]);
        Assert.Equal("""|{"y":2}|""", events[5]);
        Assert.Contains("ToolUse", events[7]);
    }

    [Theory]
    [InlineData("overloaded_error", "Overloaded")]
    [InlineData("rate_limit_error", "RateLimit")]
    [InlineData("api_error", "ServerError")]
    [InlineData("timeout_error", "Timeout")]
    [InlineData("permission_error", "Auth")]
    [InlineData("billing_error", "Billing")]
    [InlineData("not_found_error", "ClientError")]
    [Trait("gotcha", "T77")]
    public void An_error_event_has_the_class_of_its_type(string type, string expected)
    {
        using IStreamReader reader = AnthropicProtocol.Instance.NewStreamReader();
        var events = new StreamEvents();
        reader.Read(Frame("error", $$"""{"type":"error","error":{"type":"{{type}}","message":"m"} }"""), events);

        Assert.Equal(Enum.Parse<FaultClass>(expected), events[0].Error!.Class);
    }

    [Fact]
    public void A_stream_shows_the_likely_input_until_the_provider_tells_the_real_one()
    {
        using IStreamWriter writer = AnthropicProtocol.Instance.NewStreamWriter(
            new StreamContext(Identity, false, false, static () => 0, LikelyInput: 40));
        using var output = new PooledBuffer();
        writer.Write(new StreamEvent { Kind = StreamEventKind.MessageStart }, output);
        writer.Write(new StreamEvent { Kind = StreamEventKind.MessageDelta, StopReason = StopReason.EndTurn, Usage =
            new Usage { Input = 37, Output = 2, IsReported = true } }, output);
        writer.Write(new StreamEvent { Kind = StreamEventKind.MessageStop }, output);

        List<(string Name, string Data)> frames = Frames(output.Span);
        Assert.Equal(40, Parse(Encoding.UTF8.GetBytes(frames[0].Data))["message"]!["usage"]!["input_tokens"]!.GetValue<int>());
        Assert.Equal(37, Parse(Encoding.UTF8.GetBytes(frames.Single(static frame => frame.Name == "message_delta").Data))["usage"]![
            "input_tokens"]!.GetValue<int>());
    }

    [Fact]
    public void Reading_and_writing_deltas_allocates_nothing()
    {
        using IStreamReader reader = AnthropicProtocol.Instance.NewStreamReader();
        using IStreamWriter writer = NewWriter();
        using var output = new PooledBuffer();
        var events = new StreamEvents();
        Frame[] frames =
        [
            Frame("content_block_start", """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"""),
            Frame("content_block_delta", """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\u00e9\n"}}"""),
            Frame("content_block_delta",
                """{"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":""" +
                """{"type":"char_location","cited_text":"c"}}}"""),
            Frame("content_block_stop", """{"type":"content_block_stop","index":0}"""),
            Frame("content_block_start",
                """{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"i","name":"n","input":{}}}"""),
            Frame("content_block_delta", """{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\""}}"""),
            Frame("content_block_stop", """{"type":"content_block_stop","index":1}"""),
            Frame("message_delta",
                """{"type":"message_delta","delta":{"stop_reason":"refusal","stop_details":{"category":"bio"} },"usage":{"output_tokens":1}}"""),
        ];
        Run(100);
        Assert.Equal(0, Allocations.Least(() => Run(1000)));

        void Run(int rounds)
        {
            for (int round = 0; round < rounds; round++)
            {
                for (int frame = 0; frame < frames.Length; frame++)
                {
                    events.Clear();
                    output.Clear();
                    reader.Read(frames[frame], events);
                    for (int index = 0; index < events.Count; index++)
                    {
                        writer.Write(events[index], output);
                    }
                }
            }
        }
    }

    [SkippableFact]
    public void No_mutation_of_a_recorded_stream_makes_reader_or_tap_throw()
    {
        Skip.IfNot(Corpus.Exists);
        var random = new Random(57);
        int frames = 0;
        foreach (CorpusExchange exchange in Streams.Where(exchange => exchange.ResponseBody.Length < 20_000))
        {
            byte[] body = exchange.ResponseBody.ToArray();
            for (int change = body.Length / 60; change > 0; change--)
            {
                body[random.Next(body.Length)] = (byte)"\"{}[],:0antx\\"[random.Next(13)];
            }

            using IStreamReader reader = AnthropicProtocol.Instance.NewStreamReader();
            IStreamTap tap = AnthropicProtocol.Instance.NewStreamTap();
            var events = new StreamEvents();
            foreach ((string name, string data) in Frames(body))
            {
                events.Clear();
                reader.Read(Frame(name, data), events);
                tap.Observe(Frame(name, data));
                frames++;
            }
        }

        Assert.True(frames > 500);
    }

    private static void JsonNodeOf(string data, out JsonObject node) => node = Parse(Encoding.UTF8.GetBytes(data));

    // Adjacent words and fragments are one, signatures stand last, as the writer arranges them; ids are fresh.
    private static List<string> Describe(ReadOnlySpan<byte> sse)
    {
        var described = new List<string>();
        string text = "";
        string input = "";
        string signature = "";
        ReadStream(sse, (in StreamEvent news) =>
        {
            switch (news.Kind)
            {
                case StreamEventKind.TextDelta: text += news.Text.ToString(); return;
                case StreamEventKind.InputDelta: input += news.Text.ToString(); return;
                case StreamEventKind.SignatureDelta: signature = news.Text.ToString(); return;
                case StreamEventKind.Ping or StreamEventKind.Error: return;
                case StreamEventKind.BlockStop:
                    described.Add($"{text}|{input}|{signature}");
                    text = input = signature = "";
                    break;
            }

            described.Add(
                $"{news.Kind} {news.Block} {news.Index} {news.Name} {news.Whole?.Kind} {news.Whole?.Raw} {news.Whole?.Text} {news.Citation.Raw}" +
                $" {news.StopReason} {news.StopSequence} "
                + $"{news.Usage.Input}/{news.Usage.CacheRead}/{news.Usage.CacheWrite}/{news.Usage.CacheWriteLong}/{news.Usage.Output}" +
                    $"/{news.Usage.Reasoning}");
        });
        return described;
    }
}
