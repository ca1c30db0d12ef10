using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Cohere;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Cohere;

public sealed class StreamTests
{
    private static List<string> Types(string written) => [.. Chat.Chunks(written).Select(chunk => chunk.GetProperty("type").GetString()!)];

    private static string Written(params StreamEvent[] events)
    {
        using var output = new PooledBuffer();
        using IStreamWriter writer = Writer();
        foreach (StreamEvent streamEvent in events)
        {
            writer.Write(streamEvent, output);
        }

        return Encoding.UTF8.GetString(output.Span);
    }

    private static IStreamWriter Writer() => CohereProtocol.Instance.NewStreamWriter(new StreamContext(Chat.Identity, false, false, () => 0));

    [Theory, Trait("gotcha", "T229")]
    [InlineData("""{"content":{"text":"a"}}""")]
    [InlineData("""{"content":{"type":"text","text":"a"}}""")]
    [InlineData("""{"content":"a"}""")]
    [InlineData("""{"content":[{"text":"a"}]}""")]
    public void Content_is_delivered_in_every_shape(string message) =>
        Assert.Equal(["message m", "start 0 Text", "+0:a", "stop 0", "because EndTurn 0 0 0 0", "end"],
            Chat.Lines(Chat.Begin, Chat.Event("content-delta", message), Chat.End("COMPLETE")));

    [Fact, Trait("gotcha", "T233")]
    public void The_plan_is_text_that_closes_when_a_call_starts() =>
        Assert.Equal(
            ["message m", "start 0 Text", "+0:I will", "stop 0", "start 1 ToolUse f", ">1:{}", "stop 1", "because ToolUse 0 0 0 0", "end"],
            Chat.Lines(Chat.Begin, Chat.Plan("I"), Chat.Plan(""), Chat.Plan(" will"), Chat.Call(0, "f"), Chat.Input(0, "{}"),
                Chat.Event("tool-call-end", 0), Chat.End("TOOL_CALL")));

    [Fact, Trait("gotcha", "T234")]
    public void A_closed_block_never_opens_again()
    {
        string start = Chat.Event("content-start", """{"content":{"type":"text","text":""}}""");
        Assert.Equal(["start 0 Text", "stop 0"], Chat.Lines(Chat.Begin, start, Chat.Text("a"), Chat.Event("content-end", 0), start,
            Chat.End("COMPLETE")).Where(line => line.StartsWith("st")));
        Assert.Equal(["start 0 Text", "stop 0", "start 1 Text", "stop 1"],
            Chat.Lines(Chat.Begin, start, Chat.Text("a"), Chat.Event("content-end", 0), start, Chat.Text("b"), Chat.End("COMPLETE"))
                .Where(line => line.StartsWith("st")));
    }

    [Fact, Trait("gotcha", "T235")]
    public void A_call_that_starts_twice_is_one_call()
    {
        List<string> lines = Chat.Lines(Chat.Begin, Chat.Call(0, "f"), Chat.Call(0, "f"), Chat.Input(0, "{"), Chat.Event("tool-call-end", 0),
            Chat.Call(0, "g"), Chat.Input(0, "late"), Chat.Event("tool-call-end", 0), Chat.End("TOOL_CALL"));
        Assert.Equal(["start 0 ToolUse f", ">0:{", "stop 0"], lines[1..4]);
        Assert.Equal(6, lines.Count);
    }

    [Fact]
    public void No_more_than_4096_calls_are_tracked()
    {
        string[] chunks = [.. Enumerable.Range(0, 5000).Select(index => Chat.Call(index, "f")), Chat.End("TOOL_CALL")];
        Assert.Equal(4096, Chat.Lines(chunks).Count(line => line.StartsWith("start")));
    }

    [Fact, Trait("gotcha", "T243")]
    public void The_end_closes_what_is_open_and_nothing_follows_it()
    {
        List<string> lines = Chat.Lines(Chat.Begin, Chat.Text("a"), Chat.Call(0, "f"), Chat.Call(1, "g"), Chat.End("TOOL_CALL"), Chat.Text("late"),
            "[DONE]");
        Assert.Equal(["stop 1", "stop 2", "because ToolUse 0 0 0 0", "end"], lines[^4..]);
        Assert.DoesNotContain("end", Chat.Lines(Chat.Begin, Chat.Text("a"), "[DONE]"));
    }

