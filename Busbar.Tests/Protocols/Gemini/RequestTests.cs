using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Gemini;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Gemini;

public sealed class RequestTests
{
    private static string Turns(string contents) => $$"""{"contents":[{{contents}}]}""";

    private static JsonElement Parts(JsonElement body, int turn) => body.GetProperty("contents")[turn].GetProperty("parts");

    [Theory, Trait("gotcha", "T175")]
    [InlineData("""{"parts":[{"text":"a"}]}""", Role.User)]
    [InlineData("""{"role":"","parts":[{"text":"a"}]}""", Role.User)]
    [InlineData("""{"role":null,"parts":{"text":"a"}}""", Role.User)]
    [InlineData("""{"role":"function","parts":[{"text":"a"}]}""", Role.User)]
    [InlineData("""{"role":"model","parts":[{"text":"a"}]}""", Role.Assistant)]
    public void A_turn_without_a_role_is_the_users(string content, object expected)
    {
        using ChatRequest request = Content.Request(Turns(content));
        Assert.Equal(expected, request.Messages[0].Role);
        Assert.Equal("a", request.Messages[0].Blocks[0].Text.ToString());
    }

    [Theory, Trait("gotcha", "T175")]
    [InlineData("""{"contents":[{"role":"assistant","parts":[]}]}""")]
    [InlineData("""{"contents":[{"role":7,"parts":[]}]}""")]
    [InlineData("""{"contents":["hi"]}""")]
    [InlineData("""{"contents":[]}""")]
    [InlineData("""{"contents":null}""")]
    [InlineData("""{}""")]
    [InlineData("""[]""")]
    [InlineData("""{"contents":""")]
    public void What_cannot_be_a_conversation_is_a_bad_request(string body)
    {
        using ChatRequest request = ChatRequest.Rent();
        GatewayError? error = Content.Read(Encoding.UTF8.GetBytes(body), request);
        Assert.Equal(ErrorKind.InvalidRequest, error?.Kind);
        Assert.False(string.IsNullOrEmpty(error?.Message));
    }

    [Fact, Trait("gotcha", "T201")]
    public void Snake_case_is_understood_everywhere()
    {
        using ChatRequest request = Content.Request("""
            {"system_instruction":{"parts":{"text":"s"}},"generation_config":{"max_output_tokens":5,"top_p":0.5,"top_k":4,"stop_sequences":"x","candidate_count":1,
             "frequency_penalty":1,"presence_penalty":-1,"response_logprobs":true,"response_mime_type":"application/json","response_schema":{"type":"OBJECT"},
             "thinking_config":{"thinking_budget":7,"include_thoughts":true}},
             "tools":[{"function_declarations":[{"name":"f","parameters_json_schema":{"type":"object"}}]}],
             "tool_config":{"function_calling_config":{"mode":"any","allowed_function_names":["f"]}},"service_tier":"flex","cached_content":"c",
             "contents":[{"role":"model","parts":[{"function_call":{"name":"f"},"thought_signature":"s"}]},
               {"parts":[{"function_response":{"name":"f","response":{}}},{"inline_data":{"mime_type":"image/png","data":"AA=="}},{"file_data":{"mime_type":"image/png","file_uri":"https://x/y"}}]}]}
            """);
        Assert.Equal(("s", 5L, "0.5", 4L, "x"), (request.System[0].Text.ToString(), request.MaxTokens, request.TopP.ToString(), request.TopK,
            request.Stop[0].ToString()));
        Assert.Equal(("1", "-1", true, 7L, true), (request.FrequencyPenalty.ToString(), request.PresencePenalty.ToString(), request.Logprobs,
            request.Reasoning.Budget, request.Reasoning.Display));
        Assert.Equal("""{"type":"object"}""", request.ResponseFormat.Schema.ToString());
        Assert.Equal("""{"type":"object"}""", request.Tools[0].Schema.ToString());
        Assert.Equal((ToolChoiceKind.Tool, "f", "flex", "cachedContent"),
            (request.ToolChoice.Kind, request.ToolChoice.Name.ToString(), request.ServiceTier.ToString(), request.VendorState));
        Assert.Equal("s", request.Messages[0].Blocks[0].Signature.ToString());
        Assert.Equal([BlockKind.ToolResult, BlockKind.Image, BlockKind.Image], request.Messages[1].Blocks.Select(block => block.Kind));
        Assert.Empty(request.Extra);
    }

