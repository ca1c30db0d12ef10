using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.OpenAI;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.OpenAI;

public sealed class ResponseTests
{
    private static string Answer(string message, string finish = "\"stop\"", string more = "") =>
        $$"""{"id":"x","object":"chat.completion","created":1,"choices":[{"index":0,"message":{{message}},"finish_reason":{{finish}}}]{{more}}}""";

    [Theory, Trait("gotcha", "T108"), Trait("gotcha", "T109"), Trait("gotcha", "T110")]
    [InlineData("\"stop\"", "Refusal")]
    [InlineData("\"length\"", "MaxTokens")]
    [InlineData("\"content_filter\"", "Safety")]
    [InlineData("\"function_call\"", "ToolUse")]
    [InlineData("\"tool_call\"", "ToolUse")]
    [InlineData("\"surprise\"", "Other")]
    [InlineData("null", "None")]
    [InlineData("\"\"", "None")]
    public void Finish_reasons_have_one_meaning_each(string finish, string expected)
    {
        using ChatResponse response = Chat.Response(Answer("""{"role":"assistant","content":null,"refusal":"no"}""", finish));
        Assert.Equal(expected, response.StopReason.ToString());
        Assert.Equal("no", Assert.Single(response.Blocks).Text.ToString());
    }

    [Fact, Trait("gotcha", "T89"), Trait("gotcha", "T93"), Trait("gotcha", "T110")]
    public void Every_stop_reason_is_written_as_a_word_of_this_protocol_or_null()
    {
        using ChatResponse response = Chat.Response(Answer("""{"content":"x"}"""));
        foreach (StopReason reason in Enum.GetValues<StopReason>())
        {
            response.StopReason = reason;
            JsonElement word = Chat.Rewritten(response).GetProperty("choices")[0].GetProperty("finish_reason");
            Assert.True(reason == StopReason.None ? word.ValueKind == JsonValueKind.Null
                : word.GetString() is "stop" or "length" or "tool_calls" or "content_filter");
        }
    }

    [Fact, Trait("gotcha", "T111"), Trait("gotcha", "T268")]
    public void An_answer_of_another_vendor_gets_an_identity_and_every_key()
    {
        using ChatResponse response = Chat.Response(Answer("""{"content":"x"}"""));
        JsonElement written = Chat.Rewritten(response);
        Assert.Equal("gpt-lane", written.GetProperty("model").GetString());
        Assert.Equal("chatcmpl-test", written.GetProperty("id").GetString());
        JsonElement message = written.GetProperty("choices")[0].GetProperty("message");
        Assert.Equal(["role", "content", "refusal", "annotations"], message.EnumerateObject().Select(member => member.Name));
        Assert.Equal(JsonValueKind.Null, written.GetProperty("choices")[0].GetProperty("logprobs").ValueKind);
        Assert.Equal(0, written.GetProperty("usage").GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32());
    }

    [Fact]
    public void A_plain_stop_beside_calls_means_calls()
    {
        using ChatResponse response =
            Chat.Response(Answer("""{"content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}"""));
        Assert.Equal(StopReason.ToolUse, response.StopReason);
    }

    [Fact, Trait("gotcha", "T131")]
    public void Annotations_count_characters_of_the_joined_text_and_need_an_address()
    {
        using ChatResponse response = Chat.Response(Answer("""{"content":"\ud83d\ude00\u00e9é😀\n"}"""));
        Block second = response.Add(BlockKind.Text);
        second.Text = JsonText.From("cited");
        Citation citation = Citation.New(CitationKind.Web, ProtocolId.Anthropic);
        second.AddCitation(citation);
        citation.Url = JsonText.From("https://example.com/");
        second.AddCitation(citation);
        JsonElement annotation = Assert.Single(Chat.Rewritten(response).GetProperty("choices")[0].GetProperty("message").GetProperty("annotations")
            .EnumerateArray()).GetProperty("url_citation");
        Assert.Equal((5, 10), (annotation.GetProperty("start_index").GetInt32(), annotation.GetProperty("end_index").GetInt32()));
        Assert.Equal("https://example.com/", annotation.GetProperty("title").GetString());
    }

    [Theory]
    [InlineData("""{"prompt_tokens":10,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":2}}""", 4, 4, 2)]
    [InlineData("""{"prompt_tokens":10,"prompt_tokens_details":{"cached_tokens":40}}""", 0, 10, 0)]
    [InlineData("""{"prompt_tokens":10,"prompt_cache_hit_tokens":6}""", 4, 6, 0)]
    [InlineData("""{"prompt_tokens":-5}""", 0, 0, 0)]
    public void Cached_tokens_are_counted_once_and_nothing_is_negative(string usage, long input, long read, long written)
    {
        string body = Answer("""{"content":"x"}""", more: ",\"usage\":" + usage);
        using ChatResponse response = Chat.Response(body);
        Assert.Equal((input, read, written), (response.Usage.Input, response.Usage.CacheRead, response.Usage.CacheWrite));
        Assert.Equal(response.Usage, OpenAIProtocol.Instance.ReadUsage(Encoding.UTF8.GetBytes(body)));
        Assert.Equal(response.Usage.TotalInput, Chat.Rewritten(response).GetProperty("usage").GetProperty("prompt_tokens").GetInt64());
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"choices":[]}""")]
    [InlineData("""{"choices":[{"index":0}]}""")]
    public void What_is_no_answer_is_not_taken_for_one(string body)
    {
        using ChatResponse response = ChatResponse.Rent();
        Assert.False(OpenAIProtocol.Instance.ReadResponse(Encoding.UTF8.GetBytes(body), response));
    }
}
