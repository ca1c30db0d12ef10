using System.Text.Json.Nodes;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Bedrock;
using Busbar.Protocols.Bedrock.Content;
using static Busbar.Tests.Protocols.Bedrock.Converse;

namespace Busbar.Tests.Protocols.Bedrock;

public sealed class RequestTests
{
    private const string Hello = """ "messages":[{"role":"user","content":[{"text":"Hi"}]}] """;

    private const string OpenAIHello = """ "model":"m","messages":[{"role":"user","content":"Hi"}] """;

    private const string OpenAITools = """ "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}] """;

    [Fact, Trait("gotcha", "T259")]
    public void The_path_carries_the_model_encoded_and_the_wish_to_stream()
    {
        Assert.Equal("/model/us.anthropic.claude-v1%3A0/converse", BedrockProtocol.Instance.EgressPath("us.anthropic.claude-v1:0", stream: false));
        Assert.Equal(
            "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fx/converse-stream",
            BedrockProtocol.Instance.EgressPath("arn:aws:bedrock:us-east-1:1:inference-profile/x", stream: true));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"messages":"SECRET"}""")]
    [InlineData("""{"messages":[{"role":"SECRET","content":[]}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":"SECRET"}]}""")]
    [InlineData("""{"messages":[{"role":"assistant","content":[{"toolUse":{"name":"SECRET"}}]}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":[{"toolResult":{"content":[{"text":"SECRET"}]}}]}]}""")]
    public void A_malformed_request_is_refused_without_repeating_it(string body)
    {
        using ChatRequest request = ChatRequest.Rent();
        GatewayError fault = TryRead(System.Text.Encoding.UTF8.GetBytes(body), request)!;
        Assert.Equal(ErrorKind.InvalidRequest, fault.Kind);
        Assert.DoesNotContain("SECRET", fault.Message);
    }

    [Fact]
    public void Model_and_streaming_come_from_the_path()
    {
        using ChatRequest request = ChatRequest.Rent();
        BedrockProtocol.Instance.ReadRequest("""{"messages":[]}"""u8.ToArray(), Busbar.Wire.Json.JsonText.From("m"), true, request);
        Assert.True(request.Stream && request.Model.Is("m"u8));
        Assert.DoesNotContain(Parse(Write(request, out _)), member => member.Key is "model" or "stream");
    }

    [Theory, Trait("gotcha", "T212"), Trait("gotcha", "T214"), Trait("gotcha", "T215")]
    [InlineData("""[{"cachePoint":{"type":"default"}},{"text":"a"},{"cachePoint":{"type":"default","ttl":"1h"}},{"cachePoint":""" +
        """{"type":"default"}},{"text":"b"}]""")]
    [InlineData("""[{"guardContent":{"text":{"text":"g","qualifiers":["query"]}}},{"text":"a"},{"guardContent":{"image":{"format":"png","source":""" +
        """{"bytes":"AAAA"}}}}]""")]
    [InlineData("""[{"toolResult":{"toolUseId":"t","content":[{"json":{"a":[1.0]}},{"text":"x"},{"searchResult":""" +
        """{"source":"s","title":"t","content":[{"text":"w"}]}}]}}]""")]
    [InlineData("""[{"video":{"format":"mpg","source":{"s3Location":{"uri":"s3://b/k","bucketOwner":"1"}}}},{"audio":{"format":"mp3","source":""" +
        """{"bytes":"AAAA"}}}]""")]
    [InlineData("""[{"document":{"format":"md","name":"n","source":{"bytes":"SGk="},"context":"c","citations":{"enabled":true}}},{"newThing":""" +
        """{"x":1},"other":2}]""")]
    [InlineData("""[{"image":{"format":"jpeg","source":{"bytes":"AAAA"}},"new":1},{"text":"a","type":"text"},{"toolAddition":{"tool":""" +
        """{"name":"f","serverName":"s"}}}]""")]
    [InlineData("""[{"reasoningContent":{"reasoningText":{"text":"","signature":"s"}}},{"reasoningContent":{"redactedContent":"RXRrRUNrZ0k="}},""" +
        """{"reasoningContent":{"redactedContent":"AAEC"}}]""")]
    [InlineData("""[{"toolUse":{"toolUseId":"a.b:c","name":"f","input":{"x":1e2}}},{"toolUse":{"toolUseId":"u","name":"web","input":""" +
        """{},"type":"server_tool_use"}}]""")]
    public void Content_of_every_kind_comes_back_as_it_was(string content)
    {
        string body = $$"""{"messages":[{"role":"user","content":{{content}}}]}""";
        Assert.Equal(JsonNode.Parse(body)!.ToJsonString(), Rewrite(body).ToJsonString());
    }

