using System.Text.Json;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.Translation.Models;
using Busbar.Tests.Matrix.Harness;

namespace Busbar.Tests.Matrix;

/// <summary>What certain pairs of protocols must get right, in whole bodies.</summary>
public sealed class PairTests
{
    private const string Huge = "18446744073709551615";

    [Fact]
    [Trait("gotcha", "T12")]
    public void A_stop_string_becomes_a_list_of_one()
    {
        JsonElement sent = Carried.Request(ProtocolId.OpenAI, ProtocolId.Anthropic,
            """{"model":"m","stop":"END","messages":[{"role":"user","content":"hi"}]}""").Json;

        Assert.Equal("""["END"]""", sent.GetProperty("stop_sequences").GetRawText());
    }

    [Fact]
    [Trait("gotcha", "T23")]
    public void A_fingerprint_of_the_provider_stays_with_the_provider()
    {
        foreach (ProtocolId client in Enum.GetValues<ProtocolId>().Where(static id => id != ProtocolId.OpenAI))
        {
            JsonElement seen = Carried.Answer(ProtocolId.OpenAI, client, Whole("""{"role":"assistant","content":"hi"}""")).Json;

            Assert.DoesNotContain("fp_1", seen.GetRawText());
            Assert.DoesNotContain("system_fingerprint", seen.GetRawText());
        }
    }

    [Fact]
    [Trait("gotcha", "T48")]
    public void Counts_beyond_all_measure_are_the_largest_count_and_so_are_their_sums()
    {
        foreach ((ProtocolId provider, string answer) in new[]
        {
            (ProtocolId.OpenAI, Whole("""{"role":"assistant","content":"hi"}""",
                $$$"""{"prompt_tokens":{{{Huge}}},"completion_tokens":{{{Huge}}}}""")),
            (ProtocolId.Anthropic, Message($$$"""{"input_tokens":{{{Huge}}},"output_tokens":{{{Huge}}},"cache_read_input_tokens":{{{Huge}}}}""")),
            (ProtocolId.Gemini,
                $$$"""{"candidates":[{"content":{"parts":""" +
                $$$"""[{"text":"hi"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":{{{Huge}}},"candidatesTokenCoun""" +
                $$$"""t":{{{Huge}}},"thoughtsTokenCount":{{{Huge}}} } }"""),
            (ProtocolId.Bedrock,
                $$$"""{"output":{"message":{"role":"assistant","content":""" +
                $$$"""[{"text":"hi"}]}},"stopReason":"end_turn","usage":{"inputTokens":{{{Huge}}},"outputTokens":{{{Huge}}},"totalToken""" +
                $$$"""s":{{{Huge}}} } }"""),
            (ProtocolId.Responses,
                $$$"""{"object":"response","id":"r","status":"completed","output":""" +
                $$$"""[],"usage":{"input_tokens":{{{Huge}}},"output_tokens":{{{Huge}}} } }"""),
            (ProtocolId.Cohere,
                $$$"""{"id":"c","finish_reason":"COMPLETE","message":{"role":"assistant","content":"hi"},"usage":{"tokens":{"input_token""" +
                $$$"""s":{{{Huge}}},"output_tokens":{{{Huge}}} } } }"""),
        })
        {
            ProtocolId client = provider == ProtocolId.OpenAI ? ProtocolId.Responses : ProtocolId.OpenAI;
            JsonElement usage = Carried.Answer(provider, client, answer).Json.GetProperty("usage");

            Assert.Equal(long.MaxValue, usage.GetProperty("total_tokens").GetInt64());
            Usage read = ProtocolTable.Get(provider).ReadUsage(System.Text.Encoding.UTF8.GetBytes(answer));
            Assert.Equal((long.MaxValue, long.MaxValue, long.MaxValue), (read.Input, read.Output, read.Total));
        }
    }

