using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols;
using Busbar.Protocols.Cohere;
using Busbar.Protocols.Cohere.Content;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Models;
using Busbar.Protocols.Translation.Request;
using Busbar.Tests.Matrix.Harness;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Cohere;

public sealed class RequestTests
{
    private const string Hi = """{"role":"user","content":"hi"}""";
    private const string Called =
        """{"role":"assistant","tool_plan":"let me """ +
        """see","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":1.50}"}}]}""";
    private const string Tools =
        """,  "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}},{"type":"function","function":""" +
        """{"name":"g","parameters":{"type":"object"}}}]""";

    private static string Body(string messages, string more = "") => $$"""{"model":"m","messages":[{{messages}}]{{more}}}""";

    private static JsonElement Written(ChatRequest request) => JsonDocument.Parse(Chat.Write(request)).RootElement;

    private static string Words(Block block) => $"{block.Kind}:{(block.Kind == BlockKind.Json ? block.Input.ToString() : block.Text.ToString())}";

    [Fact, Trait("gotcha", "T230")]
    public void System_text_is_the_first_message_and_later_instructions_keep_their_place()
    {
        using ChatRequest request = Chat.Request(Body("""{"role":"system","content":"a"},{"role":"system","content":[{"type":"text","text":"b"}]},"""
            + Hi + """,{"role":"system","content":"c"}"""));
        Assert.Equal(["a", "b"], request.System.Select(block => block.Text.ToString()));
        JsonElement messages = Written(request).GetProperty("messages");
        Assert.Equal(["system a\nb", "user hi", "system c"],
            messages.EnumerateArray().Select(message => message.GetProperty("role").GetString() + " " + message.GetProperty("content").GetString()));
    }

    [Fact, Trait("gotcha", "T231"), Trait("gotcha", "T276")]
    public void Words_before_calls_are_the_plan_and_a_sole_call_has_no_content()
    {
        using ChatRequest request = Chat.Request(Body(Hi + "," + Called));
        Assert.Equal(["Text:let me see", "ToolUse:"], request.Messages[1].Blocks.Select(Words));
        JsonElement message = Written(request).GetProperty("messages")[1];
        Assert.Equal("let me see", message.GetProperty("tool_plan").GetString());
        Assert.Equal("""{"a":1.50}""", message.GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString());
        request.Messages[1].Blocks.RemoveAt(0);
        Assert.Equal(["role", "tool_calls"], Written(request).GetProperty("messages")[1].EnumerateObject().Select(member => member.Name));
    }

    [Fact, Trait("gotcha", "T232")]
    public void Results_come_before_the_rest_of_their_turn()
    {
        using ChatRequest request = Chat.Request(Body(Hi + "," + Called + """,{"role":"tool","tool_call_id":"c","content":"42"}"""));
        Message turn = request.Messages[2];
        turn.Role = Role.User;
        turn.Blocks.Insert(0, request.Arena.NewText(JsonText.From("and?")));
        JsonElement messages = Written(request).GetProperty("messages");
        Assert.Equal(["user hi", "assistant ", "tool 42", "user and?"], messages.EnumerateArray()
            .Select(message => message.GetProperty("role").GetString() + " "
                + (message.TryGetProperty("content", out JsonElement content) ? content.GetString() : "")));
        Assert.Equal("c", messages[2].GetProperty("tool_call_id").GetString());
    }