    [Theory, Trait("gotcha", "T220"), Trait("gotcha", "T221"), Trait("gotcha", "T2")]
    [InlineData(""" "inferenceConfig":{"maxTokens":5,"temperature":0.70,"newKnob":[1]} """)]
    [InlineData(""" "additionalModelRequestFields":{"topK":7,"anthropic_beta":["x"]} """)]
    [InlineData(""" "additionalModelRequestFields":{"reasoning_config":{"type":"enabled","budget_tokens":1024}},"outputConfig":{"effort":"high"} """)]
    [InlineData(""" "additionalModelRequestFields":{"output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}}} """)]
    [InlineData(""" "toolConfig":{"tools":[{"cachePoint":{"type":"default"}},{"toolSpec":{"name":"f","inputSchema":{"json":{}},"strict":false}},""" +
        """{"cachePoint":{"type":"default"}},{"systemTool":{"name":"s"}}],"toolChoice":{"tool":{"name":"f"}}} """)]
    [InlineData(""" "toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{}}}}],"toolChoice":{"newChoice":{}},"newMember":1} """)]
    [InlineData(""" "guardrailConfig":{"guardrailIdentifier":"g"},"performanceConfig":{"latency":"optimized"},"requestMetadata":""" +
        """{"a":"b"},"serviceTier":{"type":"flex"},"promptVariables":{"a":{"text":"b"}} """)]
    public void Fields_of_every_kind_come_back_as_they_were(string fields)
    {
        JsonObject expected = Parse(System.Text.Encoding.UTF8.GetBytes($$"""{ {{Hello}}, {{fields}} }"""));
        JsonObject written = Rewrite(expected.ToJsonString());
        Assert.True(JsonNode.DeepEquals(expected, written), written.ToJsonString());
        Assert.Contains(fields.Contains("0.70") ? "0.70" : "{",
            System.Text.Encoding.UTF8.GetString(Write(Read($$"""{ {{Hello}}, {{fields}} }"""), out _)));
    }

    [Fact]
    public void What_a_request_says_reaches_the_representation()
    {
        using ChatRequest request = Read($$$"""
            { {{{Hello}}}, "inferenceConfig":{"maxTokens":9,"topP":0.5,"stopSequences":["","x"]},
              "additionalModelRequestFields":{"top_k":4,"thinking":{"type":"enabled","budget_tokens":2000},"tool_choice":{"disable_parallel_tool_use":true}},
              "outputConfig":{"effort":"low","textFormat":{"type":"json_schema","structure":{"jsonSchema":{"schema":"{\"type\":\"object\"}","name":"n"} } } },
              "toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{} } } }],"toolChoice":{"any":{} } },
              "requestMetadata":{"k":"v"},"serviceTier":{"type":"priority"} }
            """);
        Assert.Equal((9L, 4L, 2000L), (request.MaxTokens, request.TopK, request.Reasoning.Budget));
        Assert.Equal((ReasoningMode.Budget, ReasoningEffort.Low, false),
            (request.Reasoning.Mode, request.Reasoning.Effort, request.ParallelToolCalls));
        Assert.Equal("x", Assert.Single(request.Stop).ToString());
        Assert.Equal(("""{"type":"object"}""", "n"), (request.ResponseFormat.Schema.ToString(), request.ResponseFormat.Name.ToString()));
        Assert.Equal((ToolChoiceKind.Required, "priority"), (request.ToolChoice.Kind, request.ServiceTier.ToString()));
        Assert.False(request.Metadata.IsNull);
    }

    [Fact]
    public void A_schema_in_the_spelling_of_Claude_is_the_form_of_the_answer()
    {
        using ChatRequest request =
            Read($$$"""{ {{{Hello}}}, "additionalModelRequestFields":{"output_config":{"format":{"type":"json_schema","schema":{"type":"objec""" +
            """t"} } } } }""");
        Assert.Equal((true, """{"type":"object"}"""), (request.ResponseFormat.Json, request.ResponseFormat.Schema.ToString()));
    }

