using System.Text.Json;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Tests.Matrix.Harness;

namespace Busbar.Tests.Matrix;

/// <summary>
/// What agents send beside tools and words, over every other protocol: told in words where the target can read them, refused or counted otherwise.
/// </summary>
public sealed class AgentItemTests
{
    private const string Deferred = """
        {"model":"m","max_tokens":99,"tools":[{"name":"ToolSearch","description":"d","input_schema":{"type":"object","properties":{}}},
        {"name":"near","description":"d","input_schema":{"type":"object","properties":{}},"defer_loading":true},{"name":"far","description":"d","input_schema":{"type":"object","properties":{}},"defer_loading":true}],
        "messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"ToolSearch","input":{}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":[{"type":"tool_reference","tool_name":"near"}]}]}]}
        """;

    private static IEnumerable<ProtocolId> Others(ProtocolId ingress) => Enum.GetValues<ProtocolId>().Where(id => id != ingress);

    [Fact]
    public void Deferred_tools_are_offered_once_a_result_refers_to_them()
    {
        foreach (ProtocolId egress in Others(ProtocolId.Anthropic))
        {
            using var exchange = new ToolExchange(ProtocolId.Anthropic, egress, Deferred);
            Assert.Equal(["ToolSearch", "near"], exchange.Offered);
            Assert.Contains("can be called now: near", exchange.Sent);
            Assert.Equal([LossField.DeferredTool], exchange.Losses);
        }
    }

    [Fact]
    public void Where_only_the_vendor_could_search_every_deferred_tool_is_offered()
    {
        string body = Deferred.Replace("\"tools\":[", "\"tools\":[{\"type\":\"tool_search_tool_bm25_20251119\",\"name\":\"tool_search_tool_bm25\"},");
        foreach (ProtocolId egress in Others(ProtocolId.Anthropic))
        {
            using var exchange = new ToolExchange(ProtocolId.Anthropic, egress, body);
            Assert.Equal(["ToolSearch", "near", "far"], exchange.Offered);
            Assert.Contains(LossField.HostedTool, exchange.Losses);
        }
    }

    [Fact]
    public void A_summary_stands_for_what_is_before_it()
    {
        foreach (ProtocolId egress in Others(ProtocolId.Anthropic))
        {
            using var exchange = new ToolExchange(ProtocolId.Anthropic, egress, """
                {"model":"m","max_tokens":99,"messages":[{"role":"user","content":"OLD"},{"role":"assistant","content":[{"type":"compaction","content":"THE-SUMMARY"},{"type":"text","text":"KEPT"}]},
                {"role":"user","content":"go on"}]}
                """);
            Assert.Contains("THE-SUMMARY", exchange.Sent);
            Assert.Contains("KEPT", exchange.Sent);
            Assert.DoesNotContain("OLD", exchange.Sent);
            Assert.Empty(exchange.Losses);
            using var failed = new ToolExchange(ProtocolId.Anthropic, egress, """
                {"model":"m","max_tokens":99,"messages":[{"role":"user","content":"OLD"},{"role":"assistant","content":[{"type":"compaction","content":null}]},{"role":"user","content":"go on"}]}
                """);
            Assert.Contains("OLD", failed.Sent);
        }
    }