    [Fact]
    [Trait("gotcha", "T35")]
    public void The_counts_of_a_large_answer_are_found_behind_everything_else()
    {
        string text = new('x', 3_000_000);
        foreach ((ProtocolId provider, string answer) in new[]
        {
            (ProtocolId.OpenAI, $$$"""{"choices":[{"message":{"content":"{{{text}}}"}}],"usage":{"prompt_tokens":7,"completion_tokens":9} }"""),
            (ProtocolId.Anthropic, $$$"""{"content":[{"type":"text","text":"{{{text}}}"}],"usage":{"input_tokens":7,"output_tokens":9} }"""),
            (ProtocolId.Gemini,
                $$$"""{"candidates":[{"content":{"parts":[{"text":"{{{text}}}"}]}}],"usageMetadata":{"promptTokenCount":""" +
                """7,"candidatesTokenCount":9} }"""),
            (ProtocolId.Bedrock, $$$"""{"output":{"message":{"content":[{"text":"{{{text}}}"}]}},"usage":{"inputTokens":7,"outputTokens":9} }"""),
            (ProtocolId.Responses, $$$"""{"output":[{"text":"{{{text}}}"}],"usage":{"input_tokens":7,"output_tokens":9} }"""),
            (ProtocolId.Cohere, $$$"""{"message":{"content":"{{{text}}}"},"usage":{"tokens":{"input_tokens":7,"output_tokens":9} } }"""),
        })
        {
            Usage read = ProtocolTable.Get(provider).ReadUsage(System.Text.Encoding.UTF8.GetBytes(answer));

            Assert.Equal((provider, 7L, 9L, true), (provider, read.Input, read.Output, read.IsReported));
        }
    }

    [Fact]
    [Trait("gotcha", "T50")]
    public void Prompt_tokens_at_OpenAI_include_what_Anthropic_counts_beside_them()
    {
        JsonElement usage = Carried.Answer(
            ProtocolId.Anthropic,
            ProtocolId.OpenAI,
            Message("""{"input_tokens":10,"cache_read_input_tokens":5,"cache_creation_input_tokens":3,"output_tokens":2}"""))
                .Json.GetProperty("usage");

        Assert.Equal(18, usage.GetProperty("prompt_tokens").GetInt32());
        Assert.Equal(5, usage.GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32());
        Assert.Equal(20, usage.GetProperty("total_tokens").GetInt32());
    }

    [Fact]
    [Trait("gotcha", "T163")]
    public void Parallel_calls_of_Responses_are_one_assistant_message_at_OpenAI()
    {
        JsonElement messages = Carried.Request(ProtocolId.Responses, ProtocolId.OpenAI, """
            {"model":"m","input":[{"role":"user","content":"go"},
            {"type":"function_call","call_id":"call_1","name":"f","arguments":"{}"},
            {"type":"function_call","call_id":"call_2","name":"g","arguments":"{}"},
            {"type":"function_call_output","call_id":"call_1","output":"1"},
            {"type":"function_call_output","call_id":"call_2","output":"2"}]}
            """).Json.GetProperty("messages");

        Assert.Equal(["user", "assistant", "tool", "tool"], messages.EnumerateArray()
            .Select(static message => message.GetProperty("role").GetString()));
        Assert.Equal(["f", "g"], messages[1].GetProperty("tool_calls").EnumerateArray()
            .Select(static call => call.GetProperty("function").GetProperty("name").GetString()));
    }

    [Theory]
    [InlineData("gemini-3-pro", "skip_thought_signature_validator")]
    [InlineData("gemini-2.5-flash", null)]
    [Trait("gotcha", "T195")]
    public void A_real_thought_signature_is_replayed_and_a_lost_one_is_made_up_for_the_first_call_of_a_turn_only_and_where_it_is_asked_for(
        string model, string? lost)
    {
        const string Calls = """
            {"contents":[{"role":"user","parts":[{"text":"go"}]},
            {"role":"model","parts":[{"functionCall":{"name":"f","args":{}}#},{"functionCall":{"name":"g","args":{}}}]},
            {"role":"user","parts":[{"functionResponse":{"name":"f","response":{}}},{"functionResponse":{"name":"g","response":{}}}]}]}
            """;
        var target = new EgressTarget { WireModel = model, Capabilities = ModelCapabilities.For(ProtocolId.Gemini, model) };
        foreach ((string sent, string?[] expected) in new (string, string?[])[] { (",\"thoughtSignature\":\"c2ln\"", ["c2ln", null]),
            ("", [lost, null]) })
        {
            string conversation = Calls.Replace("#", sent);
            JsonElement arrived = Carried.Request(ProtocolId.OpenAI, ProtocolId.Gemini,
                Carried.Request(ProtocolId.Gemini, ProtocolId.OpenAI, conversation, new() { WireModel = model, Capabilities = new() })
                .Json.GetRawText(), target).Json;

            Assert.Equal(expected, arrived.GetProperty("contents")[1].GetProperty("parts").EnumerateArray().Select(
                static part => part.TryGetProperty("thoughtSignature", out JsonElement signature) ? signature.GetString() : null));
        }

        // Clients get what the provider sent, and never the stand-in.
        JsonElement answer = Carried.Answer(ProtocolId.OpenAI, ProtocolId.Gemini,
            Whole("""{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":""" +
            """{"name":"f","arguments":"{}"}}]}""")).Json;
        Assert.DoesNotContain("thoughtSignature", answer.GetRawText());
    }