    [Fact, Trait("gotcha", "T285")]
    public void What_content_says_reaches_the_representation()
    {
        using ChatRequest request = Read("""
            {"messages":[{"role":"user","content":[
              {"toolResult":{"toolUseId":"t","status":"error","content":[{"json":{"a":1}}]}},
              {"document":{"format":"txt","name":"n","source":{"bytes":"SGkiCg=="}}},
              {"guardContent":{"text":{"text":"q"}}},
              {"image":{"format":"webp","source":{"s3Location":{"uri":"s3://b/k"}}}}]},
             {"role":"assistant","content":[{"citationsContent":{"content":[{"text":"a"},{"text":"b"}],
               "citations":[{"title":"T","location":{"documentPage":{"documentIndex":1,"start":2,"end":3}}}]}}]},
             {"role":"system","content":[{"text":"s"},{"toolRemoval":{"tool":{"name":"f"}}}]}]}
            """);
        List<Block> user = request.Messages[0].Blocks;
        Assert.True(user[0].IsError && user[0].Children![0].Kind == BlockKind.Json);
        Assert.Equal((MediaSource.Text, "Hi\"\n"), (user[1].Source, user[1].Text.ToString()));
        Assert.Equal((BlockKind.Text, "q"), (user[2].Kind, user[2].Text.ToString()));
        Assert.Equal((MediaSource.Vendor, ProtocolId.Bedrock, "image/webp"), (user[3].Source, user[3].Origin, user[3].MediaType.ToString()));
        Block cited = request.Messages[1].Blocks[0];
        Assert.Equal(("ab", CitationKind.DocumentPages, 2L), (cited.Text.ToString(), cited.Citations![0].Kind, cited.Citations[0].SourceStart));
        Assert.Equal((Role.System, BlockKind.ToolChange), (request.Messages[2].Role, request.Messages[2].Blocks[1].Kind));
    }

    [Theory, Trait("gotcha", "T216")]
    [InlineData("image/jpg", "jpeg", false)]
    [InlineData("image/jpeg", "jpeg", false)]
    [InlineData("image/webp", "webp", false)]
    [InlineData("image/tiff", "png", true)]
    public void Image_types_become_formats(string type, string format, bool isLoss)
    {
        JsonObject written = Translate(ProtocolId.OpenAI, $$$"""
            {"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"data:{{{type}}};base64,AAAA"}}]}]}
            """, out Losses losses);
        JsonNode image = written["messages"]![0]!["content"]![1]!["image"]!;
        Assert.Equal((format, "AAAA"), ((string?)image["format"], (string?)image["source"]!["bytes"]));
        Assert.Equal(isLoss, losses.Contains(LossField.Image));
    }

    [Fact, Trait("gotcha", "T217"), Trait("gotcha", "T282")]
    public void An_image_at_an_address_is_left_out_and_the_turn_keeps_words()
    {
        JsonObject written = Translate(ProtocolId.OpenAI,
            """{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}]}]}""",
            out Losses losses);
        Assert.True(losses.Contains(LossField.Image));
        Assert.DoesNotContain("example.com", written.ToJsonString());
        Assert.NotEqual("", (string?)Assert.Single(written["messages"]![0]!["content"]!.AsArray())!["text"]);
    }

    [Fact, Trait("gotcha", "T69")]
    public void A_document_gets_a_legal_name_of_its_own_and_words_beside_it()
    {
        const string Pdf =
            """{"type":"document","title":"My  file_v1.2?.pdf","source":{"type":"base64","media_type":"application/pdf","data":"AAAA"}}""";
        JsonObject written = Translate(ProtocolId.Anthropic,
            $$"""{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{{Pdf}},{{Pdf}}]}]}""", out _);
        JsonArray content = written["messages"]![0]!["content"]!.AsArray();
        string[] names = [.. content.Take(2).Select(block => (string)block!["document"]!["name"]!)];
        Assert.Equal(["My file-v1-2-pdf", "My file-v1-2-pdf (2)"], names);
        Assert.Equal("pdf", (string?)content[0]!["document"]!["format"]);
        Assert.NotEqual("", (string?)content[2]!["text"]);
    }

