using Busbar.Ir;
using Busbar.Ir.Streams;
using static Busbar.Tests.Protocols.Responses.StreamScript;

namespace Busbar.Tests.Protocols.Responses;

public class StreamReaderTests
{
    private const string Created = """{"type":"response.created","response":{"id":"resp_1","created_at":5,"model":"m"}}""";
    private const string Completed =
        """{"type":"response.completed","response":{"id":"resp_1","output":[],"usage":{"input_tokens":1,"output_tokens":2}}}""";

    [Fact]
    [Trait("gotcha", "T153")]
    public void A_part_and_its_item_that_both_end_close_the_block_once()
    {
        List<StreamEvent> events = Read(
            Created,
            """{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"a"}""",
            """{"type":"response.content_part.done","output_index":0,"content_index":0,"part":{"type":"output_text","text":"a"}}""",
            """{"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":[{"type":"output_text","text":"a"}]}}""",
            Completed);
        Assert.Single(events, found => found.Kind == StreamEventKind.BlockStop);
        Assert.Single(events, found => found.Kind == StreamEventKind.TextDelta);
    }

    [Fact]
    [Trait("gotcha", "T154")]
    public void An_item_added_twice_opens_one_block()
    {
        const string added =
            """{"type":"response.output_item.added","output_index":0,"item":""" +
            """{"type":"function_call","id":"fc_1","call_id":"c","name":"f","arguments":""}}""";
        Assert.Single(Read(Created, added, added, Completed), found => found.Kind == StreamEventKind.BlockStart);
    }

    [Fact]
    [Trait("gotcha", "T155")]
    [Trait("gotcha", "T156")]
    public void Arguments_for_an_unknown_item_are_dropped_and_absurd_indices_do_no_harm()
    {
        List<StreamEvent> events = Read(
            Created,
            """{"type":"response.function_call_arguments.delta","output_index":3,"delta":"{"}""",
            """{"type":"response.output_text.delta","output_index":1000000000,"content_index":9223372036854775807,"delta":"far"}""",
            """{"type":"response.output_text.delta","output_index":-5,"content_index":-9,"delta":"near"}""",
            Completed);
        Assert.DoesNotContain(events, found => found.Kind == StreamEventKind.InputDelta);
        Assert.Equal([0, 1], events.Where(found => found.Kind == StreamEventKind.BlockStart).Select(found => found.Index));
        Assert.Equal(2, events.Count(found => found.Kind == StreamEventKind.BlockStop));
    }

    [Fact]
    [Trait("gotcha", "T157")]
    public void A_terminal_without_a_body_still_ends_the_stream()
    {
        Assert.Equal(StreamEventKind.MessageStop, Read("""{"type":"response.completed"}""")[^1].Kind);
        List<StreamEvent> incomplete = Read(Created, """{"type":"response.incomplete"}""");
        Assert.Equal(StopReason.MaxTokens, incomplete[^2].StopReason);
        Assert.Equal(FaultClass.ServerError, Read(Created, """{"type":"response.failed"}""")[^1].Error!.Class);
    }

    [Theory]
    [InlineData("""{"type":"error","code":"rate_limit_exceeded","message":"slow down","param":null}""")]
    [InlineData("""{"type":"error","error":{"type":"rate_limit_error","code":"rate_limit_exceeded","message":"slow down"}}""")]
    [InlineData("""{"type":"response.failed","response":{"status":"failed","error":{"code":"rate_limit_exceeded","message":"slow down"}}}""")]
    [InlineData("""{"error":{"code":"rate_limit_exceeded","message":"slow down"}}""")]
    public void Every_form_of_error_is_one_error_and_the_end(string error)
    {
        List<StreamEvent> events = Read(Created, error, error, Completed);
        StreamEvent failure = Assert.Single(events, found => found.Kind == StreamEventKind.Error);
        Assert.Equal(FaultClass.RateLimit, failure.Error!.Class);
        Assert.Equal("slow down", failure.Error.Error.Message);
        Assert.DoesNotContain(events, found => found.Kind == StreamEventKind.MessageStop);
    }

