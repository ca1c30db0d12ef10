using System.Text;
using System.Text.Json.Nodes;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.Bedrock;
using Busbar.Wire.Json;
using static Busbar.Tests.Protocols.Bedrock.Converse;

namespace Busbar.Tests.Protocols.Bedrock;

public sealed class AnswerTests
{
    [Fact]
    public void A_foreign_answer_has_every_required_member_and_neither_id_nor_model()
    {
        using ChatResponse response = Foreign("""{"role":"assistant","content":"Hi"}""", "stop");
        byte[] body = Write(response, out _);
        Assert.Equal(
            """{"output":{"message":{"role":"assistant","content":[{"text":"Hi"}]}},"stopReason":"end_turn","usage":{"inputTokens":""" +
                """6,"outputTokens":5,"totalTokens":15,"cacheReadInputTokens":4,"cacheWriteInputTokens":0},"metrics":{"latencyMs":1234}}""",
            Encoding.UTF8.GetString(body));
        Assert.Equal([], SchemaCheck.Validate(Schema, "#/$defs/ConverseResponse", body));
    }

    [Theory, Trait("gotcha", "T211")]
    [InlineData("""{"role":"assistant","content":"Hi"}""", "end_turn")]
    [InlineData("""{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}""",
        "tool_use")]
    public void Without_a_stop_reason_it_follows_from_the_content(string message, string expected)
    {
        using ChatResponse response = Foreign(message, null);
        response.StopReason = StopReason.None;
        Assert.Equal(expected, (string?)Parse(Write(response, out _))["stopReason"]);
    }

    [Fact]
    public void An_empty_answer_has_one_text_block_and_a_refusal_its_words()
    {
        using ChatResponse empty = Foreign("""{"role":"assistant","content":null}""", "content_filter");
        JsonObject written = Parse(Write(empty, out _));
        Assert.Equal("""[{"text":""}]""", written["output"]!["message"]!["content"]!.ToJsonString());
        Assert.Equal("content_filtered", (string?)written["stopReason"]);
        using ChatResponse refusal = Foreign("""{"role":"assistant","content":null,"refusal":"No."}""", "stop");
        written = Parse(Write(refusal, out _));
        Assert.Equal("""[{"text":"No."}]""", written["output"]!["message"]!["content"]!.ToJsonString());
        Assert.Equal("content_filtered", (string?)written["stopReason"]);
    }

    [Theory]
    [InlineData("""{"message":"Too many requests."}""", "ServerError", null)]
    [InlineData("""{"__type":"com.amazon.coral.service#ThrottlingException","message":"Too many requests."}""", "RateLimit", "ThrottlingException")]
    public void Words_without_output_in_a_200_are_a_failure(string body, string expected, string? type)
    {
        using ChatResponse response = ChatResponse.Rent();
        Assert.True(BedrockProtocol.Instance.ReadResponse(Encoding.UTF8.GetBytes(body), response));
        Assert.Equal(expected, response.Failure?.Class.ToString());
        Assert.Equal("Too many requests.", response.Failure?.Error.Message);
        Assert.Equal(type, response.Failure?.Error.Type);
        using ChatResponse nothing = ChatResponse.Rent();
        Assert.False(BedrockProtocol.Instance.ReadResponse("{}"u8.ToArray(), nothing));
    }

    [Theory]
    [InlineData("end_turn", "EndTurn")]
    [InlineData("tool_use", "ToolUse")]
    [InlineData("max_tokens", "MaxTokens")]
    [InlineData("model_context_window_exceeded", "MaxTokens")]
    [InlineData("stop_sequence", "StopSequence")]
    [InlineData("guardrail_intervened", "Safety")]
    [InlineData("content_filtered", "Safety")]
    [InlineData("malformed_tool_use", "Error")]
    [InlineData("malformed_model_output", "Error")]
    [InlineData("something_new", "Other")]
    public void Stop_reasons_are_understood_and_written_back(string word, string reason)
    {
        string body =
            $$$"""{"output":{"message":{"role":"assistant","content":[{"text":"x"}]}},"stopReason":"{{{word}}}","usage":{"inputTokens":""" +
            $$$"""1,"outputTokens":1,"totalTokens":2},"metrics":{"latencyMs":1}}""";
        using ChatResponse response = ChatResponse.Rent();
        Assert.True(BedrockProtocol.Instance.ReadResponse(Encoding.UTF8.GetBytes(body), response));
        Assert.Equal(reason, response.StopReason.ToString());
        Assert.Equal(word, (string?)Parse(Write(response, out _))["stopReason"]);
    }

    [Fact]
    public void Cache_counts_are_read_in_both_spellings_and_beside_the_input()
    {
        Usage usage = BedrockProtocol.Instance.ReadUsage(
            """{"usage":{"inputTokens":3,"outputTokens":-1,"cacheReadInputTokenCount":5,"cacheWriteInputTokens":7,"cacheDetails":[{"ttl":"1h","inputTokens":2},{"ttl":"5m","inputTokens":5}]}}"""u8.ToArray());
        Assert.Equal((3, 5, 7, 2, 0, 15), (usage.Input, usage.CacheRead, usage.CacheWrite, usage.CacheWriteLong, usage.Output, usage.Total));
        Assert.False(BedrockProtocol.Instance.ReadUsage("{}"u8.ToArray()).IsReported);
    }

    [Fact]
    public void Citations_and_thinking_of_other_protocols_take_their_native_shape()
    {
        using ChatResponse response = ChatResponse.Rent();
        Assert.True(ProtocolTable.Get(ProtocolId.Anthropic).ReadResponse("""
            {"type":"message","content":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"redacted_thinking","data":"EtkECkgI"},
             {"type":"text","text":"x","citations":[{"type":"char_location","cited_text":"q","document_index":1,"document_title":"T","start_char_index":2,"end_char_index":3}]}],
             "stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}
            """u8.ToArray(), response));
        byte[] body = Write(response, out _);
        Assert.Equal([], SchemaCheck.Validate(Schema, "#/$defs/ConverseResponse", body));
        Assert.Equal(
            """[{"reasoningContent":{"reasoningText":{"text":"t","signature":"s"}}},{"reasoningContent":{"redactedContent":"RXRrRUNrZ0k="}},""" +
                """{"citationsContent":{"content":[{"text":"x"}],"citations":[{"title":"T","sourceContent":[{"text":"q"}],"location":""" +
                """{"documentChar":{"documentIndex":1,"start":2,"end":3}}}]}}]""",
            Parse(body)["output"]!["message"]!["content"]!.ToJsonString());
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("[]")]
    [InlineData("""{"output":{}}""")]
    [InlineData("""{"output":{"message":{"content":"x"}}}""")]
    public void What_is_no_answer_is_not_taken_for_one(string body)
    {
        using ChatResponse response = ChatResponse.Rent();
        Assert.False(BedrockProtocol.Instance.ReadResponse(Encoding.UTF8.GetBytes(body), response));
    }

    private static ChatResponse Foreign(string message, string? finish)
    {
        ChatResponse response = ChatResponse.Rent();
        string body =
            $$$"""{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":""" +
            $$$"""0,"message":{{{message}}},"finish_reason":"{{{finish}}}"}],"usage":{"prompt_tokens":10,"completion_tokens":""" +
            $$$"""5,"prompt_tokens_details":{"cached_tokens":4} } }""";
        Assert.True(ProtocolTable.Get(ProtocolId.OpenAI).ReadResponse(Encoding.UTF8.GetBytes(body), response));
        return response;
    }
}