    [Theory]
    [InlineData("\"a\"", "Text:a", "\"a\"")]
    [InlineData("""["a","b"]""", "Text:a|Text:b", """[{"type":"text","text":"a"},{"type":"text","text":"b"}]""")]
    [InlineData("""[{"type":"text","text":"a"}]""", "Text:a", "\"a\"")]
    [InlineData("""[{"type":"document","document":{"id":"d","data":{"n":1.0}}}]""", """Json:{"n":1.0}""",
        """[{"type":"document","document":{"data":{"n":1.0}}}]""")]
    [InlineData("""[{"type":"document","document":{"data":"plain"}}]""", "Text:plain", "\"plain\"")]
    [InlineData("""[{"n":1}]""", """Json:{"n":1}""", """[{"type":"document","document":{"data":{"n":1}}}]""")]
    public void Every_form_of_a_tool_result_is_read_and_written(string content, string blocks, string written)
    {
        using ChatRequest request = Chat.Request(Body(Called + $$""",{"role":"tool","tool_call_id":"c","content":{{content}}}"""));
        Assert.Equal(blocks, string.Join('|', request.Messages[1].Blocks[0].Children!.Select(Words)));
        Assert.Equal(written, Written(request).GetProperty("messages")[1].GetProperty("content").GetRawText());
    }

    [Fact]
    public void Pictures_in_results_are_dropped_and_noted()
    {
        using ChatRequest request = Chat.Request(Body(Called + """,{"role":"tool","tool_call_id":"c","content":"x"}"""));
        request.Messages[1].Blocks[0].AddChild(request.Arena.NewBlock(BlockKind.Image));
        request.Messages[1].Blocks[0].IsError = true;
        request.Source = ProtocolId.Anthropic;
        using var buffer = new PooledBuffer();
        Losses losses = default;
        CohereProtocol.Instance.WriteRequest(request, new EgressTarget { WireModel = "w", Capabilities = Capabilities.Default },
            new JsonWriter(buffer), ref losses);
        Assert.True(losses.Contains(LossField.ToolResultMedia) && losses.Contains(LossField.ToolResultError));
    }

    [Theory, Trait("gotcha", "T281"), Trait("gotcha", "T282")]
    [InlineData("data:image/jpeg;base64,QUJD", "low", "Base64")]
    [InlineData("https://example.com/a.png", "high", "Url")]
    public void Pictures_are_addresses_of_either_kind(string url, string detail, string source)
    {
        string part = $$$"""{"type":"image_url","image_url":{"url":"{{{url}}}","detail":"{{{detail}}}"}}""";
        using ChatRequest request = Chat.Request(Body($$"""{"role":"user","content":[{"type":"text","text":"a"},{{part}}]}"""));
        Assert.Equal(source, request.Messages[0].Blocks[1].Source.ToString());
        Assert.Equal(part, Written(request).GetProperty("messages")[0].GetProperty("content")[1].GetRawText());
        request.Messages[0].Blocks[1].Detail = JsonText.From("original");
        Assert.Equal("high", Written(request).GetProperty("messages")[0].GetProperty("content")[1].GetProperty("image_url").GetProperty("detail")
            .GetString());
    }

    [Fact]
    public void Documents_of_the_request_stand_before_the_users_words_and_come_back_with_numbers()
    {
        const string Documents =
            ""","citation_options":{"mode":"FAST"},"documents":["plain",{"id":"doc:1","data":{"text":"t","title":"T"}},{"id":"mine","data":""" +
            """{"text":"u"}},{"data":{"text":"v","year":1993}}]""";
        using ChatRequest request = Chat.Request(Body(Hi, Documents));
        List<Block> blocks = request.Messages[0].Blocks;
        Assert.Equal(["Document:plain", "Document:t", "Document:u", """Document:{"text":"v","year":1993}""", "Text:hi"], blocks.Select(Words));
        Assert.Equal(["", "T", "mine", ""], blocks.Take(4).Select(block => block.Title.ToString()));
        Assert.All(blocks.Take(4), block => Assert.True(block.CitationsEnabled));
        Assert.DoesNotContain(request.Extra, member => member.Name.Is("documents"u8));
        JsonElement written = Written(request);
        Assert.Equal("hi", written.GetProperty("messages")[0].GetProperty("content").GetString());
        Assert.Equal(["doc:0", "doc:1", "doc:2", "doc:3"], written.GetProperty("documents").EnumerateArray()
            .Select(document => document.GetProperty("id").GetString()));
        Assert.Equal("""{"title":"T","text":"t"}""", written.GetProperty("documents")[1].GetProperty("data").GetRawText());
        Assert.Equal("ENABLED", written.GetProperty("citation_options").GetProperty("mode").GetString());
    }