    [Fact]
    public void What_stands_only_in_the_terminal_is_still_passed_on()
    {
        List<StreamEvent> events = Read(
            Created,
            """
            {"type":"response.completed","response":{"output":[
            """.Trim() + """{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"sig"},"""
            + """{"type":"message","id":"msg_1","content":[{"type":"output_text","text":"hi","annotations":[{"type":"url_citation","url":"u"}]},""" +
                """{"type":"refusal","refusal":"no"}]},"""
            + """{"type":"function_call","id":"fc_1","call_id":"c","name":"f","arguments":"{}"},{"type":"web_search_call","id":"ws_1"}]}}""");
        Assert.Equal(
            [BlockKind.Thinking, BlockKind.Text, BlockKind.Refusal, BlockKind.ToolUse, BlockKind.ServerToolUse],
            events.Where(found => found.Kind == StreamEventKind.BlockStart).Select(found => found.Block));
        Assert.Equal(5, events.Count(found => found.Kind == StreamEventKind.BlockStop));
        Assert.Single(events, found => found.Kind == StreamEventKind.CitationDelta);
        Assert.Single(events, found => found.Kind == StreamEventKind.SignatureDelta);
        Assert.Equal(StopReason.ToolUse, events[^2].StopReason);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    public void A_completed_response_that_never_had_output_is_a_failure(string output)
    {
        List<StreamEvent> events = Read(
            Created,
            """{"type":"response.completed","response":{"id":"r","status":"completed","output":""" + output + "}}");
        Assert.Equal(FaultClass.ServerError, events[^1].Error!.Class);
        Assert.Equal(StreamEventKind.MessageStop, Read(Created, """{"type":"response.completed","response":{"output":[]}}""")[^1].Kind);
    }

    [Theory]
    [InlineData("""{"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"he"}""")]
    [InlineData("""{"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"msg_1","content":""}}""")]
    public void Content_that_is_a_string_is_one_part(string before)
    {
        const string Item = """{"type":"message","id":"msg_1","content":"hello"}""";
        List<StreamEvent> events = Read(
            Created, before,
            """{"type":"response.output_item.done","output_index":0,"item":""" + Item + "}",
            """{"type":"response.completed","response":{"output":[""" + Item + "]}}");
        Assert.Equal("hello", string.Concat(events.Where(found => found.Kind == StreamEventKind.TextDelta).Select(found => found.Text.ToString())));
        Assert.Single(events, found => found.Kind == StreamEventKind.BlockStop);
    }

    [Fact]
    public void What_was_streamed_is_not_repeated_by_a_terminal_that_lists_fewer_items()
    {
        List<StreamEvent> events = Read(
            Created,
            """{"type":"response.output_item.added","output_index":2,"item":{"type":"message","id":"msg_1","content":[]}}""",
            """{"type":"response.output_text.delta","item_id":"msg_1","output_index":2,"content_index":0,"delta":"hi"}""",
            """{"type":"response.completed","response":{"output":[{"type":"message","id":"msg_1","content":""" +
                """[{"type":"output_text","text":"hi"}]}]}}""");
        Assert.Single(events, found => found.Kind == StreamEventKind.TextDelta);
        Assert.Single(events, found => found.Kind == StreamEventKind.BlockStart);
    }

    [Fact]
    public void The_signature_is_taken_when_the_item_is_done()
    {
        List<StreamEvent> events = Read(
            Created,
            """{"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":""" +
                """[],"encrypted_content":"part"}}""",
            """{"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"a"}""",
            """{"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":1,"delta":"b"}""",
            """{"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":""" +
                """[{"type":"summary_text","text":"a"},{"type":"summary_text","text":"b"}],"encrypted_content":"whole"}}""",
            Completed);
        Assert.Equal("whole", Assert.Single(events, found => found.Kind == StreamEventKind.SignatureDelta).Text.ToString());
        Assert.Equal("a\n\nb", string.Concat(events.Where(found => found.Kind == StreamEventKind.TextDelta).Select(found => found.Text.ToString())));
    }

    [Fact]
    public void A_name_that_comes_late_opens_the_call_with_all_its_arguments()
    {
        List<StreamEvent> events = Read(
            Created,
            """{"type":"response.output_item.added","output_index":0,"item":""" +
                """{"type":"function_call","id":"fc_1","call_id":"c","name":"","arguments":""}}""",
            """{"type":"response.function_call_arguments.delta","output_index":0,"delta":"{\"a\""}""",
            """{"type":"response.output_item.done","output_index":0,"item":""" +
                """{"type":"function_call","id":"fc_1","call_id":"c","name":"f","arguments":"{\"a\":1}"}}""",
            Completed);
        Assert.Equal("f", Assert.Single(events, found => found.Kind == StreamEventKind.BlockStart).Name.ToString());
        Assert.Equal("{\"a\":1}", Assert.Single(events, found => found.Kind == StreamEventKind.InputDelta).Text.ToString());
    }

    [Fact]
    public void Words_for_the_place_of_a_call_are_suppressed()
    {
        List<StreamEvent> events = Read(
            Created,
            """{"type":"response.output_item.added","output_index":0,"item":""" +
                """{"type":"function_call","id":"fc_1","call_id":"c","name":"f","arguments":""}}""",
            """{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"lost"}""",
            Completed);
        Assert.DoesNotContain(events, found => found.Kind == StreamEventKind.TextDelta);
    }
}