    [Fact]
    public void Thinking_and_text_are_two_blocks_and_unknown_events_are_nothing()
    {
        string thought = Chat.Event("content-delta", """{"content":{"thinking":"hm"}}""");
        Assert.Equal(
            ["message m", "start 0 Thinking", "+0:hm", "stop 0", "start 1 Text", "+1:x", "stop 1", "because MaxTokens 6 4 5 2", "end"],
            Chat.Lines(Chat.Begin, """{"type":"debug","prompt":"p"}""", thought, Chat.Event("content-end", 0), Chat.Text("x", 1),
                Chat.Event("content-end", 1),
                Chat.End("MAX_TOKENS", ""","usage":{"tokens":{"input_tokens":10,"output_tokens":5,"reasoning_tokens":2},"cached_tokens":4}""")));
    }

    [Fact]
    public void Citations_belong_to_the_text_they_name_even_after_its_end()
    {
        const string Source = """ "sources":[{"type":"document","id":"doc:0","document":{}},{"type":"tool","id":"f:1"}] """;
        string inside =
            Chat.Event("citation-start", $$"""{"citations":{"start":0,"end":1,"text":"a","content_index":0,"type":"TEXT_CONTENT",{{Source}} } }""");
        string elsewhere =
            Chat.Event("citation-start", $$"""{"citations":{"start":0,"end":1,"content_index":7,"type":"TEXT_CONTENT",{{Source}} } }""");
        string after = Chat.Event("citation-start", $$"""{"citations":[{"start":1,"end":2,{{Source}} }]}""");
        Assert.Equal(
            ["message m", "start 0 Text", "+0:ab", "cite 0 doc:0 0-1", "cite 0 f:1 0-1", "cite 0 doc:0 1-2", "cite 0 f:1 1-2", "stop 0",
                "because EndTurn 0 0 0 0", "end"],
            Chat.Lines(Chat.Begin, Chat.Text("ab"), inside, elsewhere, Chat.Event("citation-end", 0), Chat.Event("content-end", 0), after,
                Chat.End("COMPLETE")));
    }

    [Theory]
    [InlineData("ERROR", ""","error":"invalid tool generation","error_type":"INVALID_TOOL_GENERATION" """, "error ClientError")]
    [InlineData("ERROR", ""","error":"boom" """, "error ServerError")]
    [InlineData("TIMEOUT", ""","error":"late" """, "error Timeout")]
    [InlineData("ERROR", ""","error":"too many tokens" """, "error ContextLength")]
    [InlineData("ERROR", "", "end")]
    [InlineData("COMPLETE", ""","error":"because" """, "end")]
    public void An_end_with_an_error_is_a_failure(string reason, string more, string expected) =>
        Assert.Equal(expected, Chat.Lines(Chat.Begin, Chat.Text("a"), Chat.End(reason, more))[^1]);

    [Fact]
    public void An_error_body_in_place_of_an_event_is_a_failure() =>
        Assert.Equal("error RateLimit", Chat.Lines("""{"id":"x","message":"rate limit exceeded"}""")[^1]);

