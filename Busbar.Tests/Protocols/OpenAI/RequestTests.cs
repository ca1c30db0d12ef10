using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.OpenAI;

public sealed class RequestTests
{
    private const string Hi = """{"role":"user","content":"hi"}""";

    private static string Body(string messages, string more = "") => $$"""{"model":"m","messages":[{{messages}}]{{more}}}""";

    [Fact, Trait("gotcha", "T96"), Trait("gotcha", "T97")]
    public void Leading_system_and_developer_turns_are_instructions_in_order_and_later_ones_keep_their_place()
    {
        using ChatRequest request =
            Chat.Request(Body("""{"role":"developer","content":"a"},{"role":"system","content":[{"type":"text","text":"b"}]},""" + Hi
            + """,{"role":"system","content":"c"}"""));
        Assert.Equal(["a", "b"], request.System.Select(block => block.Text.ToString()));
        Assert.Equal([Role.User, Role.System], request.Messages.Select(message => message.Role));
    }

    [Theory, Trait("gotcha", "T98"), Trait("gotcha", "T99")]
    [InlineData(""","max_tokens":5,"max_completion_tokens":9""", 5, false)]
    [InlineData(""","max_completion_tokens":9""", 9, true)]
    [InlineData(""","max_tokens":null,"max_completion_tokens":9""", 9, true)]
    public void Either_spelling_of_the_token_limit_is_read_and_kept(string more, long expected, bool isCompletion)
    {
        using ChatRequest request = Chat.Request(Body(Hi, more));
        Assert.Equal(expected, request.MaxTokens);
        Assert.Equal(isCompletion, request.MaxTokensIsCompletion);
        string written = Encoding.UTF8.GetString(Chat.Write(request, foreign: false));
        Assert.Contains(more, written);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("4294967296")]
    [InlineData("\"5\"")]
    public void A_token_limit_out_of_range_is_no_limit(string limit)
    {
        using ChatRequest request = Chat.Request(Body(Hi, ",\"max_tokens\":" + limit));
        Assert.Null(request.MaxTokens);
    }

    [Fact, Trait("gotcha", "T100")]
    public void Text_parts_of_a_tool_turn_are_joined_without_separator()
    {
        JsonElement written =
            Chat.Rewritten(
            Body("""{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},""" +
            """{"role":"tool","tool_call_id":"c","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}"""));
        Assert.Equal("ab", written.GetProperty("messages")[1].GetProperty("content").GetString());
    }

    [Theory, Trait("gotcha", "T101"), Trait("gotcha", "T102")]
    [InlineData("""{bad""")]
    [InlineData("""{\"a\":[1,2.50]}""")]
    [InlineData("\\\"text\\\"")]
    public void Arguments_come_out_as_the_string_that_went_in_beside_null_content(string arguments)
    {
        string body =
            Body($$$"""{"role":"assistant","content":null,"tool_calls":""" +
            $$$"""[{"id":"c","type":"function","function":{"name":"f","arguments":"{{{arguments}}}"}}]}""");
        JsonElement message = Chat.Rewritten(body).GetProperty("messages")[0];
        Assert.Equal(JsonValueKind.Null, message.GetProperty("content").ValueKind);
        Assert.Equal(JsonDocument.Parse('"' + arguments + '"').RootElement.GetString(),
            message.GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString());
    }

    [Fact, Trait("gotcha", "T103"), Trait("gotcha", "T104")]
    public void Results_come_before_the_rest_of_their_turn_and_alone_bring_no_empty_turn()
    {
        using ChatRequest request = Chat.Request(Body(Hi));
        Message turn = request.Messages[0];
        Block result = request.Arena.NewBlock(BlockKind.ToolResult);
        result.Id = JsonText.From("c");
        result.AddChild(request.Arena.NewText(JsonText.From("42")));
        turn.Blocks.Add(result);
        JsonElement messages = JsonDocument.Parse(Chat.Write(request)).RootElement.GetProperty("messages");
        Assert.Equal(["tool", "user"], messages.EnumerateArray().Select(message => message.GetProperty("role").GetString()));
        turn.Blocks.RemoveAt(0);
        messages = JsonDocument.Parse(Chat.Write(request)).RootElement.GetProperty("messages");
        Assert.Equal("tool", Assert.Single(messages.EnumerateArray()).GetProperty("role").GetString());
    }

