using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Cohere;
using Busbar.Protocols.Cohere.Content;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Cohere;

public sealed class ResponseTests
{
    private static string Answer(string message, string finish = "COMPLETE", string more = "") =>
        $$"""{"id":"x","message":{{message}},"finish_reason":"{{finish}}"{{more}}}""";

    private static JsonElement Message(ChatResponse response) => Chat.Rewritten(response).GetProperty("message");

    [Theory, Trait("gotcha", "T237"), Trait("gotcha", "T240")]
    [InlineData("COMPLETE", "EndTurn", "COMPLETE")]
    [InlineData("STOP_SEQUENCE", "StopSequence", "STOP_SEQUENCE")]
    [InlineData("MAX_TOKENS", "MaxTokens", "MAX_TOKENS")]
    [InlineData("TOOL_CALL", "ToolUse", "TOOL_CALL")]
    [InlineData("ERROR", "Error", "ERROR")]
    [InlineData("TIMEOUT", "Error", "ERROR")]
    [InlineData("ERROR_TOXIC", "Safety", "ERROR")]
    [InlineData("surprise", "Other", "COMPLETE")]
    [InlineData("", "None", "COMPLETE")]
    public void Finish_reasons_have_one_meaning_each_and_come_back_as_words_of_this_protocol(string finish, string expected, string written)
    {
        using ChatResponse response = Chat.Response(Answer("""{"content":[{"type":"text","text":"x"}]}""", finish));
        Assert.Equal(expected, response.StopReason.ToString());
        Assert.Equal(written, Chat.Rewritten(response).GetProperty("finish_reason").GetString());
    }

    [Fact, Trait("gotcha", "T240")]
    public void Every_stop_reason_is_written_as_a_word_the_vendor_knows()
    {
        using ChatResponse response = Chat.Response(Answer("""{"content":[{"type":"text","text":"x"}]}"""));
        foreach (StopReason reason in Enum.GetValues<StopReason>())
        {
            response.StopReason = reason;
            Assert.Contains(Chat.Rewritten(response).GetProperty("finish_reason").GetString(),
                (string[])["COMPLETE", "STOP_SEQUENCE", "MAX_TOKENS", "TOOL_CALL", "ERROR"]);
        }
    }

    [Fact, Trait("gotcha", "T276")]
    public void Thinking_then_the_plan_then_text_then_calls()
    {
        const string Message =
            """{"tool_plan":"plan","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"t"}],"tool_calls":""" +
            """[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]}""";
        using ChatResponse response = Chat.Response(Answer(Message, "TOOL_CALL"));
        Assert.Equal(["Thinking hm", "Text plan", "Text t", "ToolUse "], response.Blocks.Select(block => $"{block.Kind} {block.Text}"));
        Assert.Equal("""{"a":1}""", response.Blocks[3].Input.ToString());
        JsonElement written = ResponseTests.Message(response);
        Assert.Equal("plant", written.GetProperty("tool_plan").GetString());
        Assert.Equal("hm", Assert.Single(written.GetProperty("content").EnumerateArray()).GetProperty("thinking").GetString());
    }

    [Fact, Trait("gotcha", "T231")]
    public void An_answer_of_calls_alone_has_neither_content_nor_plan()
    {
        using ChatResponse response = Chat.Response(Answer("""{"tool_calls":[{"id":"c","type":"function","function":{"name":"f"}}]}""", "TOOL_CALL"));
        JsonElement written = Message(response);
        Assert.Equal(["role", "tool_calls"], written.EnumerateObject().Select(member => member.Name));
        Assert.Equal("{}", written.GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString());
    }

    [Fact]
    public void Embeddings_report_their_tokens_in_meta()
    {
        Usage usage =
            CohereProtocol.Instance.ReadUsage("""{"id":"1","embeddings":{"float":[[0.5]]},"meta":{"billed_units":{"input_tokens":5}}}"""u8.ToArray());
        Assert.Equal((5, 0, true), (usage.Input, usage.Output, usage.IsReported));
    }

    [Fact]
    public void An_answer_of_another_vendor_gets_an_identity()
    {
        using ChatResponse response = Chat.Response(Answer("""{"content":[{"type":"text","text":"x"}]}"""));
        JsonElement written = Chat.Rewritten(response);
        Assert.Equal(["id", "finish_reason", "message", "usage"], written.EnumerateObject().Select(member => member.Name));
        Assert.Equal(Chat.Identity.Id, written.GetProperty("id").GetString());
    }

    [Fact]
    public void The_reason_of_a_refusal_is_not_lost_when_there_are_no_other_words()
    {
        using ChatResponse response = Chat.Response(Answer("""{"content":[]}"""));
        response.StopReason = StopReason.Refusal;
        response.StopExplanation = JsonText.From("not that");
        Assert.Equal("not that", Message(response).GetProperty("content")[0].GetProperty("text").GetString());
    }