    [Fact]
    public void A_text_document_is_text_for_claude_and_bytes_for_others()
    {
        const string Body =
            """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","media_type":"text/""" +
            """plain","data":"a\"b"}},{"type":"text","text":"x"}]}]}""";
        JsonNode document = Translate(ProtocolId.Anthropic, Body, out _)["messages"]![0]!["content"]![0]!["document"]!;
        Assert.Equal(("a\"b", "txt"), ((string?)document["source"]!["text"], (string?)document["format"]));
        document = Translate(ProtocolId.Anthropic, Body, out _, "amazon.nova-pro-v1:0")["messages"]![0]!["content"]![0]!["document"]!;
        Assert.Equal("YSJi", (string?)document["source"]!["bytes"]);
    }

    [Fact, Trait("gotcha", "T213"), Trait("gotcha", "T19")]
    public void Cache_marks_follow_their_block_where_the_model_has_a_cache()
    {
        const string Body = """
            {"model":"m","max_tokens":9,"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral","ttl":"1h"}}],
             "tools":[{"name":"f","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral"}}],
             "messages":[{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"5m"}},{"type":"text","text":"b"}]}]}
            """;
        JsonObject written = Translate(ProtocolId.Anthropic, Body, out _);
        Assert.Equal("""[{"text":"s"},{"cachePoint":{"type":"default","ttl":"1h"}}]""", written["system"]!.ToJsonString());
        Assert.Equal("""[{"text":"a"},{"cachePoint":{"type":"default","ttl":"5m"}},{"text":"b"}]""",
            written["messages"]![0]!["content"]!.ToJsonString());
        Assert.Equal("""{"cachePoint":{"type":"default"}}""", written["toolConfig"]!["tools"]![1]!.ToJsonString());
        Assert.DoesNotContain("cachePoint", Translate(ProtocolId.Anthropic, Body, out Losses losses, "meta.llama3-70b-instruct-v1:0").ToJsonString());
        Assert.True(losses.Contains(LossField.CacheControl));
    }

    [Fact]
    public void A_mark_for_the_whole_request_stands_behind_its_last_block()
    {
        JsonObject written = Translate(ProtocolId.Anthropic,
            """{"model":"m","max_tokens":9,"cache_control":{"type":"ephemeral"},"messages":[{"role":"user","content":"a"}]}""", out _);
        Assert.Equal("""[{"text":"a"},{"cachePoint":{"type":"default"}}]""", written["messages"]![0]!["content"]!.ToJsonString());
    }

    [Fact, Trait("gotcha", "T218")]
    public void Turns_of_one_speaker_are_joined_and_words_after_results_stay()
    {
        JsonObject written = Translate(ProtocolId.OpenAI, """
            {"model":"m","messages":[{"role":"user","content":"a"},{"role":"user","content":"b"},
             {"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{bad"}},{"id":"c2","type":"function","function":{"name":"f","arguments":"[1]"}}]},
             {"role":"tool","tool_call_id":"c1","content":""},{"role":"tool","tool_call_id":"c2","content":"r"},{"role":"user","content":"c"}]}
            """, out _);
        Assert.Equal(["user", "assistant", "user"], written["messages"]!.AsArray().Select(message => (string)message!["role"]!));
        Assert.All(written["messages"]![1]!["content"]!.AsArray(), block => Assert.IsType<JsonObject>(block!["toolUse"]!["input"]));
        JsonArray last = written["messages"]![2]!["content"]!.AsArray();
        Assert.Equal(["toolResult", "toolResult", "text"], last.Select(block => block!.AsObject().First().Key));
        Assert.NotEqual("", (string?)last[0]!["toolResult"]!["content"]![0]!["text"]);
    }

    [Fact, Trait("gotcha", "T228")]
    public void Calls_in_the_history_without_tools_get_stand_ins_of_the_same_names()
    {
        JsonObject written = Translate(ProtocolId.Anthropic, """
            {"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a"},
             {"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{}},{"type":"tool_use","id":"t2","name":"f","input":{}},{"type":"tool_use","id":"t3","name":"g","input":{}}]},
             {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1"},{"type":"tool_result","tool_use_id":"t2"},{"type":"tool_result","tool_use_id":"t3"}]}]}
            """, out _);
        Assert.Equal(["f", "g"], written["toolConfig"]!["tools"]!.AsArray().Select(tool => (string)tool!["toolSpec"]!["name"]!));
        Assert.Equal("""{"json":{"type":"object","properties":{}}}""",
            written["toolConfig"]!["tools"]![0]!["toolSpec"]!["inputSchema"]!.ToJsonString());
        Assert.Null(written["toolConfig"]!["toolChoice"]);
    }