    [Fact]
    [Trait("gotcha", "T267")]
    public void Every_function_of_OpenAI_is_a_tool_of_Anthropic_with_the_same_schema()
    {
        const string Schema =
            """{"type":"object","properties":{"a":{"type":"string","enum":["x","y"]},"b":{"$ref":"#/$defs/c"}},"required":["a"],"$defs":{"c":""" +
            """{"type":"number"}}}""";
        JsonElement tools = Carried.Request(ProtocolId.OpenAI, ProtocolId.Anthropic, $$$"""
            {"model":"m","messages":[{"role":"user","content":"hi"}],"tools":[
            {"type":"function","function":{"name":"one","description":"first","parameters":{{{Schema}}}}},
            {"type":"function","function":{"name":"two","description":"second","parameters":{"type":"object","properties":{} } } } ] }
            """).Json.GetProperty("tools");

        Assert.All(tools.EnumerateArray(), static tool => Assert.Equal(
            ["name", "description", "input_schema"], tool.EnumerateObject().Select(static member => member.Name)));
        Assert.Equal([("one", "first"), ("two", "second")], tools.EnumerateArray()
            .Select(static tool => (tool.GetProperty("name").GetString(), tool.GetProperty("description").GetString())));
        Assert.Equal(Schema, tools[0].GetProperty("input_schema").GetRawText());
    }

    [Fact]
    [Trait("gotcha", "T279")]
    public void A_response_that_ran_out_of_tokens_says_so_to_an_Anthropic_client_and_a_failed_one_is_an_error()
    {
        JsonElement cut = Carried.Answer(
            ProtocolId.Responses,
            ProtocolId.Anthropic,
            """{"object":"response","id":"r","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":""" +
                """[{"type":"message","id":"m","role":"assistant","status":"incomplete","content":""" +
                """[{"type":"output_text","text":"hi","annotations":[]}]}]}""").Json;
        Assert.Equal("max_tokens", cut.GetProperty("stop_reason").GetString());

        using ChatResponse failed = ChatResponse.Rent();
        Assert.True(ProtocolTable.Get(ProtocolId.Responses).ReadResponse(
            """{"object":"response","id":"r","status":"failed","error":{"code":"server_error","message":"no"},"output":[]}"""u8.ToArray(), failed));
        Assert.Equal("server_error", failed.Failure?.Error.Code);
    }

    [Fact]
    public void Cache_marks_stand_on_the_parts_of_a_Responses_request_where_the_model_takes_them()
    {
        const string Marked = """
            {"model":"m","max_tokens":9,"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}],"messages":[
            {"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"1h"}},{"type":"text","text":"b"}]},
            {"role":"assistant","content":[{"type":"text","text":"c","cache_control":{"type":"ephemeral"}}]},{"role":"user","content":"d"}]}
            """;
        Carried kept = Carried.Request(ProtocolId.Anthropic, ProtocolId.Responses, Marked,
            new() { WireModel = "gpt-5.6", Capabilities = ModelCapabilities.For(ProtocolId.Responses, "gpt-5.6") });
        JsonElement parts = kept.Json.GetProperty("input")[0].GetProperty("content");
        Assert.Equal("""{"mode":"explicit","ttl":"12h"}""", parts[0].GetProperty("prompt_cache_breakpoint").GetRawText());
        Assert.False(parts[1].TryGetProperty("prompt_cache_breakpoint", out _));
        Assert.DoesNotContain("breakpoint", kept.Json.GetProperty("input")[1].GetRawText());
        Assert.True(kept.Losses.Contains(LossField.CacheControl));

        Assert.DoesNotContain("breakpoint", Carried.Request(ProtocolId.Anthropic, ProtocolId.Responses, Marked).Json.GetRawText());
    }

