using System.Text.Json;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Models;
using Busbar.Tests.Matrix.Harness;

namespace Busbar.Tests.Matrix;

/// <summary>Thinking is seen by who asked to see it; everyone else keeps for the provider what the provider wants back.</summary>
public sealed class HiddenThinkingTests
{
    private const string Words = "SECRET \\\"MUSING\\\"\\nsecond line";

    private const string Omitting = """
        {"model":"m","max_tokens":9000,"thinking":{"type":"enabled","budget_tokens":2000,"display":"omitted"},"messages":[{"role":"user","content":"hi"}]}
        """;

    private static readonly ProtocolId[] Askers = [ProtocolId.Anthropic, ProtocolId.Bedrock, ProtocolId.Gemini, ProtocolId.Responses,
        ProtocolId.Cohere];

    public static TheoryData<string, string> Hops
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (ProtocolId client in Askers)
            {
                foreach (ProtocolId egress in Enum.GetValues<ProtocolId>().Where(egress => egress != client))
                {
                    data.Add(client.Name(), egress.Name());
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public void Who_did_not_ask_gets_the_answer_first_and_no_word_of_thinking(string client, string egress)
    {
        (ProtocolId from, ProtocolId to) = (Hop.Named(client), Hop.Named(egress));
        Carried request = Carried.Request(from, to, Plain(from));
        JsonElement answer = Carried.Answer(to, from, Thought(to, isCall: false), request.Context).Json;
        if (to == ProtocolId.OpenAI)
        {
            // Hosts of Chat Completions that think show it to everyone.
            Assert.Contains("MUSING", answer.GetRawText());
            return;
        }

        Assert.DoesNotContain("MUSING", answer.GetRawText());
        Assert.Contains("par", First(from, answer).GetRawText());
        Assert.DoesNotContain(LossField.Thinking, Hop.Fields(request.Context.Losses));
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public void Who_asked_sees_it(string client, string egress)
    {
        (ProtocolId from, ProtocolId to) = (Hop.Named(client), Hop.Named(egress));
        Carried request = Carried.Request(from, to, Asking(from));
        JsonElement answer = Carried.Answer(to, from, Thought(to, isCall: false), request.Context).Json;
        Assert.Contains("MUSING", answer.GetRawText());
    }

    [Theory]
    [InlineData("anthropic", "responses")]
    [InlineData("anthropic", "gemini")]
    [InlineData("anthropic", "bedrock")]
    [InlineData("bedrock", "responses")]
    [InlineData("bedrock", "anthropic")]
    [InlineData("gemini", "anthropic")]
    [InlineData("gemini", "responses")]
    [InlineData("responses", "anthropic")]
    [InlineData("responses", "bedrock")]
    [InlineData("responses", "gemini")]
    public void What_the_provider_wants_back_comes_back_with_the_words_whole_and_streamed(string client, string egress)
    {
        (ProtocolId from, ProtocolId to) = (Hop.Named(client), Hop.Named(egress));
        foreach (bool isCall in new[] { true, false })
        {
            Carried request = Carried.Request(from, to, Plain(from));
            JsonElement answer = Carried.Answer(to, from, Thought(to, isCall), request.Context).Json;
            Assert.DoesNotContain("MUSING", answer.GetRawText());
            using var next = new ToolExchange(from, to, Next(from, answer, isCall));
            Assert.Contains("PROOF", next.Sent);
            Block[] turn = [.. next.Arrived.Messages.Where(static message => message.Role == Role.Assistant)
                .SelectMany(static message => message.Blocks)];
            Assert.True(turn[0] is { Kind: BlockKind.Thinking } || to == ProtocolId.Gemini, next.Sent);
            Assert.Equal(to == ProtocolId.Gemini ? null : "PROOF", turn[0].Kind == BlockKind.Thinking ? turn[0].Signature.ToString() : null);
        }
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public void A_stream_hides_it_as_a_whole_answer_does(string client, string egress)
    {
        (ProtocolId from, ProtocolId to) = (Hop.Named(client), Hop.Named(egress));
        if (to == ProtocolId.Bedrock || from == ProtocolId.Bedrock)
        {
            return;
        }

        Carried asked = Carried.Request(from, to, Asking(from), stream: true);
        Assert.Contains("MUSING", Carried.Stream(to, from, Streamed(to), asked.Context).Text);
        Carried plain = Carried.Request(from, to, Plain(from), stream: true);
        (string text, Losses losses) = Carried.Stream(to, from, Streamed(to), plain.Context);
        Assert.Equal(to == ProtocolId.OpenAI, text.Contains("MUSING", StringComparison.Ordinal));
        Assert.Contains("par", text);
        Assert.DoesNotContain(LossField.Thinking, Hop.Fields(losses));
        if (from == ProtocolId.Anthropic && to != ProtocolId.OpenAI)
        {
            string starts = text[text.IndexOf("content_block_start", StringComparison.Ordinal)..];
            Assert.StartsWith("{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\"",
                starts[starts.IndexOf('{', StringComparison.Ordinal)..]);
        }
    }

    [Fact]
    public void Words_that_a_host_demands_back_are_kept_by_a_client_that_does_not_see_them()
    {
        EgressTarget target = new() { WireModel = "deepseek-reasoner", Capabilities = ModelCapabilities.For(ProtocolId.OpenAI, "deepseek-reasoner") };
        Carried request = Carried.Request(ProtocolId.Anthropic, ProtocolId.OpenAI, Omitting, target);
        JsonElement answer = Carried.Answer(ProtocolId.OpenAI, ProtocolId.Anthropic, Thought(ProtocolId.OpenAI, isCall: true), request.Context).Json;
        Assert.DoesNotContain("MUSING", answer.GetRawText());
        JsonElement sent = Carried.Request(ProtocolId.Anthropic, ProtocolId.OpenAI, Next(ProtocolId.Anthropic, answer, isCall: true), target).Json;
        Assert.Equal(
            "SECRET \"MUSING\"\nsecond line",
            sent.GetProperty("messages").EnumerateArray().Single(static turn => turn.TryGetProperty("tool_calls", out _))
                .GetProperty("reasoning_content").GetString());
    }

    [Fact]
    public void A_client_that_wants_blocks_without_words_gets_them_where_they_stood()
    {
        Carried request = Carried.Request(ProtocolId.Anthropic, ProtocolId.Responses, Omitting);
        JsonElement block = Carried.Answer(ProtocolId.Responses, ProtocolId.Anthropic, Thought(ProtocolId.Responses, isCall: false), request.Context)
            .Json.GetProperty("content")[0];
        Assert.Equal(("thinking", ""), (block.GetProperty("type").GetString(), block.GetProperty("thinking").GetString()));
        Assert.NotEqual("", block.GetProperty("signature").GetString());
    }

    [Theory]
    [InlineData("gemini", "gemini-2.5-flash", "\"includeThoughts\":false")]
    [InlineData("bedrock", "anthropic.claude-opus-4-8", "\"display\":\"omitted\"")]
    [InlineData("anthropic", "claude-opus-4-8", "\"display\":\"omitted\"")]
    public void An_effort_alone_asks_no_provider_to_show_thinking(string egress, string model, string expected)
    {
        ProtocolId to = Hop.Named(egress);
        EgressTarget target = new() { WireModel = model, Capabilities = ModelCapabilities.For(to, model) };
        Assert.Contains(
            expected, Carried.Request(ProtocolId.OpenAI, to,
                """{"model":"m","reasoning_effort":"high","messages":[{"role":"user","content":"hi"}]}""", target).Json.GetRawText());
    }

    [Theory]
    [InlineData("""{"model":"m","max_tokens":9000,"thinking":{"type":"adaptive","display":"updates"},"messages":[{"role":"user","content":"hi"}]}""",
        "\"includeThoughts\":true")]
    [InlineData("""{"model":"m","max_tokens":9000,"output_config":{"effort":"ultra"},"messages":[{"role":"user","content":"hi"}]}""",
        "\"thinkingBudget\":16384")]
    public void New_words_about_thinking_are_understood(string body, string expected) =>
        Assert.Contains(expected, Carried.Request(ProtocolId.Anthropic, ProtocolId.Gemini, body).Json.GetRawText());

    private static string Plain(ProtocolId client) => client switch
    {
        ProtocolId.Anthropic => """{"model":"m","max_tokens":9000,"messages":[{"role":"user","content":"hi"}]}""",
        ProtocolId.Bedrock => """{"messages":[{"role":"user","content":[{"text":"hi"}]}]}""",
        ProtocolId.Gemini => """{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}""",
        ProtocolId.Responses => """{"model":"m","input":"hi"}""",
        _ => """{"model":"m","messages":[{"role":"user","content":"hi"}]}""",
    };

    private static string Asking(ProtocolId client) => client switch
    {
        ProtocolId.Anthropic => Plain(client).Insert(1, "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000},"),
        ProtocolId.Bedrock => Plain(client)
            .Insert(1, "\"additionalModelRequestFields\":{\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000}},"),
        ProtocolId.Gemini => Plain(client).Insert(1, "\"generationConfig\":{\"thinkingConfig\":{\"includeThoughts\":true}},"),
        ProtocolId.Responses => Plain(client).Insert(1, "\"reasoning\":{\"summary\":\"auto\"},"),
        _ => Plain(client).Insert(1, "\"thinking\":{\"type\":\"enabled\"},"),
    };

    // Words of thinking and their proof, and the answer "par" or a call.
    private static string Thought(ProtocolId provider, bool isCall) => provider switch
    {
        ProtocolId.Anthropic => $$"""
            {"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"thinking","thinking":"{{Words}}","signature":"PROOF"},
            {{(isCall ? """{"type":"tool_use","id":"toolu_1","name":"tide","input":{}}""" : """{"type":"text","text":"par"}""")}}],"stop_reason":"{{(isCall ? "tool_use" : "end_turn")}}","usage":{"input_tokens":1,"output_tokens":2} }
            """,
        ProtocolId.Bedrock => $$"""
            {"output":{"message":{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"{{Words}}","signature":"PROOF"} } },
            {{(isCall ? """{"toolUse":{"toolUseId":"tooluse_1","name":"tide","input":{}}}""" : """{"text":"par"}""")}}]} },"stopReason":"{{(isCall ? "tool_use" : "end_turn")}}","usage":{"inputTokens":1,"outputTokens":2,"totalTokens":3} }
            """,
        ProtocolId.Gemini => $$"""
            {"candidates":[{"content":{"role":"model","parts":[{"thought":true,"text":"{{Words}}"},
            {{(isCall ? """{"functionCall":{"name":"tide","args":{}},"thoughtSignature":"PROOF"}""" : """{"text":"par","thoughtSignature":"PROOF"}""")}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2} }
            """,
        ProtocolId.Responses => $$"""
            {"id":"resp_1","object":"response","status":"completed","model":"m","output":[{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"{{Words}}"}],"encrypted_content":"PROOF"},
            {{(isCall ? """{"type":"function_call","id":"fc_1","call_id":"call_1","name":"tide","arguments":"{}"}""" : """{"type":"message","id":"msg_1","role":"assistant","content":[{"type":"output_text","text":"par"}]}""")}}],"usage":{"input_tokens":1,"output_tokens":2} }
            """,
        ProtocolId.Cohere => $$"""
            {"id":"k","finish_reason":"COMPLETE","message":{"role":"assistant","content":[{"type":"thinking","thinking":"{{Words}}"},{"type":"text","text":"par"}]},"usage":{"tokens":{"input_tokens":1,"output_tokens":2} } }
            """,
        _ => $$"""
            {"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","reasoning_content":"{{Words}}",
            {{(isCall ? """ "content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"tide","arguments":"{}"}}]""" : "\"content\":\"par\"")}}},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2} }
            """,
    };

    private static string Streamed(ProtocolId provider) => provider switch
    {
        ProtocolId.Anthropic => Lines(
            """{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":""" +
                """1,"output_tokens":0}}}""",
            """{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"MUSING"}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"PROOF"}}""",
            """{"type":"content_block_stop","index":0}""",
            """{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}""",
            """{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"par"}}""",
            """{"type":"content_block_stop","index":1}""",
            """{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}""",
            """{"type":"message_stop"}"""),
        ProtocolId.Gemini => Lines(
            """{"candidates":[{"content":{"role":"model","parts":[{"thought":true,"text":"MUSING"}]}}]}""",
            """{"candidates":[{"content":{"role":"model","parts":""" +
                """[{"text":"par","thoughtSignature":"PROOF"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":""" +
                """1,"candidatesTokenCount":2}}"""),
        ProtocolId.Responses => Lines(
            """{"type":"response.created","response":{"id":"r","status":"in_progress","model":"m","output":[]}}""",
            """{"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":[]}}""",
            """{"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":0,"summary_index":0,"delta":"MUSING"}""",
            """{"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":""" +
                """[{"type":"summary_text","text":"MUSING"}],"encrypted_content":"PROOF"}}""",
            """{"type":"response.output_item.added","output_index":1,"item":{"type":"message","id":"msg_1","role":"assistant","content":[]}}""",
            """{"type":"response.output_text.delta","item_id":"msg_1","output_index":1,"content_index":0,"delta":"par"}""",
            """{"type":"response.output_item.done","output_index":1,"item":{"type":"message","id":"msg_1","role":"assistant","content":""" +
                """[{"type":"output_text","text":"par"}]}}""",
            """{"type":"response.completed","response":{"id":"r","status":"completed","model":"m","output":[],"usage":{"input_tokens":""" +
                """1,"output_tokens":2}}}"""),
        ProtocolId.Cohere => Lines(
            """{"type":"message-start","id":"k","delta":{"message":{"role":"assistant"}}}""",
            """{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"thinking","thinking":""}}}}""",
            """{"type":"content-delta","index":0,"delta":{"message":{"content":{"thinking":"MUSING"}}}}""",
            """{"type":"content-end","index":0}""",
            """{"type":"content-start","index":1,"delta":{"message":{"content":{"type":"text","text":""}}}}""",
            """{"type":"content-delta","index":1,"delta":{"message":{"content":{"text":"par"}}}}""",
            """{"type":"content-end","index":1}""",
            """{"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"tokens":{"input_tokens":1,"output_tokens":2}}}}"""),
        _ => Lines(
            """{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":""" +
                """{"role":"assistant","reasoning_content":"MUSING"}}]}""",
            """{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":""" +
                """{"content":"par"},"finish_reason":"stop"}]}""",
            "[DONE]"),
    };

    private static string Lines(params string[] events) => string.Concat(events.Select(static data =>
        (data.Contains("\"type\":\"", StringComparison.Ordinal) ? $"event: {JsonDocument.Parse(data).RootElement.GetProperty("type").GetString()}\n"
            : "") + $"data: {data}\n\n"));

    private static JsonElement First(ProtocolId client, JsonElement answer) => client switch
    {
        ProtocolId.Anthropic => answer.GetProperty("content")[0],
        ProtocolId.Bedrock => answer.GetProperty("output").GetProperty("message").GetProperty("content")[0],
        ProtocolId.Gemini => answer.GetProperty("candidates")[0].GetProperty("content").GetProperty("parts")[0],
        ProtocolId.Responses => answer.GetProperty("output")[0],
        _ => answer.GetProperty("message").GetProperty("content")[0],
    };

    // The client's next request, with the answer as it stands.
    private static string Next(ProtocolId client, JsonElement answer, bool isCall)
    {
        string id = client switch
        {
            ProtocolId.Anthropic when isCall => answer.GetProperty("content").EnumerateArray().Last().GetProperty("id").GetString()!,
            ProtocolId.Bedrock when isCall => answer.GetProperty("output").GetProperty("message").GetProperty("content").EnumerateArray().Last()
                .GetProperty("toolUse").GetProperty("toolUseId").GetString()!,
            ProtocolId.Responses when isCall => answer.GetProperty("output").EnumerateArray().Last().GetProperty("call_id").GetString()!,
            _ => "",
        };
        return client switch
        {
            ProtocolId.Anthropic => $$"""
                {"model":"m","max_tokens":9000,"thinking":{"type":"enabled","budget_tokens":2000},"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":{{answer.GetProperty("content").GetRawText()}}},
                {"role":"user","content":{{(isCall ? $$"""[{"type":"tool_result","tool_use_id":"{{id}}","content":"ok"}]""" : "\"more\"")}}}]}
                """,
            ProtocolId.Bedrock => $$"""
                {"messages":[{"role":"user","content":[{"text":"hi"}]},{{answer.GetProperty("output").GetProperty("message").GetRawText()}},
                {"role":"user","content":[{{(isCall ? $$"""{"toolResult":{"toolUseId":"{{id}}","content":[{"text":"ok"}]} }""" : """{"text":"more"}""")}}]}]}
                """,
            ProtocolId.Gemini => $$"""
                {"contents":[{"role":"user","parts":[{"text":"hi"}]},{{answer.GetProperty("candidates")[0].GetProperty("content").GetRawText()}},
                {"role":"user","parts":[{{(isCall ? """{"functionResponse":{"name":"tide","response":{}}}""" : """{"text":"more"}""")}}]}]}
                """,
            _ => $$"""
                {"model":"m","input":[{"role":"user","content":"hi"},{{answer.GetProperty("output").GetRawText()[1..^1]}},
                {{(isCall ? $$"""{"type":"function_call_output","call_id":"{{id}}","output":"ok"}""" : """{"role":"user","content":"more"}""")}}]}
                """,
        };
    }
}