    [Fact, Trait("gotcha", "T219"), Trait("gotcha", "T15")]
    public void A_choice_without_tools_and_tools_that_may_not_be_called_leave_no_tool_config()
    {
        Assert.Null(Translate(ProtocolId.OpenAI, $$"""{ {{OpenAIHello}}, "tool_choice":"required" }""", out _)["toolConfig"]);
        Assert.Null(Translate(ProtocolId.OpenAI, $$"""{ {{OpenAIHello}}, {{OpenAITools}}, "tool_choice":"none" }""", out _)["toolConfig"]);
        JsonObject written = Translate(ProtocolId.OpenAI, $$"""
            {"model":"m", {{OpenAITools}}, "tool_choice":"none","messages":[{"role":"user","content":"a"},
             {"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"} }]},{"role":"tool","tool_call_id":"c1","content":"r"}]}
            """, out Losses losses);
        Assert.True(losses.Contains(LossField.ToolChoice));
        Assert.Null(written["toolConfig"]!["toolChoice"]);
        Assert.Single(written["toolConfig"]!["tools"]!.AsArray());
    }

    [Theory]
    [InlineData("\"auto\"", """{"auto":{}}""")]
    [InlineData("\"required\"", """{"any":{}}""")]
    [InlineData("""{"type":"function","function":{"name":"f"}}""", """{"tool":{"name":"f"}}""")]
    public void Tool_choices_have_their_own_union(string choice, string expected) => Assert.Equal(
        expected, Translate(ProtocolId.OpenAI, $$"""{ {{OpenAIHello}}, {{OpenAITools}}, "tool_choice":{{choice}} }""", out _)["toolConfig"]![
            "toolChoice"]!.ToJsonString());

    [Fact]
    public void Parallel_calls_are_forbidden_in_claudes_own_words()
    {
        JsonObject written =
            Translate(ProtocolId.OpenAI, $$"""{ {{OpenAIHello}}, {{OpenAITools}}, "tool_choice":"required","parallel_tool_calls":false }""", out _);
        Assert.Equal("""{"type":"any","disable_parallel_tool_use":true}""", written["additionalModelRequestFields"]!["tool_choice"]!.ToJsonString());
        Assert.Null(written["toolConfig"]!["toolChoice"]);
        written = Translate(ProtocolId.OpenAI, $$"""{ {{OpenAIHello}}, {{OpenAITools}}, "parallel_tool_calls":false }""", out Losses losses,
            "amazon.nova-pro-v1:0");
        Assert.Null(written["additionalModelRequestFields"]);
        Assert.True(losses.Contains(LossField.ParallelToolCalls));
    }

    [Fact, Trait("gotcha", "T52"), Trait("gotcha", "T266")]
    public void Tools_always_have_a_schema_and_a_legal_name_and_never_an_empty_description()
    {
        JsonNode spec =
            Translate(ProtocolId.OpenAI, $$$"""{ {{{OpenAIHello}}}, "tools":[{"type":"function","function":{"name":"a.b","description":""} }] }""",
            out _)["toolConfig"]!["tools"]![0]!["toolSpec"]!;
        Assert.Equal("""{"json":{"type":"object","properties":{}}}""", spec["inputSchema"]!.ToJsonString());
        Assert.Matches("^[a-zA-Z0-9_-]{1,64}$", (string?)spec["name"]);
        Assert.Null(spec["description"]);
    }

    [Theory, Trait("gotcha", "T220"), Trait("gotcha", "T283")]
    [InlineData(Claude, """{"top_k":5}""")]
    [InlineData("mistral.mixtral-8x7b-instruct-v0:1", """{"top_k":5}""")]
    [InlineData("us.amazon.nova-lite-v1:0", """{"inferenceConfig":{"topK":5}}""")]
    [InlineData("meta.llama3-70b-instruct-v1:0", null)]
    public void Top_k_is_spelt_as_the_model_knows_it(string model, string? expected)
    {
        JsonObject written = Translate(ProtocolId.Anthropic, """{"model":"m","max_tokens":9,"top_k":5,"messages":[{"role":"user","content":"a"}]}""",
            out Losses losses, model);
        Assert.Equal(expected, written["additionalModelRequestFields"]?.ToJsonString());
        Assert.Equal(expected is null, losses.Contains(LossField.TopK));
    }