    [Fact]
    public void A_turn_of_documents_alone_keeps_them_as_words()
    {
        using ChatRequest request = Chat.Request(Body("""{"role":"user","content":[{"type":"document","document":{"data":{"text":"only"}}}]}"""));
        JsonElement written = Written(request);
        Assert.Equal("only", written.GetProperty("messages")[0].GetProperty("content").GetString());
        Assert.False(written.TryGetProperty("documents", out _));
    }

    [Fact]
    public void Documents_without_any_turn_of_the_user_make_one()
    {
        using ChatRequest request = Chat.Request(Body("""{"role":"assistant","content":"x"}""",
            ""","documents":["d"],"citation_options":{"mode":"OFF"}"""));
        Assert.Equal([Role.User, Role.Assistant], request.Messages.Select(message => message.Role));
        Assert.False(request.Messages[0].Blocks[0].CitationsEnabled);
    }

    [Fact]
    public void What_has_no_place_elsewhere_is_kept_by_name_so_that_its_loss_is_noted()
    {
        using ChatRequest request =
            Chat.Request(Body(Hi, ""","citation_options":{"mode":"OFF"},"safety_mode":"STRICT","priority":3,"documents":[]"""));
        Assert.Equal(["citation_options", "safety_mode", "priority"], request.Extra.Select(member => member.Name.ToString()));
    }

    [Fact]
    public void Settings_are_read_and_written_under_their_names_with_their_spelling()
    {
        const string More =
            ""","max_tokens":7,"temperature":0.70,"p":0.9,"k":20,"seed":5,"frequency_penalty":0.1,"presence_penalty":0.20,"stop_sequences":""" +
            """["a","b"],"thinking":{"type":"enabled","token_budget":100},"stream":true""";
        JsonElement written = Chat.Rewritten(Body(Hi, More));
        foreach (JsonProperty member in JsonDocument.Parse(Body(Hi, More)).RootElement.EnumerateObject().Where(member => member.Name != "model"))
        {
            Assert.Equal(member.Value.GetRawText(), written.GetProperty(member.Name).GetRawText());
        }

        written = Chat.Rewritten(Body(Hi));
        Assert.Equal(["model", "messages"], written.EnumerateObject().Select(member => member.Name));
    }

    [Theory]
    [InlineData("""{"type":"disabled"}""", "Off", """{"type":"disabled"}""")]
    [InlineData("""{"type":"disabled","token_budget":5}""", "Off", """{"type":"disabled"}""")]
    [InlineData("""{"type":"enabled"}""", "Adaptive", """{"type":"enabled"}""")]
    [InlineData("""{"type":"enabled","token_budget":5}""", "Budget", """{"type":"enabled","token_budget":5}""")]
    [InlineData("""{"type":"enabled","token_budget":0}""", "Adaptive", """{"type":"enabled"}""")]
    public void Thinking_is_asked_for_and_switched_off_explicitly(string thinking, string mode, string written)
    {
        using ChatRequest request = Chat.Request(Body(Hi, ",\"thinking\":" + thinking));
        Assert.Equal(mode, request.Reasoning.Mode.ToString());
        Assert.Equal(written, Written(request).GetProperty("thinking").GetRawText());
    }

    [Fact]
    public void An_effort_of_none_is_no_thinking_and_a_word_is_a_budget()
    {
        using ChatRequest request = Chat.Request(Body(Hi));
        request.Reasoning.Effort = ReasoningEffort.None;
        Assert.Equal("""{"type":"disabled"}""", Written(request).GetProperty("thinking").GetRawText());
        request.Reasoning.Effort = ReasoningEffort.Low;
        Assert.Equal("""{"type":"enabled","token_budget":4096}""", Written(request).GetProperty("thinking").GetRawText());
    }