    [Fact]
    public void A_picture_in_a_result_follows_after_the_last_result_of_the_turn()
    {
        using ChatRequest request = Chat.Request(Body(Hi));
        request.Messages.Clear();
        foreach (string id in (string[])["c1", "c2"])
        {
            Block result = request.Arena.NewBlock(BlockKind.ToolResult);
            result.Id = JsonText.From(id);
            Block image = request.Arena.NewBlock(BlockKind.Image);
            image.MediaType = JsonText.From("image/png");
            image.Data = JsonText.From("AAAA");
            result.AddChild(image);
            request.AddMessage(Role.Tool).Blocks.Add(result);
        }

        JsonElement messages = JsonDocument.Parse(Chat.Write(request)).RootElement.GetProperty("messages");
        Assert.Equal(["tool", "tool", "user"], messages.EnumerateArray().Select(message => message.GetProperty("role").GetString()));
        Assert.Equal(2, messages[2].GetProperty("content").GetArrayLength());
    }

    [Theory, Trait("gotcha", "T105")]
    [InlineData("reasoning_content")]
    [InlineData("reasoning")]
    public void Reasoning_in_the_history_does_not_become_content(string field)
    {
        string written = Chat.Rewritten(Body($$"""{"role":"assistant","content":"yes","{{field}}":"secret"}""")).GetRawText();
        Assert.DoesNotContain("secret", written);
    }

    [Fact, Trait("gotcha", "T106")]
    public void Tools_are_written_nested_and_always_have_a_schema()
    {
        JsonElement tools =
            Chat.Rewritten(Body(Hi, ""","tools":[{"type":"function","name":"flat","parameters":null},{"type":"custom","custom":{"name":"free"}}]"""))
            .GetProperty("tools");
        Assert.Equal("flat", tools[0].GetProperty("function").GetProperty("name").GetString());
        Assert.Equal("object", tools[0].GetProperty("function").GetProperty("parameters").GetProperty("type").GetString());
        Assert.Equal("free", tools[1].GetProperty("custom").GetProperty("name").GetString());
    }

    [Fact, Trait("gotcha", "T107")]
    public void A_data_uri_is_split_and_put_together_again_and_an_address_stays()
    {
        const string Data = "data:image/jpeg;base64,AB+/cd==";
        const string Url = "https://example.com/a.png?x=1";
        string body =
            Body($$$"""{"role":"user","content":""" +
            $$$"""[{"type":"image_url","image_url":{"url":"{{{Data}}}","detail":"low"}},{"type":"image_url","image_url":{"url":"{{{Url}}}"}}]}""");
        using ChatRequest request = Chat.Request(body);
        Block image = request.Messages[0].Blocks[0];
        Assert.Equal(("image/jpeg", "AB+/cd==", "low"), (image.MediaType.ToString(), image.Data.ToString(), image.Detail.ToString()));
        JsonElement parts = JsonDocument.Parse(Chat.Write(request)).RootElement.GetProperty("messages")[0].GetProperty("content");
        Assert.Equal([Data, Url], parts.EnumerateArray().Select(part => part.GetProperty("image_url").GetProperty("url").GetString()));
    }