    [Theory]
    [InlineData("\"s\"")]
    [InlineData("""{"parts":[{"text":"s"}]}""")]
    [InlineData("""{"role":"user","parts":{"text":"s"}}""")]
    public void Instructions_come_as_a_string_a_content_or_a_single_part(string instruction)
    {
        using ChatRequest request = Content.Request(Content.Body($$""","systemInstruction":{{instruction}}"""));
        Assert.Equal("s", Assert.Single(request.System).Text.ToString());
    }

    [Fact, Trait("gotcha", "T176"), Trait("gotcha", "T177"), Trait("gotcha", "T200")]
    public void Calls_without_ids_get_stable_different_ones_and_results_answer_the_oldest_call_of_their_name()
    {
        const string Call = """{"functionCall":{"name":"f"}}""";
        const string Result = """{"functionResponse":{"name":"f","response":{}}}""";
        string body = Turns("""
            {"role":"model","parts":[CALL,CALL,{"functionCall":{"name":"g"}}]},
            {"role":"user","parts":[{"functionResponse":{"name":"g","response":{}}},RESULT,RESULT]},
            {"role":"model","parts":[CALL]},{"role":"user","parts":[RESULT]}
            """.Replace("CALL", Call).Replace("RESULT", Result));
        using ChatRequest request = Content.Request(body);
        using ChatRequest again = Content.Request(body);
        JsonText[] calls = [.. request.Messages.SelectMany(turn => turn.Blocks).Where(block => block.Kind == BlockKind.ToolUse)
            .Select(block => block.Id)];
        JsonText[] results = [.. request.Messages.SelectMany(turn => turn.Blocks).Where(block => block.Kind == BlockKind.ToolResult)
            .Select(block => block.Id)];
        Assert.Equal(4, calls.Distinct().Count());
        Assert.Equal([calls[2], calls[0], calls[1], calls[3]], results);
        Assert.Equal(calls, again.Messages.SelectMany(turn => turn.Blocks).Where(block => block.Kind == BlockKind.ToolUse).Select(block => block.Id));
        Assert.Equal("{}", request.Messages[0].Blocks[0].Input.ToString());
    }

    [Fact]
    public void A_result_with_an_id_answers_that_call_and_leaves_the_other_for_the_next()
    {
        using ChatRequest request = Content.Request(Turns("""
            {"role":"model","parts":[{"functionCall":{"id":"a","name":"f"}},{"functionCall":{"id":"b","name":"f"}}]},
            {"parts":[{"functionResponse":{"id":"a","name":"f","response":{}}},{"functionResponse":{"name":"f","response":{}}},{"functionResponse":{"name":"f","response":{}}}]}
            """));
        string[] ids = [.. request.Messages[1].Blocks.Select(block => block.Id.ToString())];
        Assert.Equal(["a", "b"], ids[..2]);
        Assert.DoesNotContain(ids[2], ids[..2]);
    }

    [Fact]
    public void Thoughts_that_a_client_kept_in_pieces_are_one_block_again()
    {
        using ChatRequest request = Content.Request(Turns("""
            {"role":"model","parts":[{"text":"a","thought":true}]},{"role":"model","parts":[{"text":"b","thought":true}]},
            {"role":"model","parts":[{"text":"","thought":true,"thoughtSignature":"s"}]},{"role":"model","parts":[{"text":"c","thought":true},{"text":"x"}]}
            """));
        Block[] blocks = [.. request.Messages.SelectMany(turn => turn.Blocks)];
        Assert.Equal([("ab", "s"), ("c", ""), ("x", "")], blocks.Select(block => (block.Text.ToString(), block.Signature.ToString())));
        Assert.All(request.Messages, turn => Assert.NotEmpty(turn.Blocks));
    }