    [Theory, Trait("gotcha", "T286")]
    [InlineData("""{"type":"json_object"}""", """{"type":"json_object"}""")]
    [InlineData("""{"type":"json_object","json_schema":{"type":"object"}}""", """{"type":"json_object","json_schema":{"type":"object"}}""")]
    [InlineData("""{"type":"json_object","schema":{"type":"object"}}""", """{"type":"json_object","json_schema":{"type":"object"}}""")]
    [InlineData("""{"type":"text"}""", null)]
    public void The_form_of_the_answer_is_read_in_both_spellings(string format, string? expected)
    {
        JsonElement written = Chat.Rewritten(Body(Hi, ",\"response_format\":" + format));
        Assert.Equal(expected, written.TryGetProperty("response_format", out JsonElement form) ? form.GetRawText() : null);
    }

    [Theory]
    [InlineData(Tools)]
    [InlineData(""","documents":["d"]""")]
    public void The_form_of_the_answer_gives_way_to_tools_and_documents(string more)
    {
        using ChatRequest request = Chat.Request(Body(Hi, more + ""","response_format":{"type":"json_object"}"""));
        request.Source = ProtocolId.OpenAI;
        using var buffer = new PooledBuffer();
        Losses losses = default;
        CohereProtocol.Instance.WriteRequest(request, new EgressTarget { WireModel = "w", Capabilities = Capabilities.Default },
            new JsonWriter(buffer), ref losses);
        Assert.False(JsonDocument.Parse(buffer.Span.ToArray()).RootElement.TryGetProperty("response_format", out _));
        Assert.True(losses.Contains(LossField.ResponseFormat));
    }

    [Fact, Trait("gotcha", "T241")]
    public void A_named_tool_is_required_and_the_only_one_offered_and_auto_is_not_said()
    {
        using ChatRequest request = Chat.Request(Body(Hi, Tools + ""","tool_choice":"REQUIRED","strict_tools":true"""));
        Assert.Equal((ToolChoiceKind.Required, true), (request.ToolChoice.Kind, request.Tools.TrueForAll(tool => tool.Strict == true)));
        Assert.True(Written(request).GetProperty("strict_tools").GetBoolean());
        request.ToolChoice = new ToolChoice { Kind = ToolChoiceKind.Tool, Name = JsonText.From("g") };
        JsonElement written = Written(request);
        Assert.Equal("REQUIRED", written.GetProperty("tool_choice").GetString());
        Assert.Equal("g", Assert.Single(written.GetProperty("tools").EnumerateArray()).GetProperty("function").GetProperty("name").GetString());
        request.ToolChoice = new ToolChoice { Kind = ToolChoiceKind.Auto };
        Assert.False(Written(request).TryGetProperty("tool_choice", out _));
        request.ToolChoice = new ToolChoice { Kind = ToolChoiceKind.None };
        Assert.Equal("NONE", Written(request).GetProperty("tool_choice").GetString());
        request.Tools.Clear();
        Assert.False(Written(request).TryGetProperty("tool_choice", out _));
    }

    [Fact]
    public void A_tool_without_a_schema_gets_an_empty_one()
    {
        JsonElement written = Chat.Rewritten(Body(Hi, ""","tools":[{"type":"function","function":{"name":"f"}}]"""));
        Assert.Equal("""{"type":"object","properties":{}}""",
            written.GetProperty("tools")[0].GetProperty("function").GetProperty("parameters").GetRawText());
    }

    [Fact, Trait("gotcha", "T289")]
    public void Thinking_of_this_vendor_is_replayed_and_that_of_another_is_not()
    {
        using ChatRequest request =
            Chat.Request(Body("""{"role":"assistant","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"x"}]}"""));
        Assert.Equal("""[{"type":"thinking","thinking":"hm"},{"type":"text","text":"x"}]""",
            Written(request).GetProperty("messages")[0].GetProperty("content").GetRawText());
        request.Messages[0].Blocks[0].Origin = ProtocolId.Anthropic;
        request.Messages[0].Blocks[0].Signature = JsonText.From("sig");
        Assert.Equal("\"x\"", Written(request).GetProperty("messages")[0].GetProperty("content").GetRawText());
    }

