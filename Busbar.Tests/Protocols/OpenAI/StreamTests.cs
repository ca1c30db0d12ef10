using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.OpenAI;
using Busbar.Wire.Framing;

namespace Busbar.Tests.Protocols.OpenAI;

public sealed class StreamTests
{
    private const string Done = "[DONE]";

    private static string Call(long index, string? id, string? name, string arguments) => Chat.Delta(
        $$$"""{"tool_calls":[{"index":{{{index}}}{{{(id is null ? "" : $",\"id\":\"{id}\"")}}},"functio""" +
            $$$"""n":{{{{(name is null ? "" : $"\"name\":\"{name}\",")}}}"arguments":"{{{arguments}}}"}}]}""");

    [Fact, Trait("gotcha", "T112"), Trait("gotcha", "T113")]
    public void Thinking_then_text_then_thinking_are_three_blocks()
    {
        Assert.Equal(
            ["message m", "start 0 Thinking", "+0:a", "stop 0", "start 1 Text", "+1:b", "stop 1", "start 2 Thinking", "+2:c", "stop 2",
                "because EndTurn", "end"],
            Chat.Lines(Chat.Delta("""{"reasoning":"a"}"""), Chat.Delta("""{"content":"b"}"""), Chat.Delta("""{"reasoning_content":"c"}"""),
                Chat.Delta("{}", "\"stop\""), Done));
    }

    [Fact, Trait("gotcha", "T114"), Trait("gotcha", "T116")]
    public void Text_after_a_call_and_a_call_after_the_finish_are_new_blocks()
    {
        List<string> lines = Chat.Lines(Call(0, "c1", "f", "{}"), Chat.Delta("""{"content":"x"}"""), Chat.Delta("{}", "\"tool_calls\""),
            Call(0, "c2", "g", "{}"), Done);
        Assert.Equal(["start 0 ToolUse f", "start 1 Text", "start 2 ToolUse g"], lines.Where(line => line.StartsWith("start")));
        Assert.Equal(["stop 0", "stop 1", "stop 2"], lines.Where(line => line.StartsWith("stop")).Order());
    }

    [Fact, Trait("gotcha", "T115")]
    public void Sparse_positions_become_dense_ones()
    {
        string written = Chat.Restream(Chat.Sse(Chat.Delta("""{"content":"x"}"""), Call(3, "a", "f", "{}"), Call(7, "b", "g", "{}"),
            Chat.Delta("{}", "\"tool_calls\""), Done));
        IEnumerable<long> positions = Chat.Chunks(written).Where(chunk => chunk.GetProperty("choices").GetArrayLength() > 0).Select(Chat.DeltaOf)
            .Where(delta => delta.TryGetProperty("tool_calls", out JsonElement calls) && calls[0].TryGetProperty("id", out _))
            .Select(delta => delta.GetProperty("tool_calls")[0].GetProperty("index").GetInt64());
        Assert.Equal([0, 1], positions);
    }

    [Fact, Trait("gotcha", "T117")]
    public void No_more_than_128_calls_open()
    {
        string[] chunks = [.. Enumerable.Range(0, 1000).Select(index => Call(index, "c" + index, "f", "{}")), Done];
        Assert.Equal(128, Chat.Lines(chunks).Count(line => line.StartsWith("start")));
    }

    [Fact]
    public void Arguments_that_come_before_the_name_are_kept()
    {
        Assert.Equal(["message m", "start 0 ToolUse f", ">0:abc", "stop 0", "because ToolUse", "end"],
            Chat.Lines(Call(0, "c", "", "a"), Call(0, null, null, "b"), Call(0, null, "f", "c"), Chat.Delta("{}", "\"tool_call\""), Done));
    }

    [Fact]
    public void Calls_told_apart_by_id_only_are_different_calls()
    {
        List<string> lines = Chat.Lines(Call(0, "c1", "f", "{1}"), Call(0, "c2", "f", "{2}"), Chat.Delta("{}", "\"tool_calls\""), Done);
        Assert.Equal([">0:{1}", ">1:{2}"], lines.Where(line => line.StartsWith('>')));
    }

