using System.Text;
using System.Text.Json.Nodes;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Anthropic;
using Busbar.Wire;
using Busbar.Wire.Json;
using JsonNode = System.Text.Json.Nodes.JsonNode;
using static Busbar.Tests.Protocols.Anthropic.Messages;

namespace Busbar.Tests.Protocols.Anthropic;

public sealed class RequestTests
{
    private const string SchemaFile = "anthropic-messages.schema.json";

    private const string Hello = """ "messages":[{"role":"user","content":"Hi"}] """;

    private const string Tools = """ "tools":[{"name":"f","input_schema":{"type":"object"}}] """;

    [SkippableFact]
    [Trait("gotcha", "T2")]
    [Trait("gotcha", "T67")]
    [Trait("gotcha", "T68")]
    public void Every_recorded_request_is_written_back_with_the_same_meaning()
    {
        Skip.IfNot(Corpus.Exists);
        var different = new List<string>();
        int count = 0;
        foreach (CorpusExchange exchange in Requests)
        {
            using ChatRequest request = Read(Encoding.UTF8.GetString(exchange.Request!.Body.Span));
            JsonObject written = Parse(Write(request, out Losses losses));
            if (!JsonNode.DeepEquals(Normal.Request(Parse(exchange.Request.Body)), Normal.Request(written)) || !losses.IsEmpty)
            {
                different.Add(exchange.Id);
            }

            count++;
        }

        Assert.Empty(different);
        Assert.True(count > 150, $"only {count} requests were recorded");
    }

    [SkippableFact]
    [Trait("gotcha", "T1")]
    public void Every_recorded_request_written_as_from_another_protocol_is_valid_by_the_published_shape()
    {
        Skip.IfNot(Corpus.Exists);
        var invalid = new List<string>();
        foreach (CorpusExchange exchange in Requests)
        {
            using ChatRequest request = Read(Encoding.UTF8.GetString(exchange.Request!.Body.Span));
            request.Source = ProtocolId.OpenAI;
            request.Extra.Clear();
            request.Tools.RemoveAll(tool => tool.Kind == ToolKind.Hosted);
            request.MaxTokens ??= 4096;
            foreach (Message message in request.Messages)
            {
                message.Blocks.RemoveAll(block => block.Kind is BlockKind.Opaque or BlockKind.ServerToolUse or BlockKind.ServerToolResult
                    or BlockKind.ToolChange);
            }

            byte[] written = Write(request, out _);

            // The published shape knows files by id only in beta messages, and its beta request does not refer to those.
            IEnumerable<string> faults = written.AsSpan().IndexOf("\"file_id\""u8) < 0
                ? SchemaCheck.Validate(SchemaFile, "#/$defs/MessageCreateParams", written)
                : Parse(written)["messages"]!.AsArray().SelectMany(message =>
                    SchemaCheck.Validate(SchemaFile, "#/$defs/BetaMessageParam", Encoding.UTF8.GetBytes(message!.ToJsonString())));
            invalid.AddRange(faults.Select(fault => $"{exchange.Id}{fault}"));
        }

        Assert.Empty(invalid);
    }

    [SkippableFact]
    public void No_mutation_of_a_recorded_request_makes_the_reader_or_writer_throw()
    {
        Skip.IfNot(Corpus.Exists);
        var random = new Random(55);
        foreach (CorpusExchange exchange in Requests.Where(exchange => exchange.Request!.Body.Length < 20_000))
        {
            for (int round = 0; round < 20; round++)
            {
                byte[] body = exchange.Request!.Body.ToArray();
                for (int change = random.Next(1, 4); change > 0; change--)
                {
                    body[random.Next(body.Length)] = (byte)"\"{}[],:0antx\\"[random.Next(13)];
                }

                using ChatRequest request = ChatRequest.Rent();
                GatewayError? fault = AnthropicProtocol.Instance.ReadRequest(body, default, false, request);
                if (fault is null)
                {
                    Parse(Write(request, out _));
                }
                else
                {
                    Assert.Equal(ErrorKind.InvalidRequest, fault.Kind);
                }
            }
        }
    }