    [Fact, Trait("gotcha", "T290")]
    public void Sound_and_files_survive_both_ways()
    {
        string parts =
            """{"type":"input_audio","input_audio":{"data":"AAAA","format":"mp3"}},{"type":"file","file":{"filename":"a.pdf","file_data":"data:""" +
            """application/pdf;base64,BBBB"}},{"type":"file","file":{"file_id":"file-1"}}""";
        JsonElement content = Chat.Rewritten(Body($$"""{"role":"user","content":[{{parts}}]}""")).GetProperty("messages")[0].GetProperty("content");
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse("[" + parts + "]").RootElement, content));
    }

    [Theory, Trait("gotcha", "T123")]
    [InlineData(""","stream_options":{"include_obfuscation":false}""", false)]
    [InlineData(""","stream_options":{"include_usage":true,"include_obfuscation":false}""", true)]
    [InlineData(""","stream_options":{"include_usage":false,"include_obfuscation":false}""", false)]
    public void Usage_is_asked_for_beside_the_other_stream_options(string more, bool wanted)
    {
        using ChatRequest request = Chat.Request(Body(Hi, ",\"stream\":true" + more));
        Assert.Equal(wanted, request.IncludeUsage);
        JsonElement options = JsonDocument.Parse(Chat.Write(request, foreign: false)).RootElement.GetProperty("stream_options");
        Assert.True(options.GetProperty("include_usage").GetBoolean());
        Assert.False(options.GetProperty("include_obfuscation").GetBoolean());
    }

    [Fact, Trait("gotcha", "T128")]
    public void Alternatives_bring_the_flag_they_need()
    {
        JsonElement written = Chat.Rewritten(Body(Hi, ",\"top_logprobs\":3"));
        Assert.True(written.GetProperty("logprobs").GetBoolean());
        Assert.Equal(3, written.GetProperty("top_logprobs").GetInt32());
    }

    [Theory, Trait("gotcha", "T129"), Trait("gotcha", "T130")]
    [InlineData("minimal", "low")]
    [InlineData("high", "high")]
    [InlineData("none", "none")]
    [InlineData("max", "high")]
    [InlineData("fancy", null)]
    public void Effort_words_are_known_words(string word, string? expected)
    {
        string body = Body(Hi, $",\"reasoning_effort\":\"{word}\"");
        JsonElement written = Chat.Rewritten(body);
        Assert.Equal(expected, written.TryGetProperty("reasoning_effort", out JsonElement effort) ? effort.GetString() : null);
        using ChatRequest request = Chat.Request(body);
        Assert.Contains($"\"reasoning_effort\":\"{word}\"", Encoding.UTF8.GetString(Chat.Write(request, foreign: false)));
    }

    [Fact, Trait("gotcha", "T133")]
    public void Legacy_functions_calls_and_answers_become_tools_with_matching_ids()
    {
        string messages =
            """{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"1"},""" +
            """{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"2"}""";
        JsonElement written =
            Chat.Rewritten(Body(messages, ""","functions":[{"name":"f","parameters":{"type":"object"}}],"function_call":{"name":"f"}"""));
        JsonElement turns = written.GetProperty("messages");
        string[] calls = [.. new[] { 0, 2 }.Select(turn => turns[turn].GetProperty("tool_calls")[0].GetProperty("id").GetString()!)];
        Assert.Equal(calls, new[] { 1, 3 }.Select(turn => turns[turn].GetProperty("tool_call_id").GetString()));
        Assert.NotEqual(calls[0], calls[1]);
        Assert.All(calls, id => Assert.True(id.StartsWith("call_") && id.Length <= 40));
        Assert.Equal("f", written.GetProperty("tool_choice").GetProperty("function").GetProperty("name").GetString());
        Assert.False(written.TryGetProperty("functions", out _));
    }

    [Theory]
    [InlineData("""{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"f"}},""" +
        """{"type":"custom","custom":{"name":"c"}}]}}""")]
    [InlineData("""{"type":"custom","custom":{"name":"c"}}""")]
    [InlineData("""{"type":"function","function":{"name":"f"}}""")]
    [InlineData("\"required\"")]
    [InlineData("\"none\"")]
    public void Every_tool_choice_survives_and_needs_tools(string choice)
    {
        const string Tools =
            ""","tools":[{"type":"function","function":{"name":"f"}},{"type":"custom","custom":{"name":"c"}}],"parallel_tool_calls":false""";
        JsonElement written = Chat.Rewritten(Body(Hi, Tools + ",\"tool_choice\":" + choice));
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(choice).RootElement, written.GetProperty("tool_choice")));
        written = Chat.Rewritten(Body(Hi, ",\"parallel_tool_calls\":false,\"tool_choice\":" + choice));
        Assert.False(written.TryGetProperty("tool_choice", out _) || written.TryGetProperty("parallel_tool_calls", out _));
    }

    [Theory]
    [InlineData("30m", "Short")]
    [InlineData("12h", "Long")]
    public void Cache_breakpoints_survive_with_their_lifetime(string lifetime, string expected)
    {
        string mark = $$"""{"mode":"explicit","ttl":"{{lifetime}}"}""";
        string body = Body($$"""{"role":"user","content":[{"type":"text","text":"a","prompt_cache_breakpoint":{{mark}}}]}""");
        using ChatRequest request = Chat.Request(body);
        Assert.Equal(expected, request.Messages[0].Blocks[0].Cache.ToString());
        JsonElement part = JsonDocument.Parse(Chat.Write(request)).RootElement.GetProperty("messages")[0].GetProperty("content")[0];
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(mark).RootElement, part.GetProperty("prompt_cache_breakpoint")));
    }

    [Fact]
    public void Thought_signatures_on_calls_survive_on_every_way_and_take_exchanges()
    {
        const string Call =
            """{"id":"c","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"sig"}}}""";
        using ChatRequest request =
            Chat.Request(
            Body($$"""{"role":"system","content":"s"},{"role":"assistant","content":null,"reasoning_content":"why","tool_calls":[{{Call}}]}"""));
        Block call = request.Messages[0].Blocks[1];
        Assert.Equal(("sig", ProtocolId.Gemini), (call.Signature.ToString(), call.Origin));
        Assert.Contains("\"thought_signature\":\"sig\"", Encoding.UTF8.GetString(Chat.Write(request)));
        call.Signature = JsonText.From("other");
        string own = Encoding.UTF8.GetString(Chat.Write(request, foreign: false));
        Assert.Contains("\"thought_signature\":\"other\"", own);
        Assert.Contains("\"reasoning_content\":\"why\"", own);
        Assert.DoesNotContain("\"sig\"", own);
    }

    [Fact]
    public void Models_that_reason_get_their_own_spellings()
    {
        var capabilities = new Capabilities { MaxCompletionTokens = true, DeveloperRole = true, ToolsNeedNoReasoning = true };
        JsonElement written = Chat.Rewritten(Body("""{"role":"system","content":"s"},""" + Hi,
            ""","max_tokens":7,"reasoning_effort":"high","tools":[{"type":"function","function":{"name":"f"}}]"""), capabilities);
        Assert.Equal(7, written.GetProperty("max_completion_tokens").GetInt32());
        Assert.Equal("developer", written.GetProperty("messages")[0].GetProperty("role").GetString());
        Assert.Equal("none", written.GetProperty("reasoning_effort").GetString());
    }

    [Fact, Trait("gotcha", "T287")]
    public void A_schema_without_a_name_gets_one()
    {
        JsonElement format = Chat.Rewritten(Body(Hi, ""","response_format":{"type":"json_schema","json_schema":{"schema":{"type":"object"}}}"""))
            .GetProperty("response_format");
        Assert.Equal("response", format.GetProperty("json_schema").GetProperty("name").GetString());
    }

    [Fact]
    public void A_body_with_input_instead_of_messages_is_understood()
    {
        using ChatRequest items =
            Chat.Request("""{"model":"m","input":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"input_text","text":"hi"}]}]}""");
        Assert.Equal(["s", "hi"], items.Messages.Select(static turn => turn.Blocks[0].Text.ToString()));
        using ChatRequest text = Chat.Request("""{"model":"m","input":"hi"}""");
        Assert.Equal("hi", text.Messages[0].Blocks[0].Text.ToString());
    }

    [Theory]
    [InlineData("{", null)]
    [InlineData("[]", null)]
    [InlineData("""{"model":"m"}""", "messages")]
    [InlineData("""{"model":"m","messages":"SECRET"}""", "messages")]
    [InlineData("""{"model":"m","messages":["SECRET"]}""", "messages[0]")]
    [InlineData("""{"model":"m","messages":[{"role":"SECRET"}]}""", "messages[0].role")]
    [InlineData("""{"model":"m","messages":[{"content":"SECRET"}]}""", "messages[0].role")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"},{"role":"user","content":{"SECRET":1}}]}""", "messages[1].content")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[5]}]}""", "messages[0].content")]
    [InlineData("""{"model":"m","messages":[{"role":"tool","content":"SECRET"}]}""", "messages[0].tool_call_id")]
    [InlineData("""{"model":"m","messages":[],"tools":"SECRET"}""", "tools")]
    [InlineData("""{"model":"m","messages":[],"tools":["SECRET"]}""", "tools[0]")]
    public void A_malformed_request_is_refused_by_the_name_of_its_field_without_its_content(string body, string? param)
    {
        using ChatRequest request = ChatRequest.Rent();
        GatewayError? error = Chat.Read(Encoding.UTF8.GetBytes(body), request);
        Assert.NotNull(error);
        Assert.Equal(ErrorKind.InvalidRequest, error.Kind);
        Assert.Equal(param, error.Param);
        Assert.DoesNotContain("SECRET", error.Message);
    }
}