    [Theory]
    [InlineData("""{"inlineData":{"mimeType":"image/png","data":"AA=="}}""", BlockKind.Image, MediaSource.Base64)]
    [InlineData("""{"inlineData":{"mimeType":"audio/wav","data":"AA=="}}""", BlockKind.Audio, MediaSource.Base64)]
    [InlineData("""{"inlineData":{"mimeType":"video/mp4","data":"AA=="}}""", BlockKind.Video, MediaSource.Base64)]
    [InlineData("""{"inlineData":{"mimeType":"application/pdf","data":"AA=="}}""", BlockKind.Document, MediaSource.Base64)]
    [InlineData("""{"inlineData":{"mimeType":"text/plain","data":"aGk="}}""", BlockKind.Document, MediaSource.Text)]
    [InlineData("""{"fileData":{"fileUri":"https://x/y.pdf"}}""", BlockKind.Document, MediaSource.Url)]
    [InlineData("""{"fileData":{"fileUri":"https://x/y.JPG","mimeType":"image/jpeg"}}""", BlockKind.Image, MediaSource.Url)]
    [InlineData("""{"fileData":{"fileUri":"https://www.youtube.com/watch?v=1"}}""", BlockKind.Video, MediaSource.Url)]
    [InlineData("""{"fileData":{"fileUri":"gs://b/o","mimeType":"image/png"}}""", BlockKind.Image, MediaSource.Vendor)]
    [InlineData("""{"fileData":{"fileUri":"https://generativelanguage.googleapis.com/v1beta/files/x","mimeType":"audio/mp3"}}""", BlockKind.Audio,
        MediaSource.Vendor)]
    public void Media_are_told_apart_by_type_and_place(string part, object kind, object source)
    {
        using ChatRequest request = Content.Request(Turns($$"""{"parts":[{{part}}]}"""));
        Block block = Assert.Single(request.Messages[0].Blocks);
        Assert.Equal(((BlockKind)kind, (MediaSource)source, ProtocolId.Gemini), (block.Kind, block.Source, block.Origin));
    }

    [Theory]
    [InlineData("""{"executableCode":{"code":"1","language":"PYTHON"}}""", BlockKind.ServerToolUse)]
    [InlineData("""{"code_execution_result":{"outcome":"OUTCOME_OK"}}""", BlockKind.ServerToolResult)]
    [InlineData("""{"toolCall":{"id":"1"},"thoughtSignature":"s"}""", BlockKind.ServerToolUse)]
    [InlineData("""{"toolResponse":{"id":"1"}}""", BlockKind.ServerToolResult)]
    [InlineData("""{"somethingNew":{"x":1}}""", BlockKind.Opaque)]
    [InlineData("""{"inlineData":{"mimeType":"image/png","data":"AA=="},"thought":true}""", BlockKind.Opaque)]
    public void What_only_the_vendor_knows_is_kept_as_it_is(string part, object kind)
    {
        using ChatRequest request = Content.Request(Turns($$"""{"parts":[{{part}}]}"""));
        Block block = Assert.Single(request.Messages[0].Blocks);
        Assert.Equal(((BlockKind)kind, part), (block.Kind, block.Raw.ToString()));
    }

    [Theory]
    [InlineData("AUTO", "", ToolChoiceKind.Auto)]
    [InlineData("validated", "", ToolChoiceKind.Auto)]
    [InlineData("None", "", ToolChoiceKind.None)]
    [InlineData("ANY", "", ToolChoiceKind.Required)]
    [InlineData("ANY", "\"f\"", ToolChoiceKind.Tool)]
    [InlineData("ANY", "\"f\",\"g\"", ToolChoiceKind.Allowed)]
    [InlineData("VALIDATED", "\"f\"", ToolChoiceKind.Allowed)]
    [InlineData("WHATEVER", "", ToolChoiceKind.Unspecified)]
    [Trait("gotcha", "T197")]
    public void The_mode_of_calling_is_read_in_any_case_and_two_names_are_not_one(string mode, string names, object expected)
    {
        using ChatRequest request = Content.Request(Content.Body(
            ""","tools":[{"functionDeclarations":[{"name":"f"},{"name":"g"}]}],"toolConfig":{"functionCallingConfig":{"mode":"M","allowedFunctionNames":[N]}}""".Replace("M\"", mode + "\"").Replace("N]", names + "]")));
        Assert.Equal(expected, request.ToolChoice.Kind);
        if (expected is ToolChoiceKind.Allowed or ToolChoiceKind.Tool or ToolChoiceKind.Required or ToolChoiceKind.None)
        {
            JsonElement config = Content.Parse(Content.Write(request)).GetProperty("toolConfig").GetProperty("functionCallingConfig");
            Assert.Equal(mode, config.GetProperty("mode").GetString(), ignoreCase: true);
            Assert.Equal(names != "", config.TryGetProperty("allowedFunctionNames", out _));
        }
    }