    [Theory]
    [InlineData("gpt-5", "minimal", "minimal")]
    [InlineData("gpt-5.2", "minimal", "low")]
    [InlineData("gpt-5.2", "xhigh", "xhigh")]
    [InlineData("gpt-5.1", "xhigh", "high")]
    [InlineData("gpt-5.6", "max", "xhigh")]
    [InlineData("gpt-5", "max", "high")]
    public void An_effort_is_the_nearest_that_the_model_takes(string model, string asked, string sent)
    {
        var target = new EgressTarget { WireModel = model, Capabilities = ModelCapabilities.For(ProtocolId.OpenAI, model) };
        JsonElement request = Carried.Request(ProtocolId.Responses, ProtocolId.OpenAI,
            $$$"""{"model":"m","input":"hi","reasoning":{"effort":"{{{asked}}}"} }""", target).Json;

        Assert.Equal(sent, request.GetProperty("reasoning_effort").GetString());
    }

    [Fact]
    [Trait("gotcha", "T129")]
    public void A_small_budget_is_low_effort_even_where_a_lower_one_exists()
    {
        var target = new EgressTarget { WireModel = "gpt-5", Capabilities = ModelCapabilities.For(ProtocolId.OpenAI, "gpt-5") };
        JsonElement request = Carried.Request(
            ProtocolId.Gemini,
            ProtocolId.OpenAI,
            """{"contents":[{"parts":[{"text":"hi"}]}],"generationConfig":{"thinkingConfig":{"thinkingBudget":512}}}""",
            target).Json;

        Assert.Equal("low", request.GetProperty("reasoning_effort").GetString());
    }

    [Fact]
    public void A_blocked_prompt_says_the_same_to_a_Cohere_client_whole_and_streamed()
    {
        const string Blocked =
            """{"promptFeedback":{"blockReason":"SAFETY","blockReasonMessage":"Not """ +
            """this."},"usageMetadata":{"promptTokenCount":1,"totalTokenCount":1}}""";
        JsonElement whole = Carried.Answer(ProtocolId.Gemini, ProtocolId.Cohere, Blocked).Json;
        string stream = Carried.Stream(ProtocolId.Gemini, ProtocolId.Cohere, $"data: {Blocked}\n\n").Text;

        Assert.Equal("Not this.", whole.GetProperty("message").GetProperty("content")[0].GetProperty("text").GetString());
        JsonElement[] events = [.. stream.Split('\n').Where(static line => line.StartsWith("data: ", StringComparison.Ordinal))
            .Select(static line => JsonDocument.Parse(line[6..]).RootElement)];
        Assert.Equal(["message-start", "content-start", "content-delta", "content-end", "message-end"],
            events.Select(static data => data.GetProperty("type").GetString()));
        Assert.Equal("Not this.", events[2].GetProperty("delta").GetProperty("message").GetProperty("content").GetProperty("text").GetString());
        Assert.Equal(whole.GetProperty("finish_reason").GetString(), events[4].GetProperty("delta").GetProperty("finish_reason").GetString());
    }

    private static string Whole(string message, string usage = """{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}""") => $$"""
        {"id":"chatcmpl-x","object":"chat.completion","created":1,"model":"gpt-x","system_fingerprint":"fp_1",
        "choices":[{"index":0,"message":{{message}},"finish_reason":"stop"}],"usage":{{usage}}}
        """;

    private static string Message(string usage) => $$"""
        {"id":"msg_x","type":"message","role":"assistant","model":"claude","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{{usage}}}
        """;
}