    [Fact, Trait("gotcha", "T236"), Trait("gotcha", "T242"), Trait("gotcha", "T271")]
    public void Every_start_is_written_with_its_own_end_and_the_last_event_has_both_counters()
    {
        string thought = Chat.Event("content-delta", """{"content":{"thinking":"hm"}}""");
        string written = Chat.Restream(Chat.Sse(Chat.Begin, thought, Chat.Text("x", 1), Chat.Call(3, "f"), Chat.Input(3, "{}"),
            Chat.Event("tool-call-end", 3), Chat.Call(9, "g"), Chat.End("TOOL_CALL")));
        Assert.Equal(
            ["message-start", "content-start", "content-delta", "content-end", "content-start", "content-delta", "content-end",
                "tool-call-start", "tool-call-delta", "tool-call-end", "tool-call-start", "tool-call-delta", "tool-call-end", "message-end"],
            Types(written));
        List<JsonElement> chunks = Chat.Chunks(written);
        Assert.Equal([0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1], chunks[1..^1].Select(chunk => chunk.GetProperty("index").GetInt32()));
        Assert.Equal("thinking", chunks[1].GetProperty("delta").GetProperty("message").GetProperty("content").GetProperty("type").GetString());
        Assert.Equal("{}", chunks[11].GetProperty("delta").GetProperty("message").GetProperty("tool_calls").GetProperty("function")
            .GetProperty("arguments").GetString());
        JsonElement end = chunks[^1].GetProperty("delta");
        Assert.Equal("TOOL_CALL", end.GetProperty("finish_reason").GetString());
        Assert.Equal((0, 0), (end.GetProperty("usage").GetProperty("tokens").GetProperty("input_tokens").GetInt32(),
            end.GetProperty("usage").GetProperty("tokens").GetProperty("output_tokens").GetInt32()));
        Assert.Equal(Chat.Identity.Id, chunks[0].GetProperty("id").GetString());
        Assert.All(written.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Zip(Types(written)),
            frame => Assert.StartsWith($"event: {frame.Second}\ndata: {{", frame.First));
    }

    [Fact, Trait("gotcha", "T239")]
    public void A_failure_closes_what_is_open_and_ends_the_stream_in_words()
    {
        string written = Chat.Restream(Chat.Sse(Chat.Begin, Chat.Call(0, "f"), Chat.Input(0, "{"), "{\"message\":\"boom\"}"));
        Assert.Equal(["message-start", "tool-call-start", "tool-call-delta", "tool-call-end", "message-end"], Types(written));
        JsonElement end = Chat.Chunks(written)[^1].GetProperty("delta");
        Assert.Equal(("ERROR", "boom"), (end.GetProperty("finish_reason").GetString(), end.GetProperty("error").GetString()));
        Assert.True(end.GetProperty("usage").TryGetProperty("tokens", out _));
        Assert.DoesNotContain("[DONE]", written);
        Assert.DoesNotContain("tool-call-delta", Chat.Restream(Chat.Sse(Chat.Begin, Chat.Call(0, "f"), "{\"message\":\"boom\"}")));
    }

    [Fact]
    public void No_line_holds_what_the_vendors_client_takes_for_the_end_and_the_words_are_the_same()
    {
        const string Words = "a [DONE] \\\\[DONE][DONE] b";
        const string Citation =
            """{"citations":{"start":2,"end":8,"text":"x","content_index":0,"sources":[{"type":"document","id":"[DONE]","document":""" +
            """{"title":"[DONE]"}}]}}""";
        byte[] sse = Chat.Sse(Chat.Begin, Chat.Text(Words), Chat.Event("citation-start", Citation), Chat.Call(0, "f"), Chat.Input(0, "[DONE]"),
            Chat.End("ERROR", ""","error":"[DONE]" """));
        string written = Chat.Restream(sse);
        Assert.DoesNotContain("[DONE]", written);
        List<JsonElement> chunks = Chat.Chunks(written);
        Assert.Equal("a [DONE] \\[DONE][DONE] b", chunks[2].GetProperty("delta").GetProperty("message").GetProperty("content").GetProperty("text")
            .GetString());
        JsonElement citation = chunks[3].GetProperty("delta").GetProperty("message").GetProperty("citations");
        Assert.Equal(("[DONE]", "[DONE]"), (citation.GetProperty("text").GetString(),
            citation.GetProperty("sources")[0].GetProperty("id").GetString()));
        Assert.Equal("[DONE]", chunks[^1].GetProperty("delta").GetProperty("error").GetString());
    }