    [Theory]
    [InlineData("nonsense", "The request body is not valid JSON")]
    [InlineData("""{"messages":[]}""", "model: Field required")]
    [InlineData("""{"model":5,"messages":[]}""", "model: Input should be a valid string")]
    [InlineData("""{"model":"","messages":[]}""", "model: String should have at least 1 character")]
    [InlineData("""{"model":"m"}""", "messages: Field required")]
    [InlineData("""{"model":"m","messages":"SECRET"}""", "messages: Input should be a valid array")]
    [InlineData("""{"model":"m","messages":[{"role":"SECRET","content":""}]}""", "messages.0.role: Input should be 'user', 'assistant' or 'system'")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":7}]}""",
        "messages.0.content: Input should be a valid string or array of blocks")]
    [InlineData("""{"model":"m","messages":["SECRET"]}""", "messages.0: Input should be an object")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"text":"SECRET"}]}]}""", "messages.0.content.0.type: Field required")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"type":"image"}]}]}""", "messages.0.content.0.image.source: Field required")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"text"}]}]}]}""",
        "messages.0.content.0.tool_result.content.0.text.text: Field required")]
    [InlineData("""{"model":"m","messages":[],"max_tokens":"SECRET"}""", "max_tokens: Input should be a valid integer")]
    [InlineData("""{"model":"m","messages":[],"temperature":"SECRET"}""", "temperature: Input should be a valid number")]
    [InlineData("""{"model":"m","messages":[],"tools":[{"input_schema":{}}]}""", "tools.0.name: Field required")]
    [Trait("gotcha", "T36")]
    public void A_malformed_request_is_refused_by_naming_the_field_and_never_its_content(string body, string message)
    {
        GatewayError fault = ReadFault(body);

        Assert.Equal(new GatewayError(ErrorKind.InvalidRequest, message), fault);
        Assert.DoesNotContain("SECRET", message);
    }

    [Fact]
    [Trait("gotcha", "T38")]
    public void Deep_nesting_is_refused() =>
        Assert.Equal(ErrorKind.InvalidRequest, ReadFault($$"""{"model":"m","messages":{{new string('[', 200)}}{{new string(']', 200)}}}""").Kind);

    [Theory]
    [InlineData("4294967297", null)]
    [InlineData("-1", null)]
    [InlineData("0", "max_tokens")]
    [Trait("gotcha", "T4")]
    [Trait("gotcha", "T5")]
    public void A_limit_out_of_range_is_kept_for_the_same_protocol_and_absent_for_every_other(string limit, string? state)
    {
        using ChatRequest request = Read($$"""{"model":"m",{{Hello}},"max_tokens":{{limit}}}""");

        Assert.Null(request.MaxTokens);
        Assert.Equal(state, request.VendorState);
        Assert.Equal(limit, Parse(Write(request, out _))["max_tokens"]!.ToJsonString());
    }

    [Fact]
    public void Only_a_thread_that_is_continued_depends_on_the_vendor()
    {
        using ChatRequest created = Read($$"""{"model":"m",{{Hello}},"thread":{},"container":"c","mcp_servers":[]}""");
        using ChatRequest continued = Read($$$"""{"model":"m",{{{Hello}}},"thread":{"previous_message_id":"msg_1"}}""");

        Assert.Null(created.VendorState);
        Assert.Equal("thread", continued.VendorState);
        Assert.NotNull(Parse(Write(continued, out _))["thread"]!["previous_message_id"]);
    }

    [Fact]
    public void What_a_turn_says_beyond_role_and_content_is_written_back()
    {
        using ChatRequest request =
            Read("""{"model":"m","messages":[{"role":"user","content":"a"},{"role":"system","content":"b","clear_at":{"x":1}}]}""");

        Assert.Equal("""{"x":1}""", Parse(Write(request, out _))["messages"]![1]!["clear_at"]!.ToJsonString());
    }

    [Fact]
    [Trait("gotcha", "T61")]
    public void A_system_turn_in_the_conversation_stays_where_it_is()
    {
        using ChatRequest request = Read("""{"model":"m","messages":[{"role":"user","content":"a"},{"role":"system","content":"b"}]}""");

        Assert.Equal([Role.User, Role.System], request.Messages.Select(message => message.Role));
        Assert.Empty(request.System);
    }

    [Fact]
    [Trait("gotcha", "T62")]
    [Trait("gotcha", "T63")]
    [Trait("gotcha", "T64")]
    public void Unsigned_thinking_is_left_out_with_its_turn_and_redacted_thinking_is_kept()
    {
        JsonObject written = WriteAsForeign("""
            {"model":"m","messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"t"}]},
            {"role":"assistant","content":[{"type":"redacted_thinking","data":"d"},{"type":"thinking","thinking":"","signature":"s"}]}]}
            """, out Losses losses);

        Assert.Equal(2, written["messages"]!.AsArray().Count);
        Assert.Equal("""[{"type":"redacted_thinking","data":"d"},{"type":"thinking","thinking":"","signature":"s"}]""",
            written["messages"]![1]!["content"]!.ToJsonString());
        Assert.True(losses.Contains(LossField.Thinking));
        Assert.True(losses.Contains(LossField.EmptyTurn));
    }

    [Fact]
    [Trait("gotcha", "T66")]
    public void Images_keep_the_form_of_their_source()
    {
        const string Content =
            """[{"type":"image","source":{"type":"url","url":"https://x/y.png"}},{"type":"image","source":{"type":"base64","media_type":"image/""" +
            """png","data":"AA=="}}]""";

        Assert.Equal(Content, WriteAsForeign($$"""{"model":"m","messages":[{"role":"user","content":{{Content}}}]}""", out _)["messages"]![0]![
            "content"]!.ToJsonString());
    }

    [Fact]
    [Trait("gotcha", "T54")]
    [Trait("gotcha", "T290")]
    public void Media_that_this_protocol_cannot_take_are_left_out_and_noted()
    {
        JsonObject written = WriteAsForeign($$"""{"model":"m",{{Hello}}}""", out Losses losses, change: request =>
        {
            Block audio = request.Arena.NewBlock(BlockKind.Audio);
            Block file = request.Arena.NewBlock(BlockKind.Image);
            (file.Source, file.Origin, file.Data) = (MediaSource.Vendor, ProtocolId.OpenAI, JsonText.From("file-1"));
            request.Messages[0].Blocks.AddRange([audio, file]);
        });

        Assert.Single(written["messages"]![0]!["content"]!.AsArray());
        Assert.True(losses.Contains(LossField.Audio));
        Assert.True(losses.Contains(LossField.VendorFile));
    }

    [Theory]
    [InlineData("text", """{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}""")]
    [InlineData("tool_use", """{"type":"tool_use","id":"i","name":"n","input":{},"cache_control":{"type":"ephemeral","ttl":"1h"}}""")]
    [InlineData("tool_result",
        """{"type":"tool_result","tool_use_id":"i","content":[{"type":"text","text":"r"}],"cache_control":{"type":"ephemeral","ttl":"5m"}}""")]
    [InlineData("image", """{"type":"image","source":{"type":"file","file_id":"f"},"cache_control":{"type":"ephemeral"}}""")]
    [InlineData("thinking", """{"type":"thinking","thinking":"t","signature":"s","cache_control":{"type":"ephemeral"}}""")]
    [InlineData("document",
        """{"type":"document","source":{"type":"text","media_type":"text/plain","data":"d"},"title":"t","context":"c","citations":{"enabled":""" +
        """true},"cache_control":{"type":"ephemeral","ttl":"1h"}}""")]
    [InlineData("citation",
        """{"type":"text","text":"a","citations":[{"type":"char_location","cited_text":"é\u00e9","document_index":0,"x":1.50}]}""")]
    [InlineData("unknown", """{"type":"hologram","depth":1.0}""")]
    [InlineData("caller", """{"type":"tool_use","id":"i","name":"n","input":{},"caller":{"type":"direct"}}""")]
    [Trait("gotcha", "T67")]
    [Trait("gotcha", "T80")]
    [Trait("gotcha", "T94")]
    public void A_block_is_written_back_byte_for_byte(string name, string block)
    {
        using ChatRequest request = Read($$"""{"model":"m","messages":[{"role":"assistant","content":[{{block}}]}]}""");

        Assert.Contains($"\"content\":[{block}]", Encoding.UTF8.GetString(Write(request, out _)));
        Assert.NotEmpty(name);
    }

    [Fact]
    [Trait("gotcha", "T69")]
    public void A_document_is_read_as_a_document()
    {
        using ChatRequest request =
            Read("""{"model":"m","messages":[{"role":"user","content":[{"type":"document","title":"T","source":""" +
            """{"type":"content","content":"words"}}]}]}""");
        Block document = request.Messages[0].Blocks[0];

        Assert.Equal((BlockKind.Document, MediaSource.Blocks, "T", "words"),
            (document.Kind, document.Source, document.Title.ToString(), document.Children![0].Text.ToString()));
    }

    [Fact]
    [Trait("gotcha", "T82")]
    public void Thinking_excludes_sampling_and_forced_calls()
    {
        JsonObject written = WriteAsForeign($$"""
            {"model":"m",{{Hello}},{{Tools}},"max_tokens":9000,"temperature":0.5,"top_p":0.9,"top_k":5,"thinking":{"type":"enabled","budget_tokens":4000},
            "tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true} }
            """, out Losses losses);

        Assert.Null(written["temperature"]);
        Assert.Null(written["top_p"]);
        Assert.Null(written["top_k"]);
        Assert.Equal("""{"type":"auto","disable_parallel_tool_use":true}""", written["tool_choice"]!.ToJsonString());
        Assert.True(losses.Contains(LossField.Temperature) && losses.Contains(LossField.TopP) && losses.Contains(LossField.TopK)
            && losses.Contains(LossField.ToolChoice));
    }

    [Theory]
    [InlineData(4096, 8000, 3072L)]
    [InlineData(1500, 8000, null)]
    [InlineData(20000, 8000, 8000L)]
    [Trait("gotcha", "T83")]
    public void A_budget_leaves_room_for_the_answer(int limit, int budget, long? written)
    {
        JsonNode? thinking =
            WriteAsForeign($$$"""{"model":"m",{{{Hello}}},"max_tokens":{{{limit}}},"thinking":{"type":"enabled","budget_tokens":{{{budget}}}}}""",
            out _)["thinking"];

        Assert.Equal(written, thinking?["budget_tokens"]!.GetValue<long>());
    }

    [Theory]
    [InlineData(true, """{"type":"auto","disable_parallel_tool_use":true}""")]
    [InlineData(false, null)]
    [Trait("gotcha", "T84")]
    [Trait("gotcha", "T15")]
    public void Forbidding_parallel_calls_needs_tools(bool hasTools, string? choice)
    {
        JsonObject written = WriteAsForeign($$"""{"model":"m",{{Hello}},{{(hasTools ? Tools : "\"tools\":[]")}}}""", out _,
            change: request => request.ParallelToolCalls = false);

        Assert.Equal(choice, written["tool_choice"]?.ToJsonString());
    }

    [Fact]
    [Trait("gotcha", "T85")]
    public void No_call_allowed_leaves_the_parallel_flag_out()
    {
        JsonObject written = WriteAsForeign($$$"""{"model":"m",{{{Hello}}},{{{Tools}}},"tool_choice":{"type":"none"}}""", out _,
            change: request => request.ParallelToolCalls = false);

        Assert.Equal("""{"type":"none"}""", written["tool_choice"]!.ToJsonString());
    }

    [Fact]
    [Trait("gotcha", "T86")]
    public void Native_metadata_wins_over_the_user_field()
    {
        using ChatRequest request = Read($$$"""{"model":"m",{{{Hello}}},"metadata":{"user_id":"u","tier":"gold"}}""");

        Assert.Equal("u", request.User.ToString());
        Assert.Equal("""{"user_id":"u","tier":"gold"}""", Parse(Write(request, out _))["metadata"]!.ToJsonString());
        Assert.Equal("""{"user_id":"u"}""", WriteAsForeign($$$"""{"model":"m",{{{Hello}}},"metadata":{"user_id":"u","tier":"gold"}}""", out _)[
            "metadata"]!.ToJsonString());
    }

    [Theory]
    [InlineData("""{"type":"disabled"}""")]
    [InlineData("""{"type":"between_tools"}""")]
    [InlineData("""{"type":"adaptive","display":"summarized"}""")]
    [InlineData("""{"type":"enabled","budget_tokens":2048,"display":"omitted"}""")]
    [InlineData("""{"type":"dreaming","depth":3}""")]
    [Trait("gotcha", "T87")]
    public void Every_form_of_thinking_is_written_back(string thinking)
    {
        using ChatRequest request = Read($$"""{"model":"m",{{Hello}},"thinking":{{thinking}}}""");

        Assert.Equal(thinking, Parse(Write(request, out _))["thinking"]!.ToJsonString());
    }

    [Fact]
    [Trait("gotcha", "T90")]
    public void A_thinking_block_of_a_client_is_never_redacted()
    {
        using ChatRequest request =
            Read("""{"model":"m","messages":[{"role":"assistant","content":""" +
            """[{"type":"thinking","thinking":"t","signature":"s","data":"d","redacted":true}]}]}""");

        Assert.False(request.Messages[0].Blocks[0].Redacted);
    }

    [Theory]
    [InlineData("""{"type":"web_search_20250305","name":"web_search"}""", ToolKind.Hosted)]
    [InlineData("""{"type":"computer_toolset_20260801"}""", ToolKind.Hosted)]
    [InlineData("""{"type":"custom","name":"f","input_schema":{"type":"object"}}""", ToolKind.Function)]
    [InlineData("""{"type":null,"name":"f","input_schema":{"type":"object"}}""", ToolKind.Function)]
    [InlineData("""{"name":"f","defer_loading":true,"input_schema":{"type":"object"}}""", ToolKind.Function)]
    [Trait("gotcha", "T95")]
    public void A_tool_with_a_type_of_its_own_is_hosted_and_every_tool_is_written_back(string tool, object kind)
    {
        using ChatRequest request = Read($$"""{"model":"m",{{Hello}},"tools":[{{tool}}]}""");

        Assert.Equal((ToolKind)kind, request.Tools[0].Kind);
        Assert.Equal(tool, Parse(Write(request, out _))["tools"]![0]!.ToJsonString());
    }

    [Fact]
    [Trait("gotcha", "T52")]
    public void A_tool_without_a_schema_takes_an_empty_object() =>
        Assert.Equal(
            """{"type":"object","properties":{}}""",
            WriteAsForeign($$"""{"model":"m",{{Hello}},"tools":[{"name":"f"}]}""", out _)["tools"]![0]!["input_schema"]!.ToJsonString());

    [Fact]
    [Trait("gotcha", "T10")]
    [Trait("gotcha", "T11")]
    public void Empty_stop_strings_vanish() =>
        Assert.Equal("""["A","B"]""", WriteAsForeign($$"""{"model":"m",{{Hello}},"stop_sequences":["A",null,"","B"]}""", out _)[
            "stop_sequences"]!.ToJsonString());

    [Fact]
    [Trait("gotcha", "T3")]
    [Trait("gotcha", "T288")]
    public void Numbers_and_schemas_keep_their_spelling()
    {
        using ChatRequest request =
            Read($$$$"""{"model":"m",{{{{Hello}}}},"temperature":0.70,"output_config":{"format":{"type":"json_schema","schema":{"const":1.0}} } }""");
        request.Source = ProtocolId.OpenAI;

        string written = Encoding.UTF8.GetString(Write(request, out _));
        Assert.Contains("\"temperature\":0.70", written);
        Assert.Contains("""{"format":{"type":"json_schema","schema":{"const":1.0}}}""", written);
    }
}
