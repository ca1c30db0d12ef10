using System.Text.Json;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols;
using Busbar.Protocols.Translation.Models;
using Busbar.Tests.Matrix.Harness;

namespace Busbar.Tests.Matrix;

/// <summary>
/// What vendors refuse although their schemas allow it never reaches them. <see cref="Carried.Request"/> holds each body against
/// <see cref="VendorRules"/>.
/// </summary>
public sealed class VendorRuleTests
{
    private const string Tools = """ "tools":[{"type":"function","function":{"name":"ls","parameters":{"type":"object","properties":{} } } }] """;

    private static readonly string[] Spaces = ["", " ", "\\n\\t", "\\u00a0", "\u3000", "\u2003\u2028", "\ufeff", "\u200b"];

    public static TheoryData<string> Egresses => [.. Enum.GetValues<ProtocolId>().Select(static id => id.Name())];

    [Fact]
    public void The_rules_find_what_vendors_refuse()
    {
        foreach ((ProtocolId protocol, string body, string complaint) in new[]
        {
            (ProtocolId.Anthropic, """{"messages":[]}""", "messages is empty"),
            (ProtocolId.Anthropic, """{"messages":[{"role":"user","content":[{"type":"text","text":" "}]}]}""", "blank text"),
            (ProtocolId.Anthropic, """{"messages":[{"role":"user","content":"a"},{"role":"system","content":"b"},{"role":"user","content":"c"}]}""",
                "out of place"),
            (ProtocolId.Anthropic,
                """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"x.y","name":"f"}]},""" +
                """{"role":"user","content":"b"}]}""", "has no result"),
            (ProtocolId.OpenAI, """{"messages":[{"role":"user","content":"a"},{"role":"tool","tool_call_id":"1","content":"b"}]}""",
                "a result without a call"),
            (ProtocolId.OpenAI, """{"metadata":{},"messages":[{"role":"user","content":"a"}]}""", "metadata without store"),
            (ProtocolId.Responses,
                """{"input":[{"type":"function_call","call_id":"1"},{"type":"function_call","call_id":"1"},""" +
                """{"type":"function_call_output","call_id":"1"}]}""", "twice"),
            (ProtocolId.Gemini, """{"contents":[{"role":"model","parts":[{"functionCall":{}}]},{"role":"user","parts":[{"text":"a"}]}]}""",
                "0 results for 1 calls"),
            (ProtocolId.Bedrock, """{"messages":[{"role":"user","content":[{"toolResult":{"toolUseId":"1","content":[{"text":"\n"}]}}]}]}""",
                "blank text"),
            (ProtocolId.Cohere, """{"temperature":1.5,"messages":[{"role":"user","content":"a"}]}""", "temperature is out of range"),
        })
        {
            Assert.Contains(VendorRules.Broken(protocol, JsonDocument.Parse(body).RootElement, Hop.Target(protocol)),
                found => found.Contains(complaint, StringComparison.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Egresses))]
    public void An_id_that_a_history_gives_to_several_calls_becomes_one_for_each_and_the_same_in_every_turn(string to)
    {
        const string One =
            """{"role":"assistant","content":null,"tool_calls":[{"id":"functions.ls:0","type":"function","function":""" +
            """{"name":"ls","arguments":"{}"}}]},{"role":"tool","tool_call_id":"functions.ls:0","content":"out#"}""";
        const string Both =
            """{"role":"assistant","content":null,"tool_calls":[{"id":"x","type":"function","function":{"name":"ls","arguments":"{}"}},""" +
            """{"id":"x","type":"function","function":{"name":"ls","arguments":"{}"}}]},{"role":"tool","tool_call_id":"x","content":"left"},""" +
            """{"role":"tool","tool_call_id":"x","content":"right"}""";
        ProtocolId from = Id(to) == ProtocolId.OpenAI ? ProtocolId.Cohere : ProtocolId.OpenAI;
        string Body(int turns)
            => $$"""{"model":"m",{{Tools}},"messages":""" +
            $$"""[{"role":"user","content":"g""" +
            $$"""o"},{{string.Join(',', Enumerable.Range(0, turns).Select(turn => One.Replace("#", turn.ToString())))}},{{Both}}]}""";

        string[] three = Ids(Carried.Request(from, Id(to), Body(3)).Json, Id(to));
        string[] two = Ids(Carried.Request(from, Id(to), Body(2)).Json, Id(to));
        Assert.Equal(5, three.Distinct().Count());
        Assert.Equal(three[..2], two[..2]);
    }

    [Fact]
    public void The_same_answer_twice_to_one_call_goes_once_and_a_different_one_as_words()
    {
        const string Turn =
            """{"model":"m","messages":[{"role":"user","content":"go"},{"role":"assistant","content":null,"tool_calls":""" +
            """[{"id":"a","type":"function","function":{"name":"ls","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"one"},""" +
            """{"role":"tool","tool_call_id":"a","content":"#"}]}""";
        Carried same = Carried.Request(ProtocolId.OpenAI, ProtocolId.Anthropic, Turn.Replace("#", "one"));
        Assert.Single(same.Strings, "one");
        Assert.True(same.Losses.Contains(LossField.RepeatedToolResult));

        Carried other = Carried.Request(ProtocolId.OpenAI, ProtocolId.Anthropic, Turn.Replace("#", "two"));
        Assert.Equal(["tool_result", "text"], other.Json.GetProperty("messages")[2].GetProperty("content").EnumerateArray()
            .Select(static block => block.GetProperty("type").GetString()));
        Assert.True(other.Losses.Contains(LossField.OrphanToolResult));

        Carried resumed = Carried.Request(ProtocolId.Gemini, ProtocolId.OpenAI, """
            {"contents":[{"parts":[{"text":"go"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},
            {"parts":[{"functionResponse":{"name":"f","response":{"output":"one"}}}]},{"parts":[{"functionResponse":{"name":"f","response":{"output":"one"}}}]}]}
            """);
        Assert.Equal(["user", "assistant", "tool"], resumed.Json.GetProperty("messages").EnumerateArray()
            .Select(static turn => turn.GetProperty("role").GetString()));
        Assert.True(resumed.Losses.Contains(LossField.RepeatedToolResult));
    }

    [Fact]
    public void A_call_that_the_client_never_answered_is_answered_for_it()
    {
        foreach ((Protocol from, Protocol to) in Hop.Pairs.Where(static pair => pair.From.Id == ProtocolId.Anthropic))
        {
            Carried sent = Carried.Request(from.Id, to.Id, """
                {"model":"m","max_tokens":9,"messages":[{"role":"user","content":"go"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{}},{"type":"tool_use","id":"t2","name":"f","input":{}}]},
                {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"done"},{"type":"text","text":"stop"}]}]}
                """);
            Assert.Single(sent.Strings, static text => text.Contains("(no result)", StringComparison.Ordinal));
            Assert.True(sent.Losses.Contains(LossField.UnansweredCall));
        }
    }

    [Theory]
    [InlineData("deepseek-v4-pro", "hm")]
    [InlineData("kimi-k3", "hm")]
    [InlineData("mistral-large-latest", null)]
    [InlineData("gpt-4o", null)]
    public void Hosts_that_demand_their_reasoning_back_get_it_and_no_others(string model, string? expected)
    {
        var target = new EgressTarget { WireModel = model, Capabilities = ModelCapabilities.For(ProtocolId.OpenAI, model) };
        var context = new Busbar.Protocols.Translation.TranslationContext(ProtocolId.Anthropic, ProtocolId.OpenAI, target);
        JsonElement answer = Carried.Answer(
            ProtocolId.OpenAI,
            ProtocolId.Anthropic,
            """{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":""" +
                """null,"reasoning_content":"hm","tool_calls":[{"id":"call_1","type":"function","function":""" +
                """{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}""",
            context).Json;
        string id = answer.GetProperty("content").EnumerateArray().Last().GetProperty("id").GetString()!;
        string body =
            $$"""{"model":"m","max_tokens":9,"messages":""" +
            $$"""[{"role":"user","content":"go"},{"role":"assistant","content":{{answer.GetProperty("content").GetRawText()}}},{"role":"user","co""" +
            $$"""ntent":[{"type":"tool_result","tool_use_id":"{{id}}","content":"r"}]}]}""";

        JsonElement turn = Carried.Request(ProtocolId.Anthropic, ProtocolId.OpenAI, body, target).Json.GetProperty("messages")[1];
        Assert.Equal(expected, turn.TryGetProperty("reasoning_content", out JsonElement words) ? words.GetString() : null);
        Assert.Equal(model.StartsWith("mistral", StringComparison.Ordinal) ? 9 : id.Length,
            turn.GetProperty("tool_calls")[0].GetProperty("id").GetString()!.Length);
    }

    [Fact]
    public void Thinking_of_another_vendor_is_not_passed_off_as_the_hosts_own()
    {
        var target = new EgressTarget { WireModel = "deepseek-v4", Capabilities = ModelCapabilities.For(ProtocolId.OpenAI, "deepseek-v4") };
        JsonElement turn = Carried.Request(
            ProtocolId.Anthropic,
            ProtocolId.OpenAI,
            """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"go"},{"role":"assistant","content":""" +
                """[{"type":"thinking","thinking":"secret","signature":"c2ln"},{"type":"tool_use","id":"t1","name":"f","input":{}}]},""" +
                """{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"r"}]}]}""",
            target).Json.GetProperty("messages")[1];
        Assert.Equal("", turn.GetProperty("reasoning_content").GetString());
    }

    [Fact]
    public void Ids_of_an_answer_differ_from_each_other_and_from_those_of_the_history()
    {
        const string Call = """{"id":"ls:0","type":"function","function":{"name":"ls","arguments":"{}"}}""";
        const string Answer =
            $$"""{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":""" +
            $$"""null,"tool_calls":[{{Call}},{{Call}}]},"finish_reason":"tool_calls"}]}""";
        foreach ((Protocol client, _) in Hop.Pairs.Where(static pair => pair.To.Id == ProtocolId.OpenAI))
        {
            // Asked twice, two nodes say the same.
            string[][] seen = [.. Enumerable.Range(0, 2).Select(_ => Ids(Carried.Answer(ProtocolId.OpenAI, client.Id, Answer).Json, client.Id))];
            Assert.Equal(2, seen[0].Distinct().Count());
            Assert.Equal(seen[0], seen[1]);
        }

        string first = Ids(Carried.Answer(ProtocolId.OpenAI, ProtocolId.Anthropic, Answer).Json, ProtocolId.Anthropic)[0];
        Carried next = Carried.Request(ProtocolId.Anthropic, ProtocolId.OpenAI, $$"""
            {"model":"m","max_tokens":9,"messages":[{"role":"user","content":"go"},{"role":"assistant","content":[{"type":"tool_use","id":"{{first}}","name":"ls","input":{} }]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"{{first}}","content":"r"}]}]}
            """);
        Assert.DoesNotContain(first, Ids(Carried.Answer(ProtocolId.OpenAI, ProtocolId.Anthropic, Answer, next.Context).Json, ProtocolId.Anthropic));
    }

    [Theory]
    [MemberData(nameof(Egresses))]
    public void Blank_text_of_every_kind_never_leaves_a_request_without_words(string to)
    {
        ProtocolId from = Id(to) == ProtocolId.Anthropic ? ProtocolId.OpenAI : ProtocolId.Anthropic;
        foreach (string space in Spaces)
        {
            string body = from == ProtocolId.Anthropic
                ? $$"""{"model":"m","max_tokens":9,"system":[{"type":"text","text":"{{space}}"},{"type":"text","text":"rule"}],"messages":""" +
                    $$"""[{"role":"user","content":""" +
                    $$"""[{"type":"text","text":"{{space}}"},{"type":"text","text":"x"}]},{"role":"assistant","content":""" +
                    $$"""[{"type":"tool_use","id":"t","name":"f","input":{} }]},{"role":"user","content":""" +
                    $$"""[{"type":"tool_result","tool_use_id":"t","content":""" +
                    $$"""[{"type":"text","text":"{{space}}"}]}]},{"role":"assistant","content":"ok"},{"role":"user","content":"{{space}}"}]}"""
                : $$"""{"model":"m","messages":""" +
                    $$"""[{"role":"system","content":"{{space}}"},{"role":"system","content":"rule"},{"role":"user","content":"x"},{"role":"assis""" +
                    $$"""tant","content":"{{space}}","tool_calls":""" +
                    $$"""[{"id":"t","type":"function","function":{"name":"f","arguments":"{}"} }]},{"role":"tool","tool_call_id":"t","conten""" +
                    $$"""t":"{{space}}"},{"role":"assistant","content":"ok"},{"role":"user","content":"{{space}}"}]}""";
            Carried sent = Carried.Request(from, Id(to), body);
            Assert.Contains(sent.Strings, static text => text.EndsWith("rule", StringComparison.Ordinal));
            Assert.Contains(sent.Strings, static text => text == "x");
        }
    }

    [Theory]
    [InlineData("u,s,u", "user:hi go|system")]
    [InlineData("u,c,s,t", "user:hi|assistant|user|system")]
    [InlineData("u,a,s,u,a,u", "user:hi|assistant|user:go|system|assistant|user:go")]
    [InlineData("u,a,s,a,u", "user:hi|assistant|user|assistant|user:go")]
    [InlineData("u,s,s", "user:hi|system")]
    public void Instructions_in_mid_conversation_stand_where_Claude_takes_them(string turns, string expected)
    {
        var target = new EgressTarget { WireModel = "claude-opus-4-8", Capabilities =
            ModelCapabilities.For(ProtocolId.Anthropic, "claude-opus-4-8") };
        int users = 0;
        string messages = string.Join(',', turns.Split(',').Select(turn => turn switch
        {
            "s" => """{"role":"developer","content":"DEV"}""",
            "c" => """{"role":"assistant","content":null,"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{}"}}]}""",
            "t" => """{"role":"tool","tool_call_id":"t","content":"r"}""",
            "a" => """{"role":"assistant","content":"ok"}""",
            _ => $$"""{"role":"user","content":"{{(users++ == 0 ? "hi" : "go")}}"}""",
        }));
        Carried sent = Carried.Request(ProtocolId.OpenAI, ProtocolId.Anthropic, $$"""{"model":"m","messages":[{{messages}}]}""", target);

        string[] seen = [.. sent.Json.GetProperty("messages").EnumerateArray().Select(static turn => turn.GetProperty("role").GetString()!)];
        Assert.Equal(expected.Split('|').Select(static turn => turn.Split(':')[0]), seen);
        Assert.Contains("DEV", sent.Strings);
    }

    [Theory]
    [InlineData("I think \\n")]
    [InlineData("I think\\u00a0")]
    [InlineData("I think\u3000")]
    public void An_answer_that_the_client_began_does_not_end_in_white_space(string begun)
    {
        Carried sent = Carried.Request(ProtocolId.OpenAI, ProtocolId.Anthropic,
            $$"""{"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"{{begun}}"}]}""");
        Assert.Equal("I think", sent.Json.GetProperty("messages")[1].GetProperty("content")[0].GetProperty("text").GetString());
        Assert.True(sent.Losses.Contains(LossField.AssistantPrefill));
    }

    [Fact]
    public void Media_that_a_provider_does_not_take_leave_words_in_their_place()
    {
        const string Audio = """{"type":"input_audio","input_audio":{"data":"UklGRg==","format":"wav"} }""";
        foreach (ProtocolId to in new[] { ProtocolId.Anthropic, ProtocolId.Responses, ProtocolId.Cohere })
        {
            Carried sent = Carried.Request(ProtocolId.OpenAI, to, $$"""{"model":"m","messages":[{"role":"user","content":[{{Audio}}]}]}""");
            Assert.Contains("[An audio recording was attached here. It could not be passed on to this model.]", sent.Strings);
            Assert.True(sent.Losses.Contains(LossField.Audio));
        }

        Carried shown = Carried.Request(ProtocolId.Anthropic, ProtocolId.Cohere, """
            {"model":"m","max_tokens":9,"messages":[{"role":"user","content":"go"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}}]}]}]}
            """);
        Assert.Contains(shown.Strings, static text => text.Contains("An image was attached here", StringComparison.Ordinal));
        Assert.True(shown.Losses.Contains(LossField.ToolResultMedia));
    }

    [Fact]
    public void A_file_is_what_its_type_says_wherever_the_client_puts_it()
    {
        foreach (string url in new[] { "data:application/pdf;base64,JVBERi0=", "https://x.example/y.pdf?z=1" })
        {
            JsonElement part = Carried.Request(ProtocolId.OpenAI, ProtocolId.Anthropic,
                $$"""{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"{{url}}"} }]}]}""")
                .Json.GetProperty("messages")[0].GetProperty("content")[0];
            Assert.Equal("document", part.GetProperty("type").GetString());
        }

        foreach (string type in new[] { "text/x-python", "application/javascript", "application/x-sh", "application/yaml", "image-less/none+json" })
        {
            Carried code = Carried.Request(ProtocolId.OpenAI, ProtocolId.Anthropic,
                $$"""{"model":"m","messages":[{"role":"user","content":[{"type":"file","file":{"filename":"a","file_data":"data:{{type}};base64,""" +
                """cHJpbnQ="} }]}]}""");
            Assert.Contains("print", code.Strings);
        }
    }

    [Theory]
    [InlineData("openai.gpt-5.6-sol", 0)]
    [InlineData("anthropic.claude-sonnet-4-6", 1)]
    public void Pictures_stand_beside_a_result_for_models_that_refuse_them_in_it(string model, int inside)
    {
        var target = new EgressTarget { WireModel = model, Capabilities = ModelCapabilities.For(ProtocolId.Bedrock, model) };
        JsonElement turn = Carried.Request(
            ProtocolId.Anthropic,
            ProtocolId.Bedrock,
            """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"go"},{"role":"assistant","content":""" +
                """[{"type":"tool_use","id":"t","name":"f","input":{}}]},{"role":"user","content":""" +
                """[{"type":"tool_result","tool_use_id":"t","content":[{"type":"image","source":{"type":"base64","media_type":"image/""" +
                """png","data":"AA=="}}]}]}]}""",
            target).Json.GetProperty("messages")[2];
        Assert.Equal(inside, turn.GetProperty("content")[0].GetProperty("toolResult").GetProperty("content").EnumerateArray()
            .Count(static part => part.TryGetProperty("image", out _)));
        Assert.Equal(1 - inside, turn.GetProperty("content").EnumerateArray().Count(static part => part.TryGetProperty("image", out _)));
    }

    [Theory]
    [InlineData("ann@mail.example", true)]
    [InlineData("+49 (170) 123-4567", true)]
    [InlineData("user-17", false)]
    [InlineData("0f8fad5b-d9cb-469f-a165-708677289501", false)]
    public void A_user_whose_name_the_vendor_refuses_is_one_user_under_another_name(string user, bool isHashed)
    {
        const ProtocolId to = ProtocolId.Anthropic;
        string Sent(string key)
        {
            var target = new EgressTarget { WireModel = "claude-sonnet-4-5", Capabilities = ModelCapabilities.For(to, "claude-sonnet-4-5"), UserKey =
                System.Text.Encoding.UTF8.GetBytes(key) };
            return Carried.Request(ProtocolId.OpenAI, to, $$"""{"model":"m","user":"{{user}}","messages":[{"role":"user","content":"x"}]}""", target)
                .Json.GetProperty("metadata").GetProperty("user_id").GetString()!;
        }

        Assert.Equal(!isHashed, Sent("k") == user);
        Assert.Equal(Sent("k"), Sent("k"));
        Assert.Equal(isHashed, Sent("k") != Sent("other"));
    }

    [Fact]
    public void A_users_name_of_more_than_64_characters_is_hashed_for_OpenAI_and_left_out_where_the_operator_says_so()
    {
        string body =
            $$"""{"model":"m","max_tokens":9,"metadata":{"user_id":"{{new string('a', 130)}}"},"messages":[{"role":"user","content":"x"}]}""";
        foreach (ProtocolId to in new[] { ProtocolId.OpenAI, ProtocolId.Responses })
        {
            Carried sent = Carried.Request(ProtocolId.Anthropic, to, body);
            Assert.Equal(43, sent.Json.GetProperty("user").GetString()!.Length);
            Assert.True(sent.Losses.Contains(LossField.User));

            var silent = new EgressTarget { WireModel = "gpt-4o", Capabilities = Capabilities.Default with { UserIds = false } };
            Assert.False(Carried.Request(ProtocolId.Anthropic, to, body, silent).Json.TryGetProperty("user", out _));
        }
    }

    [Fact]
    public void Keywords_that_Claudes_decoder_refuses_become_words_of_the_description()
    {
        Carried sent = Carried.Request(ProtocolId.OpenAI, ProtocolId.Anthropic, """
            {"model":"m","messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","required":["age"],"properties":{
            "age":{"type":"integer","description":"In years.","minimum":1,"maximum":9},"minimum":{"type":"string","format":"phone"},"list":{"type":"array","items":{"oneOf":[{"type":"string","maxLength":3},{"type":"null"}]},"minItems":1,"maxItems":4}}}}}}
            """);
        JsonElement properties = sent.Json.GetProperty("output_config").GetProperty("format").GetProperty("schema").GetProperty("properties");
        Assert.Equal("In years.\n\n{minimum: 1, maximum: 9}", properties.GetProperty("age").GetProperty("description").GetString());
        Assert.Equal("{format: \"phone\"}", properties.GetProperty("minimum").GetProperty("description").GetString());
        Assert.Equal("{maxItems: 4}", properties.GetProperty("list").GetProperty("description").GetString());
        Assert.Equal(1, properties.GetProperty("list").GetProperty("minItems").GetInt32());
        Assert.True(sent.Losses.Contains(LossField.Schema));
    }

    [Fact]
    public void Enumerations_of_Geminis_own_schemas_hold_text_only_and_tell_other_values_in_words()
    {
        var target = new EgressTarget { WireModel = "gemini-2.0-flash", Capabilities = Capabilities.Default with { JsonSchemaFields = false } };
        Carried sent = Carried.Request(ProtocolId.Anthropic, ProtocolId.Gemini, """
            {"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}],"tools":[{"name":"t","input_schema":{"type":"object","properties":{
            "mode":{"enum":["","eq",null]},"level":{"description":"How high.","enum":[1,2]},"ratio":{"enum":[0.5,1]},"mixed":{"enum":["a",1]},"flag":{"const":true},"none":{"enum":[""]}}}}]}
            """, target);
        JsonElement properties = sent.Json.GetProperty("tools")[0].GetProperty("functionDeclarations")[0].GetProperty("parameters")
            .GetProperty("properties");
        Assert.Equal(["STRING eq True", "INTEGER How high.\nOne of: 1, 2", "NUMBER One of: 0.5, 1", "STRING One of: \"a\", 1", "BOOLEAN One of: true",
            "STRING"], properties.EnumerateObject().Select(static property => string.Join(
            ' ',
            new[] { "type", "enum", "nullable", "description" }.Where(name => property.Value.TryGetProperty(name, out _))
                .Select(name => property.Value.GetProperty(name) is { ValueKind: JsonValueKind.Array } values
                ? string.Join(',', values.EnumerateArray()) : property.Value.GetProperty(name).ToString()))));
        Assert.True(sent.Losses.Contains(LossField.Schema));
    }

    [Fact]
    public void Search_beside_functions_says_so_to_Gemini()
    {
        EgressTarget target = Hop.Targets(ProtocolId.Gemini).Last();
        const string Body =
            """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}],"tools":""" +
            """[{"type":"web_search_20250305","name":"web_search"}#]}""";
        Assert.True(Carried.Request(ProtocolId.Anthropic, ProtocolId.Gemini, Body.Replace("#", """,{"name":"f","input_schema":{"type":"object"}}"""),
            target).Json.GetProperty("toolConfig").GetProperty("includeServerSideToolInvocations").GetBoolean());
        Assert.False(Carried.Request(ProtocolId.Anthropic, ProtocolId.Gemini, Body.Replace("#", ""), target)
            .Json.TryGetProperty("toolConfig", out _));
    }

    [Fact]
    public void Cache_marks_on_messages_and_tools_of_Chat_Completions_arrive_at_Claude()
    {
        JsonElement sent = Carried.Request(ProtocolId.OpenAI, ProtocolId.Anthropic, """
            {"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"a","content":"r","cache_control":{"type":"ephemeral"}}],"tools":[{"type":"function","function":{"name":"f"},"cache_control":{"type":"ephemeral","ttl":"1h"}}]}
            """).Json;
        Assert.Equal("ephemeral", sent.GetProperty("messages")[2].GetProperty("content")[0].GetProperty("cache_control").GetProperty("type")
            .GetString());
        Assert.Equal("1h", sent.GetProperty("tools")[0].GetProperty("cache_control").GetProperty("ttl").GetString());
    }

    [Theory]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"reasoning_effort":"high"}""", "openai", false)]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"reasoning_effort":"ultra"}""", "openai", false)]
    [InlineData("""{"model":"m","input":"x","reasoning":{"effort":"high","summary":"auto"}}""", "responses", true)]
    [InlineData("""{"model":"m","max_tokens":9000,"messages":[{"role":"user","content":"x"}],"thinking":{"type":"adaptive","display":"updates"}}""",
        "anthropic", true)]
    public void Thoughts_are_asked_for_only_where_the_client_wants_to_see_them(string body, string from, bool isWanted)
    {
        foreach (EgressTarget target in Hop.Targets(ProtocolId.Gemini))
        {
            JsonElement thinking = Carried.Request(Id(from), ProtocolId.Gemini, body, target).Json.GetProperty("generationConfig")
                .GetProperty("thinkingConfig");
            Assert.Equal(isWanted, thinking.GetProperty("includeThoughts").GetBoolean());
        }
    }

    [Fact]
    public void An_effort_that_nobody_knows_is_counted()
    {
        Assert.True(Carried.Request(ProtocolId.OpenAI, ProtocolId.Anthropic,
            """{"model":"m","reasoning_effort":"galactic","messages":[{"role":"user","content":"x"}]}""").Losses.Contains(LossField.Reasoning));
        Assert.Equal("high", Carried.Request(ProtocolId.Anthropic, ProtocolId.OpenAI,
            """{"model":"m","max_tokens":9,"output_config":{"effort":"ultra"},"messages":[{"role":"user","content":"x"}]}""",
        new() { WireModel = "gpt-5", Capabilities = ModelCapabilities.For(ProtocolId.OpenAI, "gpt-5") }).Json.GetProperty("reasoning_effort")
            .GetString());
    }

    [Fact]
    public void A_limit_above_what_the_model_writes_is_lowered_to_that()
    {
        Carried sent = Carried.Request(ProtocolId.Anthropic, ProtocolId.OpenAI,
            """{"model":"m","max_tokens":128000,"messages":[{"role":"user","content":"x"}]}""",
        new() { WireModel = "gpt-4o", Capabilities = Capabilities.Default, MaxOutputTokens = 16384 });
        Assert.Equal(16384, sent.Json.GetProperty("max_tokens").GetInt32());
        Assert.True(sent.Losses.Contains(LossField.MaxTokens));
    }

    [Fact]
    public void An_empty_member_of_a_union_is_absent()
    {
        JsonElement chat = Carried.Request(ProtocolId.OpenAI, ProtocolId.Anthropic, """
            {"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"","function_call":{"name":"","arguments":""},"tool_calls":[{"id":"","type":"function","function":{"name":"f","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"","content":"r"}],"tools":[{"type":"function","function":{"name":"f"},"custom":{"name":""}}]}
            """).Json;
        Assert.Equal("f", Assert.Single(chat.GetProperty("messages")[1].GetProperty("content").EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal("f", Assert.Single(chat.GetProperty("tools").EnumerateArray()).GetProperty("name").GetString());

        JsonElement gemini = Carried.Request(ProtocolId.Gemini, ProtocolId.OpenAI, """
            {"contents":[{"parts":[{"text":"go"}]},{"role":"model","parts":[{"text":"","functionCall":{"name":"f","args":{}}}]},{"parts":[{"text":"","functionResponse":{"name":"f","response":{"a":1}}}]}]}
            """).Json;
        Assert.Equal(["user", "assistant", "tool"], gemini.GetProperty("messages").EnumerateArray()
            .Select(static turn => turn.GetProperty("role").GetString()));

        JsonElement bedrock = Carried.Request(ProtocolId.Bedrock, ProtocolId.OpenAI, """
            {"messages":[{"role":"user","content":[{"text":"go","image":null}]},{"role":"assistant","content":[{"text":"","toolUse":{"toolUseId":"t","name":"f","input":{}}}]},
            {"role":"user","content":[{"text":null,"toolResult":{"toolUseId":"t","content":[{"text":"r"}]}}]}]}
            """).Json;
        Assert.Equal(["user", "assistant", "tool"], bedrock.GetProperty("messages").EnumerateArray()
            .Select(static turn => turn.GetProperty("role").GetString()));
    }

    private static ProtocolId Id(string name)
    {
        Assert.True(ProtocolNames.TryParse(name, out ProtocolId id));
        return id;
    }

    // Ids of calls, in order.
    private static string[] Ids(JsonElement body, ProtocolId protocol)
    {
        string holder = protocol switch
        {
            ProtocolId.Anthropic => "tool_use",
            ProtocolId.Gemini => "functionCall",
            ProtocolId.Bedrock => "toolUse",
            ProtocolId.Responses => "function_call",
            _ => "function",
        };
        return [.. Find(body)];

        IEnumerable<string> Find(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.Array => value.EnumerateArray().SelectMany(Find),
            JsonValueKind.Object when value.TryGetProperty("type", out JsonElement type) && type.ValueKind == JsonValueKind.String
                && type.GetString() == holder && (value.TryGetProperty("call_id", out JsonElement id) || value.TryGetProperty("id", out id))
                => [id.GetString()!],
            JsonValueKind.Object when value.TryGetProperty(holder, out JsonElement call) && call.ValueKind == JsonValueKind.Object
                && (call.TryGetProperty("toolUseId", out JsonElement id) || call.TryGetProperty("id", out id)) => [id.GetString()!],
            JsonValueKind.Object => value.EnumerateObject().SelectMany(static member => new[] { member.Value }).SelectMany(Find),
            _ => [],
        };
    }
}