    [Fact]
    public void Citations_keep_their_stretch_and_all_their_sources()
    {
        const string Body = """
            {"content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"\ud83d\ude00\u00e9é😀 is \"here\""}],
            "citations":[{"start":5,"end":7,"text":"is","type":"TEXT_CONTENT","content_index":1,"sources":[
              {"type":"document","id":"doc:3","document":{"id":"doc:3","title":"T","url":"https://example.com/","text":"long"}},{"type":"tool","id":"f:0","tool_output":{"a":1}}]},
              {"start":0,"end":1,"type":"THINKING_CONTENT","content_index":0,"sources":[{"type":"tool","id":"f:0"}]}]}
            """;
        using ChatResponse response = Chat.Response(Answer(Body));
        Assert.Empty(response.Blocks[0].Citations ?? []);
        List<Citation> citations = response.Blocks[1].Citations!;
        Assert.Equal([CitationKind.DocumentChars, CitationKind.Tool], citations.Select(citation => citation.Kind));
        Assert.Equal((3, "T", "https://example.com/", 5L, 7L),
            (citations[0].DocumentIndex, citations[0].Title.ToString(), citations[0].Url.ToString(), citations[0].TextStart, citations[0].TextEnd));
        JsonElement written = Assert.Single(Message(response).GetProperty("citations").EnumerateArray());
        Assert.Equal(("is", 5, 7, 1), (written.GetProperty("text").GetString(), written.GetProperty("start").GetInt32(),
            written.GetProperty("end").GetInt32(), written.GetProperty("content_index").GetInt32()));
        Assert.Equal(["doc:3", "f:0"], written.GetProperty("sources").EnumerateArray().Select(source => source.GetProperty("id").GetString()));
    }

    [Fact]
    public void A_citation_of_another_vendor_without_a_stretch_covers_its_text()
    {
        using ChatResponse response = Chat.Response(Answer("""{"content":[{"type":"text","text":"a\n\u00e9b"}]}"""));
        Citation citation = Citation.New(CitationKind.Web, ProtocolId.Anthropic);
        citation.Url = JsonText.From("https://example.com/");
        response.Blocks[0].AddCitation(citation);
        JsonElement written = Message(response).GetProperty("citations")[0];
        Assert.Equal((0, 4, "a\néb"), (written.GetProperty("start").GetInt32(), written.GetProperty("end").GetInt32(),
            written.GetProperty("text").GetString()));
        Assert.Equal("https://example.com/", written.GetProperty("sources")[0].GetProperty("id").GetString());
    }

    [Theory]
    [InlineData("""{"tokens":{"input_tokens":10,"output_tokens":5,"reasoning_tokens":2},"cached_tokens":4,"billed_units":{"input_tokens":1}}""", 6, 4,
        5, 2)]
    [InlineData("""{"tokens":{"input_tokens":10.0,"output_tokens":5},"cached_tokens":40}""", 0, 10, 5, 0)]
    [InlineData("""{"billed_units":{"input_tokens":7,"output_tokens":3}}""", 7, 0, 3, 0)]
    [InlineData("""{"tokens":{"input_tokens":-7}}""", 0, 0, 0, 0)]
    public void Cached_tokens_are_counted_once_and_nothing_is_negative(string usage, long input, long read, long written, long reasoning)
    {
        string body = Answer("""{"content":[]}""", more: ",\"usage\":" + usage);
        using ChatResponse response = Chat.Response(body);
        Assert.Equal((input, read, written, reasoning), (response.Usage.Input, response.Usage.CacheRead, response.Usage.Output,
            response.Usage.Reasoning));
        Assert.Equal(response.Usage, CohereProtocol.Instance.ReadUsage(Encoding.UTF8.GetBytes(body)));
        JsonElement again = Chat.Rewritten(response).GetProperty("usage");
        Assert.Equal((input + read, written), (again.GetProperty("tokens").GetProperty("input_tokens").GetInt64(),
            again.GetProperty("tokens").GetProperty("output_tokens").GetInt64()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"message":5}""")]
    [InlineData("""{"id":"x","finish_reason":"COMPLETE"}""")]
    public void What_is_no_answer_is_not_taken_for_one(string body)
    {
        using ChatResponse response = ChatResponse.Rent();
        Assert.False(CohereProtocol.Instance.ReadResponse(Encoding.UTF8.GetBytes(body), response));
    }

    [Theory]
    [InlineData("""{"id":"x","message":"too many tokens"}""", "ContextLength")]
    [InlineData("""{"message":"rate limit exceeded"}""", "RateLimit")]
    [InlineData("""{"message":{"role":"assistant"},"finish_reason":"TIMEOUT","error":"late"}""", "Timeout")]
    [InlineData("""{"message":{"role":"assistant"},"finish_reason":"ERROR","error":"bad","error_type":"INVALID_TOOL_GENERATION"}""", "ClientError")]
    [InlineData("""{"message":{"role":"assistant"},"finish_reason":"ERROR","error":"boom"}""", "ServerError")]
    public void A_failure_inside_a_200_is_seen(string body, string expected)
    {
        using ChatResponse response = Chat.Response(body);
        Assert.Equal(expected, response.Failure!.Class.ToString());
    }
}