    [Theory, Trait("gotcha", "T16"), Trait("gotcha", "T17")]
    [InlineData(Claude, """{"thinking":{"type":"enabled","budget_tokens":16384}}""", null)]
    [InlineData("us.anthropic.claude-opus-4-6-v1:0", """{"thinking":{"type":"adaptive","display":"omitted"}}""", "high")]
    [InlineData("us.amazon.nova-2-lite-v1:0", """{"reasoningConfig":{"type":"enabled","maxReasoningEffort":"high"}}""", null)]
    [InlineData("openai.gpt-oss-120b-1:0", """{"reasoning_effort":"high"}""", null)]
    [InlineData("meta.llama3-70b-instruct-v1:0", null, null)]
    public void Reasoning_is_asked_for_as_the_model_knows_it(string model, string? fields, string? effort)
    {
        JsonObject written = Translate(ProtocolId.OpenAI, $$"""{ {{OpenAIHello}}, "reasoning_effort":"high" }""", out Losses losses, model);
        Assert.Equal((fields, effort), (written["additionalModelRequestFields"]?.ToJsonString(), (string?)written["outputConfig"]?["effort"]));
        Assert.Equal(fields is null, losses.Contains(LossField.Reasoning));
    }

    [Fact, Trait("gotcha", "T288")]
    public void A_demanded_schema_goes_along_as_a_string_or_as_a_forced_tool()
    {
        string body =
            $$$"""{ {{{OpenAIHello}}}, "response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"} } } }""";
        JsonNode definition = Translate(ProtocolId.OpenAI, body, out _)["outputConfig"]!["textFormat"]!["structure"]!["jsonSchema"]!;
        Assert.Equal(("""{"type":"object","additionalProperties":false}""", "n"), ((string?)definition["schema"], (string?)definition["name"]));
        JsonObject written = Translate(ProtocolId.OpenAI, body, out _, "amazon.nova-pro-v1:0");
        Assert.Null(written["outputConfig"]);
        Assert.Equal("""{"tool":{"name":"n"}}""", written["toolConfig"]!["toolChoice"]!.ToJsonString());
    }

    [Fact, Trait("gotcha", "T289"), Trait("gotcha", "T53")]
    public void Signed_thinking_travels_between_claudes_and_redacted_thinking_in_base64_of_its_text()
    {
        JsonObject written = Translate(ProtocolId.Anthropic, """
            {"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[
              {"type":"thinking","thinking":"","signature":"sig"},{"type":"redacted_thinking","data":"EtkECkgI"},{"type":"thinking","thinking":"w","signature":""},{"type":"text","text":"b"}]},
             {"role":"user","content":"c"}]}
            """, out Losses losses);
        Assert.Equal(
            """[{"reasoningContent":{"reasoningText":{"text":"","signature":"sig"}}},{"reasoningContent":{"redactedContent":"RXRrRUNrZ0k="}},""" +
                """{"text":"b"}]""",
            written["messages"]![1]!["content"]!.ToJsonString());
        Assert.True(losses.Contains(LossField.Thinking));
    }

    [Fact, Trait("gotcha", "T7"), Trait("gotcha", "T3")]
    public void Nothing_is_sent_that_nobody_asked_for()
    {
        Assert.Equal("""{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}""",
            Translate(ProtocolId.OpenAI, $$"""{ {{OpenAIHello}} }""", out _).ToJsonString());
        Assert.Contains("0.7}", Translate(ProtocolId.OpenAI, $$"""{ {{OpenAIHello}}, "temperature":0.7 }""", out _).ToJsonString());
    }

    [Fact]
    public void Metadata_is_pairs_of_strings_only()
    {
        JsonObject written = Translate(ProtocolId.OpenAI, $$$"""{ {{{OpenAIHello}}}, "metadata":{"a":"b","c":1},"service_tier":"flex" }""",
            out Losses losses);
        Assert.Equal(("""{"a":"b"}""", """{"type":"flex"}"""), (written["requestMetadata"]!.ToJsonString(), written["serviceTier"]!.ToJsonString()));
        Assert.True(losses.Contains(LossField.Metadata));
    }
}