    [Fact]
    public void A_compaction_of_another_vendor_is_refused_by_the_name_of_its_field()
    {
        foreach (ProtocolId egress in Others(ProtocolId.Responses))
        {
            using var exchange = new ToolExchange(ProtocolId.Responses, egress,
                """{"model":"m","input":[{"type":"compaction","encrypted_content":"gAAAA"},{"role":"user","content":"x"}]}""");
            Assert.Equal(("input", true), (exchange.Refusal!.Param,
                exchange.Refusal.Message!.Contains("encrypted_content", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void What_one_agent_tells_another_reaches_the_model_with_its_author()
    {
        foreach (ProtocolId egress in Others(ProtocolId.Responses))
        {
            using var exchange = new ToolExchange(ProtocolId.Responses, egress, """
                {"model":"m","input":[{"type":"agent_message","author":"/root","recipient":"/root/worker","content":[{"type":"input_text","text":"COUNT"}]}]}
                """);
            Assert.Contains("COUNT", exchange.Sent);
            Assert.Contains("Message from /root to /root/worker", exchange.Sent);
            Assert.Empty(exchange.Losses);
        }
    }

    [Fact]
    public void A_participants_name_stands_before_the_words_and_is_counted_where_it_would_be_put_into_the_models_mouth()
    {
        foreach (ProtocolId egress in Others(ProtocolId.OpenAI))
        {
            using var exchange = new ToolExchange(ProtocolId.OpenAI, egress, """
                {"model":"m","messages":[{"role":"user","name":"BOBBY","content":"hello"},{"role":"assistant","name":"ANN","content":"hi"},{"role":"user","content":"so"}]}
                """);
            Assert.Contains("BOBBY: hello", exchange.Sent);
            Assert.DoesNotContain("ANN", exchange.Sent);
            Assert.Contains(LossField.MessageName, exchange.Losses);
        }
    }

    [Theory]
    [InlineData("""[{"type":"namespace","name":"a","description":"d"}]""", "tools[0].tools")]
    [InlineData("""[{"type":"namespace","name":"a","description":"d","tools":[]}]""", "tools[0].tools")]
    [InlineData("""[{"type":"namespace","tools":[{"type":"function","name":"f"}]}]""", "tools[0].name")]
    [InlineData("""[{"type":"namespace","name":"a","tools":[{"type":"function"}]}]""", "tools[0].tools[0].name")]
    [InlineData("""[{"type":"function","parameters":{}}]""", "tools[0].name")]
    [InlineData("""[{"type":"function","name":"f","description":"one"},{"type":"function","name":"f","description":"two"}]""", "tools")]
    public void Tools_that_cannot_be_told_apart_are_refused_by_the_name_of_their_field(string tools, string param)
    {
        using var exchange = new ToolExchange(ProtocolId.Responses, ProtocolId.Anthropic, $$"""{"model":"m","input":"x","tools":{{tools}} }""");
        Assert.Equal(param, exchange.Refusal?.Param);
        using var added = new ToolExchange(
            ProtocolId.Responses, ProtocolId.OpenAI,
            $$"""{"model":"m","input":[{"role":"user","content":"x"},{"type":"additional_tools","tools":{{tools}} }]}""");
        Assert.Equal(param == "tools" ? null : "input[1]." + param, added.Refusal?.Param);
    }

    [Fact]
    public void The_same_tool_twice_is_offered_once_and_counted()
    {
        using var exchange = new ToolExchange(ProtocolId.OpenAI, ProtocolId.Anthropic, """
            {"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","description":"d"}},{"type":"function","function":{"name":"f","description":"d"}}]}
            """);
        Assert.Equal(["f"], exchange.Offered);
        Assert.Contains(LossField.DuplicateTool, exchange.Losses);
    }

    [Fact]
    public void A_tool_loaded_again_is_offered_as_it_was_defined_last()
    {
        using var exchange = new ToolExchange(ProtocolId.Responses, ProtocolId.Anthropic, """
            {"model":"m","tools":[{"type":"function","name":"f","description":"old"}],"input":[{"role":"user","content":"x"},
            {"type":"additional_tools","tools":[{"type":"function","name":"f","description":"new"}]},{"role":"user","content":"y"}]}
            """);
        Assert.Equal("new", Assert.Single(exchange.Arrived.Tools).Description.ToString());
    }

    [Theory]
    [InlineData("""{"type":"function","name":"fetch","namespace":"docs"}""", "Tool docs__fetch")]
    [InlineData("""{"type":"function","name":"fetch"}""", "Tool docs__fetch")]
    [InlineData("""{"type":"shell"}""", "Tool shell")]
    [InlineData("""{"type":"custom","name":"exec"}""", "Tool exec")]
    [InlineData("""{"type":"web_search_preview"}""", "Tool web_search")]
    [InlineData("""{"type":"allowed_tools","mode":"required","tools":[{"type":"namespace","name":"docs"},{"type":"custom","name":"exec"}]}""",
        "Required ")]
    public void A_choice_names_what_is_offered(string choice, string expected)
    {
        using var exchange = new ToolExchange(ProtocolId.Responses, ProtocolId.Anthropic, $$"""
            {"model":"m","input":"x","tool_choice":{{choice}},"tools":[{"type":"namespace","name":"docs","description":"d","tools":[{"type":"function","name":"fetch"}]},
            {"type":"shell"},{"type":"custom","name":"exec"},{"type":"web_search"}]}
            """);
        Assert.Equal(expected, $"{exchange.Arrived.ToolChoice.Kind} {exchange.Arrived.ToolChoice.Name}");
        Assert.DoesNotContain(LossField.ToolChoice, exchange.Losses);
        Assert.Equal(expected == "Required " ? ["docs__fetch", "exec"] : ["docs__fetch", "shell", "exec"], exchange.Offered);
    }

    [Fact]
    public void A_chat_body_in_the_form_of_the_Responses_API_is_understood_and_answered_in_chats_form()
    {
        foreach (ProtocolId egress in Enum.GetValues<ProtocolId>())
        {
            using var exchange = new ToolExchange(ProtocolId.OpenAI, egress, """
                {"model":"m","instructions":"be brief","input":[{"role":"user","content":[{"type":"input_text","text":"go"}]},{"type":"function_call","call_id":"call_1","name":"f","arguments":"{}"},
                {"type":"function_call_output","call_id":"call_1","output":"DONE_77"}],"tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{}}},{"type":"custom","name":"Patch"}]}
                """);
            Assert.Equal(["f", "Patch"], exchange.Offered);
            Assert.Contains("be brief", exchange.Sent);
            Assert.Contains("DONE_77", exchange.Sent);
            JsonElement call = exchange.Answer("Patch", """{"input":"*** Begin"}""").GetProperty("choices")[0].GetProperty("message")
                .GetProperty("tool_calls")[0];
            Assert.Equal(("custom", "*** Begin"), (call.GetProperty("type").GetString(),
                call.GetProperty("custom").GetProperty("input").GetString()));
        }
    }

    [Fact]
    public void A_thought_signature_stands_in_the_first_delta_of_its_call()
    {
        string stream = Carried.Stream(ProtocolId.Gemini, ProtocolId.OpenAI, """
            data: {"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"SIGN"}]},"finishReason":"STOP"}]}


            """).Text;
        JsonElement[] calls =
        [
            .. stream.Split('\n').Where(static line => line.Contains("\"tool_calls\":[", StringComparison.Ordinal))
                .Select(static line => JsonDocument.Parse(line[6..]).RootElement.GetProperty("choices")[0].GetProperty("delta")
                    .GetProperty("tool_calls")[0]),
        ];
        Assert.Equal("SIGN", calls[0].GetProperty("extra_content").GetProperty("google").GetProperty("thought_signature").GetString());
        Assert.All(calls, static call => Assert.True(call.TryGetProperty("function", out _)));
        Assert.Single(calls, static call => call.TryGetProperty("extra_content", out _));
    }
}