    [Fact, Trait("gotcha", "T7"), Trait("gotcha", "T13"), Trait("gotcha", "T283"), Trait("gotcha", "T284")]
    public void A_request_of_another_protocol_is_fitted_on_its_way_here()
    {
        const string Anthropic =
            """{"model":"m","max_tokens":9,"top_k":900,"stop_sequences":["1","2","3","4","5","6"],"temperature":1,"system":"s","messages":""" +
            """[{"role":"user","content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"d"},"title":"T"},""" +
            """{"type":"text","text":"hi"}]}],"tools":[{"name":"a-b","input_schema":{"type":"object"}}],"tool_choice":""" +
            """{"type":"tool","name":"a-b"},"thinking":{"type":"disabled"}}""";
        JsonElement written = Translated(ProtocolId.Anthropic, ProtocolId.Cohere, Anthropic);
        Assert.Equal((500, 5), (written.GetProperty("k").GetInt32(), written.GetProperty("stop_sequences").GetArrayLength()));
        Assert.Equal("a_b", written.GetProperty("tools")[0].GetProperty("function").GetProperty("name").GetString());
        Assert.Equal("REQUIRED", written.GetProperty("tool_choice").GetString());
        Assert.Equal("disabled", written.GetProperty("thinking").GetProperty("type").GetString());
        Assert.Equal("""{"title":"T","text":"d"}""", written.GetProperty("documents")[0].GetProperty("data").GetRawText());
        written = Translated(ProtocolId.Cohere, ProtocolId.Anthropic,
            Body(Hi + "," + Called + """,{"role":"tool","tool_call_id":"c","content":"42"}""",
            Tools + ""","documents":["d"],"stop_sequences":["x"],"safety_mode":"STRICT" """));
        Assert.Equal("let me see", written.GetProperty("messages")[1].GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal("document", written.GetProperty("messages")[0].GetProperty("content")[0].GetProperty("type").GetString());
        Assert.Equal("x", written.GetProperty("stop_sequences")[0].GetString());
        Assert.False(written.TryGetProperty("safety_mode", out _));
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
    [InlineData("""{"model":"m","messages":[{"role":"assistant","tool_calls":["SECRET"]}]}""", "messages[0].tool_calls")]
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

    [Theory, Trait("gotcha", "T41"), Trait("gotcha", "C115")]
    [InlineData("""{"messages":[]}""")]
    [InlineData("""{"model":"","messages":[]}""")]
    [InlineData("""{"model":7,"messages":[]}""")]
    public void A_request_without_a_model_is_refused_by_that_name(string body)
    {
        using ChatRequest request = ChatRequest.Rent();
        GatewayError? error = CohereProtocol.Instance.ReadRequest(Encoding.UTF8.GetBytes(body), default, false, request);
        Assert.NotNull(error);
        Assert.Equal("model", error.Param);
        Assert.Contains("model", error.Message);
    }

    private static JsonElement Translated(ProtocolId from, ProtocolId to, string body)
    {
        using ChatRequest request = ChatRequest.Rent();
        using var output = new PooledBuffer();
        var target = new EgressTarget { WireModel = "wire-model", Capabilities = Capabilities.Default };
        var context = new TranslationContext(from, to, target);
        Assert.Null(RequestTranslation.Translate(Encoding.UTF8.GetBytes(body), default, false, ProtocolTable.Get(from), ProtocolTable.Get(to), target,
            context, request, output));
        JsonElement sent = JsonDocument.Parse(output.Span.ToArray()).RootElement;
        Assert.Empty(VendorRules.Broken(to, sent, target));
        return sent;
    }
}