    [Theory]
    [InlineData(-1, ReasoningMode.Adaptive, -1)]
    [InlineData(0, ReasoningMode.Off, 0)]
    [InlineData(512, ReasoningMode.Budget, 512)]
    public void A_thinking_budget_is_read_and_written(int budget, object mode, int written)
    {
        using ChatRequest request = Content.Request(Content.Body(",\"generationConfig\":{\"thinkingConfig\":{\"thinkingBudget\":" + budget + "}}"));
        Assert.Equal(mode, request.Reasoning.Mode);
        JsonElement config = Content.Parse(Content.Write(request)).GetProperty("generationConfig").GetProperty("thinkingConfig");
        Assert.Equal((written, budget != 0), (config.GetProperty("thinkingBudget").GetInt32(), config.GetProperty("includeThoughts").GetBoolean()));
    }

    [Fact]
    public void A_level_is_never_written_beside_a_budget()
    {
        JsonElement config =
            Content.Rewritten(Content.Body(""","generationConfig":{"thinkingConfig":{"thinkingLevel":"low","includeThoughts":false}}"""))
            .GetProperty("generationConfig").GetProperty("thinkingConfig");
        Assert.Equal("""{"thinkingLevel":"LOW","includeThoughts":false}""", config.GetRawText());
    }

    [Fact]
    public void Hosted_tools_and_unknown_fields_are_kept_apart_for_the_adapter()
    {
        using ChatRequest request = Content.Request(Content.Body(
            ""","safetySettings":[],"labels":{},"tools":[{"googleSearch":{},"functionDeclarations":[{"name":"f"}]},{"codeExecution":""" +
                """{}}],"generationConfig":{"responseModalities":["TEXT"]}"""));
        Assert.Equal([("googleSearch", ToolKind.Hosted), ("f", ToolKind.Function), ("codeExecution", ToolKind.Hosted)],
            request.Tools.Select(tool => (tool.Name.ToString(), tool.Kind)));
        Assert.Equal("""{"googleSearch":{}}""", request.Tools[0].Raw.ToString());
        Assert.Equal(["responseModalities", "safetySettings", "labels"], request.Extra.Select(member => member.Name.ToString()));
    }

    [Fact, Trait("gotcha", "T171")]
    public void Neither_model_nor_stream_stands_in_a_body_that_is_repeated()
    {
        using ChatRequest request = Content.Request(Content.Body(""","model":"x","stream":true,"x":{"y":1.0}"""));
        Assert.Equal("""{"contents":[{"role":"user","parts":[{"text":"hi"}]}],"x":{"y":1.0}}""",
            Encoding.UTF8.GetString(Content.Write(request, foreign: false)));
    }

    [Fact]
    public void A_repeated_part_keeps_everything_but_a_signature_that_was_changed()
    {
        using ChatRequest request =
            Content.Request(
            Turns("""{"role":"model","parts":[{"functionCall":{"name":"f","args":{}},"thoughtSignature":"a","new":1},""" +
            """{"text":"x","thoughtSignature":"b"}]}"""));
        request.Messages[0].Blocks[0].Signature = JsonText.From("other");
        request.Messages[0].Blocks[1].Signature = default;
        Assert.Equal(
            """{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":{}},"new":1,"thoughtSignature":"other"},{"text":"x"}]}]}""",
            Encoding.UTF8.GetString(Content.Write(request, foreign: false)));
    }