    [Fact, Trait("gotcha", "T108")]
    public void A_refusal_changes_a_plain_stop_only()
    {
        string refusal = Chat.Delta("""{"refusal":"no"}""");
        Assert.Contains("because Refusal", Chat.Lines(refusal, Chat.Delta("{}", "\"stop\""), Done));
        Assert.Contains("because MaxTokens", Chat.Lines(refusal, Chat.Delta("{}", "\"length\""), Done));
        Assert.Contains("+0:no", Chat.Lines(refusal, Done));
    }

    [Fact, Trait("gotcha", "T118"), Trait("gotcha", "T119")]
    public void Null_usage_says_nothing_and_late_usage_is_told()
    {
        const string Usage =
            """{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":""" +
            """4,"cache_write_tokens":3}}}""";
        List<string> lines = Chat.Lines("""{"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null}],"usage":null}""",
            Chat.Delta("{}", "\"stop\""), Usage, Done);
        Assert.Equal("usage 3 4 3 5 0", Assert.Single(lines, line => line.StartsWith("usage")));
        Assert.True(lines.IndexOf("usage 3 4 3 5 0") < lines.IndexOf("end"));
    }

    [Theory, Trait("gotcha", "T120"), Trait("gotcha", "T121")]
    [InlineData(true)]
    [InlineData(false)]
    public void Usage_is_a_chunk_of_its_own_for_those_who_asked(bool asked)
    {
        string usage = """{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5}}""";
        string[] chunks = [Chat.Delta("""{"content":"x"}"""), Chat.Delta("{}", "\"stop\"")];
        List<JsonElement> written = Chat.Chunks(Chat.Restream(Chat.Sse([.. chunks, usage, Done]), asked));
        Assert.Equal(asked ? 1 : 0, written.Count(chunk => chunk.GetProperty("choices").GetArrayLength() == 0));
        Assert.All(written, chunk => Assert.Equal(asked, chunk.TryGetProperty("usage", out _)));
        if (asked)
        {
            Assert.Equal(15, written[^1].GetProperty("usage").GetProperty("total_tokens").GetInt32());
            Assert.All(written[..^1], chunk => Assert.Equal(JsonValueKind.Null, chunk.GetProperty("usage").ValueKind));
        }

        written = Chat.Chunks(Chat.Restream(Chat.Sse([.. chunks, Done]), asked));
        Assert.Equal(asked ? 1 : 0, written.Count(chunk => chunk.GetProperty("choices").GetArrayLength() == 0));
    }

    [Fact, Trait("gotcha", "T124")]
    public void Identity_is_the_same_on_all_chunks_and_the_role_comes_first()
    {
        string written = Chat.Restream(Chat.Sse(Chat.Delta("""{"content":"x"}"""), Call(0, "c", "f", "{}"), Chat.Delta("{}", "\"tool_calls\""),
            Done));
        List<JsonElement> chunks = Chat.Chunks(written);
        Assert.Equal("assistant", Chat.DeltaOf(chunks[0]).GetProperty("role").GetString());
        Assert.Single(chunks.Select(chunk => (chunk.GetProperty("id").GetString(), chunk.GetProperty("created").GetInt64(),
            chunk.GetProperty("model").GetString())).Distinct());
        Assert.EndsWith("data: [DONE]\n\n", written);
        chunks.RemoveAll(chunk => chunk.GetProperty("choices").GetArrayLength() == 0);
        Assert.Equal("{}", Chat.DeltaOf(chunks[^1]).GetRawText());
        Assert.All(chunks, chunk => Assert.Equal([], SchemaCheck.Validate(
            "openai-chat-responses.schema.json", "#/components/schemas/CreateChatCompletionStreamResponse",
        Encoding.UTF8.GetBytes(chunk.GetRawText()))));
    }

    [Theory, Trait("gotcha", "T127"), Trait("gotcha", "T132")]
    [InlineData("""{"error":{"message":"slow down","type":"rate_limit_error","code":"rate_limit_exceeded"}}""", "error RateLimit")]
    [InlineData("""{"error":{"message":"boom","code":502},"choices":[]}""", "error ServerError")]
    [InlineData("""{"error":"boom"}""", "error ServerError")]
    public void An_error_chunk_is_an_error_and_ends_the_stream(string chunk, string expected)
    {
        byte[] sse = Chat.Sse(Chat.Delta("""{"content":"x"}"""), chunk, Done);
        Assert.Equal(expected, Chat.Lines(sse)[^1]);
        string written = Chat.Restream(sse);
        Assert.EndsWith("data: [DONE]\n\n", written);
        JsonElement error = Chat.Chunks(written)[^1].GetProperty("error");
        Assert.Equal(["message", "type", "param", "code"], error.EnumerateObject().Select(member => member.Name));
    }