    [Fact]
    public void Citations_without_a_stretch_wait_for_the_end_of_their_text()
    {
        Citation citation = Citation.New(CitationKind.DocumentChars, ProtocolId.Anthropic);
        citation.DocumentIndex = 2;
        string written = Written(
            new StreamEvent { Kind = StreamEventKind.MessageStart },
            new StreamEvent { Kind = StreamEventKind.BlockStart, Block = BlockKind.Text },
            new StreamEvent { Kind = StreamEventKind.CitationDelta, Citation = citation },
            new StreamEvent { Kind = StreamEventKind.TextDelta, Text = JsonText.From("né") },
            new StreamEvent { Kind = StreamEventKind.BlockStop });
        Assert.Equal(["message-start", "content-start", "content-delta", "citation-start", "citation-end", "content-end"], Types(written));
        JsonElement cited = Chat.Chunks(written)[3].GetProperty("delta").GetProperty("message").GetProperty("citations");
        Assert.Equal((0, 2, "né", "doc:2"), (cited.GetProperty("start").GetInt32(), cited.GetProperty("end").GetInt32(),
            cited.GetProperty("text").GetString(), cited.GetProperty("sources")[0].GetProperty("id").GetString()));
    }

    [Fact]
    public void Whole_blocks_are_written_and_what_has_no_place_leaves_no_half_of_itself()
    {
        Block call = new() { Kind = BlockKind.ToolUse, Input = JsonSlice.From("{\"a\":1}"u8) };
        Block secret = new() { Kind = BlockKind.Thinking, Redacted = true, Text = JsonText.From("xxx") };
        string written = Written(
            new StreamEvent { Kind = StreamEventKind.BlockStart, Block = BlockKind.Thinking, Whole = secret },
            new StreamEvent { Kind = StreamEventKind.BlockStop },
            new StreamEvent { Kind = StreamEventKind.BlockStart, Block = BlockKind.ToolUse, Id = JsonText.From("c"), Name = JsonText.From("f"),
                Whole = call },
            new StreamEvent { Kind = StreamEventKind.BlockStop });
        Assert.Equal(["tool-call-start", "tool-call-delta", "tool-call-end"], Types(written));
        Assert.Contains("""{\"a\":1}""", written);
    }

    [Fact]
    public void The_observer_takes_prelude_for_prelude()
    {
        IStreamTap tap = CohereProtocol.Instance.NewStreamTap();
        foreach (string chunk in (string[])[Chat.Begin, Chat.Event("content-start", """{"content":{"type":"text","text":""}}"""), Chat.Text("")])
        {
            tap.Observe(new Frame(default, Encoding.UTF8.GetBytes(chunk)));
            Assert.False(tap.HasContent);
        }

        tap.Observe(new Frame(default, Encoding.UTF8.GetBytes(Chat.Text("\\\"message-end\\\""))));
        Assert.True(tap.HasContent);
        Assert.False(tap.IsComplete || tap.Usage.IsReported || tap.Error is not null);
        tap.Observe(new Frame(default, Encoding.UTF8.GetBytes(Chat.End("COMPLETE", ""","usage":{"tokens":{"input_tokens":3,"output_tokens":2}}"""))));
        Assert.True(tap.IsComplete);
        Assert.Equal((3, 2), (tap.Usage.Input, tap.Usage.Output));
    }

    [Fact]
    public void The_observer_sees_an_early_failure_as_no_content()
    {
        IStreamTap tap = CohereProtocol.Instance.NewStreamTap();
        tap.Observe(new Frame(default, Encoding.UTF8.GetBytes(Chat.End("ERROR", ""","error":"boom" """))));
        Assert.False(tap.HasContent || tap.IsComplete);
        Assert.Equal(FaultClass.ServerError, tap.Error!.Class);
    }

    [Fact]
    public void Reading_and_writing_a_long_stream_allocates_nothing_per_event()
    {
        using var loop = new StreamLoop(CohereProtocol.Instance, Chat.Identity);
        Frame[] frames = [.. new[] { Chat.Text("\\u00e9 \\n"), Chat.Call(0, "f"), Chat.Input(0, "x") }.Select(
            chunk => new Frame(default, Encoding.UTF8.GetBytes(chunk)))];

        // The text of a block is kept for its citations; its buffer comes from a pool and doubles.
        loop.Run(frames[0], 5000);
        Assert.Equal(0, Allocations.Least(() => loop.Run(frames[0], 100)));
        loop.Run(frames[1], 1);
        loop.Run(frames[2], 200);
        Assert.Equal(0, Allocations.Least(() => loop.Run(frames[2], 5000)));
    }
}