    [Theory, Trait("gotcha", "T180")]
    [InlineData("""{"a":1}""", """{"a":1}""")]
    [InlineData("""{"output":"text"}""", """{"output":"text"}""")]
    [InlineData("""{"output":[1]}""", """{"output":[1]}""")]
    [InlineData("""{"error":"no"}""", """{"error":"no"}""")]
    [InlineData("""{"error":{"code":1}}""", """{"error":{"code":1}}""")]
    [InlineData("""{"error":"no","output":1}""", """{"error":"no","output":1}""")]
    [InlineData("{}", "{}")]
    [InlineData("null", "{}")]
    [InlineData("\"text\"", """{"output":"text"}""")]
    [InlineData("[1]", """{"output":[1]}""")]
    [InlineData("""{"a":{"$ref":"#/x"}}""", """{"output":"{\"a\":{\"$ref\":\"#/x\"}}"}""")]
    public void A_result_is_always_an_object(string response, string expected)
    {
        JsonElement body =
            Content.Rewritten(
            Turns("""{"role":"model","parts":[{"functionCall":{"name":"f"}}]},{"parts":[{"functionResponse":{"name":"f","response":R}}]}""".Replace(
            "R}", response + "}")));
        Assert.Equal(expected, Parts(body, 1)[0].GetProperty("functionResponse").GetProperty("response").GetRawText());
    }

    [Fact, Trait("gotcha", "T179"), Trait("gotcha", "T180")]
    public void A_result_bears_the_name_of_its_call_and_joins_its_texts()
    {
        using ChatRequest request = Content.Request(Turns("""{"role":"model","parts":[{"functionCall":{"id":"c1","name":"f"}}]}"""));
        Block result = request.Arena.NewBlock(BlockKind.ToolResult);
        Block stray = request.Arena.NewBlock(BlockKind.ToolResult);
        result.Id = JsonText.From("c1");
        result.IsError = true;
        result.AddChild(request.Arena.NewText(JsonText.From("a")));
        result.AddChild(request.Arena.NewText(JsonText.From("b")));
        stray.Id = JsonText.From("c9");
        request.AddMessage(Role.User).Blocks.AddRange([result, stray]);
        Assert.Equal(
            """[{"functionResponse":{"id":"c1","name":"f","response":{"error":"ab"}}},{"functionResponse":{"id":"c9","name":"c9","response":{}}}]""",
            Parts(Content.Parse(Content.Write(request)), 1).GetRawText());
    }

    [Fact]
    public void Media_of_a_result_follow_all_results_or_stand_inside_where_the_model_takes_that()
    {
        string body = Turns("""
            {"role":"model","parts":[{"functionCall":{"id":"a","name":"f"}},{"functionCall":{"id":"b","name":"f"}}]},
            {"parts":[{"functionResponse":{"id":"a","name":"f","response":{},"parts":[{"inlineData":{"mimeType":"image/png","data":"AA=="}}]}},{"functionResponse":{"id":"b","name":"f","response":{}}}]}
            """);
        JsonElement after = Parts(Content.Rewritten(body), 1);
        Assert.Equal("AA==", after[2].GetProperty("inlineData").GetProperty("data").GetString());
        Assert.Equal(3, after.GetArrayLength());
        JsonElement inside = Parts(Content.Rewritten(body, Capabilities.Default with { ToolResultParts = true }), 1);
        Assert.Equal(2, inside.GetArrayLength());
        Assert.Equal("AA==", inside[0].GetProperty("functionResponse").GetProperty("parts")[0].GetProperty("inlineData").GetProperty("data")
            .GetString());
    }

    [Fact]
    public void Ids_are_left_out_where_they_are_refused()
    {
        string body =
            Turns("""{"role":"model","parts":[{"functionCall":{"id":"a","name":"f"}}]},{"parts":[{"functionResponse":""" +
            """{"id":"a","name":"f","response":{}}}]}""");
        Assert.DoesNotContain("\"id\"", Content.Rewritten(body, Capabilities.Default with { FunctionCallIds = false }).GetRawText());
        Assert.Contains("\"id\":\"a\"", Content.Rewritten(body).GetRawText());
    }