    [Fact, Trait("gotcha", "T134")]
    public void Thinking_is_written_as_reasoning_content()
    {
        List<JsonElement> chunks = Chat.Chunks(Chat.Restream(Chat.Sse(Chat.Delta("""{"reasoning":"hm"}"""), Chat.Delta("{}", "\"stop\""), Done)));
        Assert.Contains(chunks, chunk => chunk.GetProperty("choices").GetArrayLength() > 0
            && Chat.DeltaOf(chunk).TryGetProperty("reasoning_content", out JsonElement words) && words.GetString() == "hm");
    }

    [Fact]
    public void A_stream_without_terminal_ends_only_after_a_finish_reason()
    {
        Assert.Equal("end", Chat.Lines(Chat.Delta("""{"content":"x"}"""), Chat.Delta("{}", "\"stop\""))[^1]);
        Assert.DoesNotContain("end", Chat.Lines(Chat.Delta("""{"content":"x"}""")));
    }

    [Fact]
    public void Custom_tools_and_signatures_survive_the_stream()
    {
        const string Custom = """{"tool_calls":[{"index":0,"id":"c","type":"custom","custom":{"name":"patch","input":"*** "}}]}""";
        const string Signed =
            """{"tool_calls":[{"index":1,"id":"d","type":"function","function":{"name":"f","arguments":"{\"a\":1}"},"extra_content":{"google":""" +
            """{"thought_signature":"sig"}}}]}""";
        byte[] sse = Chat.Sse(Chat.Delta(Custom), Chat.Delta("""{"tool_calls":[{"index":0,"custom":{"input":"End"}}]}"""), Chat.Delta(Signed),
            Chat.Delta("{}", "\"tool_calls\""), Done);
        List<string> lines = Chat.Lines(sse);
        Assert.Contains("start 0 ToolUse patch custom", lines);
        Assert.Contains(">0:*** End", lines);
        Assert.Contains("signature 1 sig", lines);
        Assert.Equal(lines, Chat.Lines(Encoding.UTF8.GetBytes(Chat.Restream(sse))));
    }

    [Fact]
    public void The_observer_takes_prelude_for_prelude()
    {
        IStreamTap tap = OpenAIProtocol.Instance.NewStreamTap();
        foreach (string chunk in (string[])[Chat.Delta("""{"role":"assistant","content":"","refusal":null,"tool_calls":[]}"""),
            """{"choices":[],"prompt_filter_results":[]}""", Chat.Delta("{}")])
        {
            tap.Observe(new Frame(default, Encoding.UTF8.GetBytes(chunk)));
            Assert.False(tap.HasContent);
        }

        tap.Observe(new Frame(default, Encoding.UTF8.GetBytes(Chat.Delta("""{"content":"\"usage\":{} \"error\""}"""))));
        Assert.True(tap.HasContent);
        Assert.False(tap.IsComplete || tap.Usage.IsReported || tap.Error is not null);
        tap.Observe(new Frame(default, "[DONE]"u8.ToArray()));
        Assert.True(tap.IsComplete);
    }

    [Fact]
    public void Reading_and_writing_a_long_stream_allocates_nothing_per_event()
    {
        using var loop = new StreamLoop(OpenAIProtocol.Instance, Chat.Identity);
        Frame[] frames = [.. new[] { Chat.Delta("""{"content":"some words \u00e9 \n"}"""), Call(0, "c", "f", "{"), Call(0, null, null, "x") }
            .Select(chunk => new Frame(default, Encoding.UTF8.GetBytes(chunk)))];

        loop.Run(frames[0], 200);
        Assert.Equal(0, Allocations.Least(() => loop.Run(frames[0], 5000)));
        loop.Run(frames[1], 1);
        loop.Run(frames[2], 200);
        Assert.Equal(0, Allocations.Least(() => loop.Run(frames[2], 5000)));
    }
}