    [Theory, Trait("gotcha", "T181")]
    [InlineData("[1]", """{"args":[1]}""")]
    [InlineData("\"x\"", """{"args":"x"}""")]
    [InlineData("null", "{}")]
    [InlineData("""{"a":1.0}""", """{"a":1.0}""")]
    public void Arguments_are_always_an_object(string arguments, string expected)
    {
        using ChatRequest request = Content.Request(Turns("""{"role":"model","parts":[{"functionCall":{"name":"f"}}]}"""));
        request.Messages[0].Blocks[0].Input = JsonSlice.From(Encoding.UTF8.GetBytes(arguments));
        Assert.Equal(expected, Parts(Content.Parse(Content.Write(request)), 0)[0].GetProperty("functionCall").GetProperty("args").GetRawText());
    }

    [Fact, Trait("gotcha", "T182")]
    public void A_turn_of_which_nothing_can_be_said_keeps_its_place()
    {
        using ChatRequest request = Content.Request(Content.Body());
        Block file = request.Arena.NewBlock(BlockKind.Image);
        file.Source = MediaSource.Vendor;
        file.Origin = ProtocolId.OpenAI;
        request.AddMessage(Role.User).Blocks.Add(file);
        Losses losses = default;
        JsonElement body = Content.Parse(Content.Write(request, true, null, ref losses));
        Assert.Equal("""[{"text":""}]""", Parts(body, 1).GetRawText());
        Assert.True(losses.Contains(LossField.Image));
    }

    [Fact, Trait("gotcha", "T7"), Trait("gotcha", "T199")]
    public void Nothing_is_sent_that_nobody_asked_for()
    {
        Assert.Equal("""{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}""", Content.Rewritten(Content.Body()).GetRawText());
        Assert.Equal("""{"responseLogprobs":true}""", Content.Rewritten(Content.Body(""","generationConfig":{"logprobs":0}"""))
            .GetProperty("generationConfig").GetRawText());
    }

    [Theory]
    [InlineData("2147483647", true)]
    [InlineData("2147483648", false)]
    [InlineData("1.5", false)]
    public void A_seed_beyond_32_bits_is_dropped(string seed, bool isKept)
    {
        using ChatRequest request = Content.Request(Content.Body(",\"generationConfig\":{\"seed\":" + seed + "}"));
        Losses losses = default;
        JsonElement body = Content.Parse(Content.Write(request, true, null, ref losses));
        Assert.Equal(isKept, body.TryGetProperty("generationConfig", out _));
        Assert.Equal(!isKept, losses.Contains(LossField.Seed));
    }

    [Fact]
    public void Strict_tools_are_validated_and_json_schema_fields_are_preferred()
    {
        using ChatRequest request = Content.Request(Content.Body(
            ""","tools":[{"functionDeclarations":[{"name":"f","parametersJsonSchema":{"type":"object","properties":{"a":{"const":""" +
                """1}}}}]}],"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":{"type":"object"}}"""));
        Tool tool = request.Tools[0];
        tool.Strict = true;
        request.Tools[0] = tool;
        JsonElement body = Content.Parse(Content.Write(request));
        Assert.Equal("VALIDATED", body.GetProperty("toolConfig").GetProperty("functionCallingConfig").GetProperty("mode").GetString());
        Assert.Equal("""{"name":"f","parametersJsonSchema":{"type":"object","properties":{"a":{"const":1}}}}""",
            body.GetProperty("tools")[0].GetProperty("functionDeclarations")[0].GetRawText());
        Assert.Equal("""{"responseMimeType":"application/json","responseJsonSchema":{"type":"object"}}""",
            body.GetProperty("generationConfig").GetRawText());
    }

    [Theory, Trait("gotcha", "T165")]
    [InlineData("gemini-2.5-pro", false, "/v1beta/models/gemini-2.5-pro:generateContent")]
    [InlineData("gemini-2.5-pro", true, "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse")]
    [InlineData("a/b c", false, "/v1beta/models/a%2Fb%20c:generateContent")]
    [InlineData("tunedModels/x y", false, "/v1beta/tunedModels/x%20y:generateContent")]
    [InlineData("models/m", false, "/v1beta/models/m:generateContent")]
    public void The_path_names_the_model(string model, bool stream, string expected)
        => Assert.Equal(expected, GeminiProtocol.Instance.EgressPath(model, stream));
}
