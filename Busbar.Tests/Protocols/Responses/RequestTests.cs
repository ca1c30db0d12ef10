using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Translation.Models;
using Busbar.Protocols.Translation.Request.Tools;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Responses;

public class RequestTests
{
    private const string Shape = "#/components/schemas/CreateResponse";

    [SkippableFact]
    [Trait("gotcha", "T2")]
    [Trait("gotcha", "T141")]
    [Trait("gotcha", "T142")]
    public void Every_recorded_request_is_the_same_after_reading_and_writing_except_for_the_model()
    {
        Skip.IfNot(Corpus.Exists);
        int seen = 0;
        foreach (CorpusExchange exchange in Exchange.Requests)
        {
            using ChatRequest request = Exchange.Read(exchange.Request!.Body);
            string model = request.Model.IsNullOrEmpty ? "gpt-test" : request.Model.ToString();
            (byte[] written, Losses losses) = Exchange.Write(request, model);
            JsonElement expected = Exchange.Parse(exchange.Request.Body);
            if (request.Model.IsAbsent)
            {
                expected = Exchange.Parse(exchange.Request.Body.Span.Length > 2
                    ? "{\"model\":\"gpt-test\"," + Encoding.UTF8.GetString(exchange.Request.Body.Span).TrimStart()[1..] : "{}");
            }

            Assert.True(JsonElement.DeepEquals(expected, Exchange.Parse(written)), $"{exchange.Id}\n{expected}\n{Encoding.UTF8.GetString(written)}");
            Assert.True(losses.IsEmpty, exchange.Id);
            seen++;
        }

        Assert.True(seen > 120, $"{seen} requests");
    }

    [SkippableFact]
    public void Requests_built_from_the_representation_match_the_published_shape()
    {
        Skip.IfNot(Corpus.Exists);
        foreach (CorpusExchange exchange in Exchange.Requests)
        {
            using ChatRequest request = Exchange.Read(exchange.Request!.Body);
            if (request.VendorState is not null || HasAnonymousReasoning(request))
            {
                continue;
            }

            (JsonElement json, _) = Exchange.WriteForeign(request);
            IReadOnlyList<string> faults = SchemaCheck.Validate(Exchange.Schemas, Shape, Encoding.UTF8.GetBytes(json.GetRawText()));
            Assert.True(faults.Count == 0, $"{exchange.Id}: {string.Join("\n", faults.Take(5))}\n{json}");
            Assert.False(json.GetProperty("store").GetBoolean());
        }
    }

    [SkippableFact]
    public void A_request_built_from_the_representation_reads_back_as_the_same_conversation()
    {
        Skip.IfNot(Corpus.Exists);
        foreach (CorpusExchange exchange in Exchange.Requests)
        {
            using ChatRequest request = Exchange.Read(exchange.Request!.Body);
            LoadedTools.Say(request);
            string before = Conversation(request);
            (JsonElement json, _) = Exchange.WriteForeign(request);
            using ChatRequest again = Exchange.Read(json.GetRawText());
            Assert.True(before == Conversation(again), $"{exchange.Id}\n{before}\n---\n{Conversation(again)}\n{json}");
        }
    }

    [Fact]
    [Trait("gotcha", "T135")]
    public void A_bare_string_is_one_user_turn_and_instructions_alone_are_enough()
    {
        using ChatRequest request = Exchange.Read("""{"model":"m","input":"hi"}""");
        Assert.Equal("hi", Assert.Single(Assert.Single(request.Messages).Blocks).Text.ToString());
        Assert.Equal(Role.User, request.Messages[0].Role);
        using ChatRequest alone = Exchange.Read("""{"model":"m","instructions":"be brief"}""");
        Assert.Equal("be brief", Assert.Single(alone.System).Text.ToString());
        Assert.NotNull(Exchange.Refusal("""{"model":"m"}"""));
        Assert.NotNull(Exchange.Refusal("{}"));
    }

    [Theory]
    [Trait("gotcha", "T41")]
    [InlineData("""{"model":5,"input":"x"}""")]
    [InlineData("""{"model":"","input":"x"}""")]
    [InlineData("""{"input":"x"}""")]
    [InlineData("""{"model":"m","input":7}""")]
    [InlineData("""{"model":"m","input":[7]}""")]
    [InlineData("""{"model":"m","input":[{"role":"wizard","content":"x"}]}""")]
    [InlineData("[]")]
    [InlineData("{")]
    public void An_impossible_request_is_refused_in_the_vendors_words(string body)
    {
        GatewayError? error = Exchange.Refusal(body);
        Assert.NotNull(error);
        Assert.Equal(ErrorKind.InvalidRequest, error.Kind);
        foreach (string word in (string[])["gateway", "pool", "lane", "upstream", "JsonException", "busbar"])
        {
            Assert.DoesNotContain(word, error.Message, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    [Trait("gotcha", "T136")]
    public void System_and_developer_items_stay_in_place_as_system_turns()
    {
        using ChatRequest request = Exchange.Read("""
            {"model":"m","instructions":"top","input":[{"role":"system","content":"a"},{"role":"user","content":"b"},{"role":"developer","content":"c"}]}
            """);
        Assert.Equal([Role.System, Role.User, Role.System], request.Messages.Select(message => message.Role));
        (JsonElement json, _) = Exchange.WriteForeign(request, Capabilities.Default with { DeveloperRole = true });
        Assert.Equal("developer", json.GetProperty("input")[0].GetProperty("role").GetString());
        Assert.Equal("top", json.GetProperty("instructions").GetString());
    }

    [Fact]
    [Trait("gotcha", "T137")]
    public void An_item_with_type_and_role_appears_once()
    {
        using ChatRequest request = Exchange.Read("""{"model":"m","input":[{"type":"message","role":"user","content":"once"}]}""");
        Assert.Equal("once", Assert.Single(Assert.Single(request.Messages).Blocks).Text.ToString());
    }

    [Fact]
    [Trait("gotcha", "T138")]
    public void Order_within_a_turn_is_kept_and_a_turn_of_calls_has_no_message_item()
    {
        using ChatRequest request = ChatRequest.Rent();
        Message turn = request.AddMessage(Role.Assistant);
        turn.Blocks.Add(request.Arena.NewText(JsonText.From("first")));
        turn.Blocks.Add(Call(request, "call_1"));
        Message second = request.AddMessage(Role.Assistant);
        second.Blocks.Add(request.Arena.NewText(JsonText.Empty));
        second.Blocks.Add(Call(request, "call_2"));
        (JsonElement json, _) = Exchange.WriteForeign(request);
        Assert.Equal(["message", "function_call", "function_call"], Types(json));
    }

    [Fact]
    [Trait("gotcha", "T139")]
    public void Malformed_arguments_survive_as_they_are()
    {
        using ChatRequest request =
            Exchange.Read("""{"model":"m","input":[{"type":"function_call","call_id":"c","name":"f","arguments":"{\"a\": oops"}]}""");
        Assert.Equal("{\"a\": oops", request.Messages[0].Blocks[0].InputText.ToString());
        (JsonElement json, _) = Exchange.WriteForeign(request);
        Assert.Equal("{\"a\": oops", json.GetProperty("input")[0].GetProperty("arguments").GetString());
    }

    [Fact]
    [Trait("gotcha", "T140")]
    public void Tool_output_parts_are_joined_without_separators_and_pictures_keep_the_list()
    {
        using ChatRequest request = Exchange.Read("""
            {"model":"m","input":[
              {"type":"function_call_output","call_id":"c","output":[{"type":"input_text","text":"a"},{"type":"input_text","text":"b"}]},
              {"type":"function_call_output","call_id":"d","output":[{"type":"input_text","text":"a"},{"type":"input_image","image_url":"data:image/png;base64,AAAA"}]}]}
            """);
        Assert.Equal("AAAA", request.Messages[1].Blocks[0].Children![1].Data.ToString());
        (JsonElement json, _) = Exchange.WriteForeign(request);
        Assert.Equal("ab", json.GetProperty("input")[0].GetProperty("output").GetString());
        JsonElement picture = json.GetProperty("input")[1].GetProperty("output")[1];
        Assert.Equal("data:image/png;base64,AAAA", picture.GetProperty("image_url").GetString());
        Assert.Equal("auto", picture.GetProperty("detail").GetString());
    }

    [Fact]
    [Trait("gotcha", "T54")]
    [Trait("gotcha", "T141")]
    public void A_file_id_of_another_vendor_is_dropped()
    {
        using ChatRequest request = ChatRequest.Rent();
        Message turn = request.AddMessage(Role.User);
        Block image = request.Arena.NewBlock(BlockKind.Image);
        image.Source = MediaSource.Vendor;
        image.Origin = ProtocolId.Anthropic;
        image.Data = JsonText.From("file_abc");
        turn.Blocks.Add(image);
        turn.Blocks.Add(request.Arena.NewText(JsonText.From("what is it?")));
        (JsonElement json, Losses losses) = Exchange.WriteForeign(request);
        Assert.DoesNotContain("file_abc", json.GetRawText());
        Assert.True(losses.Contains(LossField.VendorFile));
    }

    [Fact]
    [Trait("gotcha", "T53")]
    [Trait("gotcha", "T143")]
    [Trait("gotcha", "T289")]
    public void Only_this_vendors_signed_thinking_of_the_assistant_becomes_a_reasoning_item()
    {
        using ChatRequest request = ChatRequest.Rent();
        foreach ((Role role, ProtocolId origin, string? signature) in ((Role, ProtocolId, string?)[])[
            (Role.User, ProtocolId.Responses, "sig"), (Role.Assistant, ProtocolId.Anthropic, "sig"), (Role.Assistant, ProtocolId.Responses, null),
            (Role.Assistant, ProtocolId.Responses, "genuine")])
        {
            Block thought = request.Arena.NewBlock(BlockKind.Thinking);
            thought.Text = JsonText.From("hm");
            thought.Origin = origin;
            thought.Signature = JsonText.From(signature);
            request.AddMessage(role).Blocks.Add(thought);
        }

        (JsonElement json, Losses losses) = Exchange.WriteForeign(request);
        JsonElement item = Assert.Single(json.GetProperty("input").EnumerateArray());
        Assert.Equal("genuine", item.GetProperty("encrypted_content").GetString());
        Assert.False(item.TryGetProperty("id", out _));
        Assert.True(losses.Contains(LossField.Thinking));
    }

    [Fact]
    public void A_reasoning_item_whose_signature_was_replaced_is_written_anew()
    {
        using ChatRequest request =
            Exchange.Read(
            """{"model":"m","input":[{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"wrapped"},{"role":"user","content":"x"}]}""");
        request.Messages[0].Blocks[0].Signature = JsonText.From("restored");
        JsonElement json = Exchange.Parse(Exchange.Write(request).Json);
        Assert.Equal("restored", json.GetProperty("input")[0].GetProperty("encrypted_content").GetString());
        Assert.Equal("rs_1", json.GetProperty("input")[0].GetProperty("id").GetString());
    }

    [Fact]
    [Trait("gotcha", "T160")]
    public void What_the_protocol_lacks_is_left_out_and_noted()
    {
        using ChatRequest request = ChatRequest.Rent();
        request.AddMessage(Role.User).Blocks.Add(request.Arena.NewText(JsonText.From("x")));
        request.TopK = 5;
        request.Seed = JsonSlice.From("7"u8);
        request.Stop.Add(JsonText.From("END"));
        request.FrequencyPenalty = JsonSlice.From("1"u8);
        request.CandidateCount = 3;
        request.MaxTokens = 1;
        request.Temperature = JsonSlice.From("0.70"u8);
        (JsonElement json, Losses losses) = Exchange.WriteForeign(request);
        foreach (string name in (string[])["top_k", "seed", "stop", "frequency_penalty", "n"])
        {
            Assert.False(json.TryGetProperty(name, out _), name);
        }

        foreach (LossField field in (LossField[])[LossField.TopK, LossField.Seed, LossField.StopSequences, LossField.FrequencyPenalty,
            LossField.CandidateCount])
        {
            Assert.True(losses.Contains(field), field.ToString());
        }

        Assert.Equal(16, json.GetProperty("max_output_tokens").GetInt32());
        Assert.Equal("0.70", json.GetProperty("temperature").GetRawText());
    }

    [Theory]
    [Trait("gotcha", "T164")]
    [InlineData("\"previous_response_id\":\"resp_1\"", "previous_response_id")]
    [InlineData("\"conversation\":{\"id\":\"conv_1\"}", "conversation")]
    [InlineData("\"background\":true", "background")]
    [InlineData("\"prompt\":{\"id\":\"pmpt_1\"}", "prompt")]
    [InlineData("\"previous_response_id\":null,\"conversation\":null,\"background\":false,\"reasoning\":null", null)]
    public void State_that_only_the_vendor_holds_is_named(string member, string? state)
    {
        using ChatRequest request = Exchange.Read("{\"model\":\"m\",\"input\":\"x\"," + member + "}");
        Assert.Equal(state, request.VendorState);
    }

    [Fact]
    public void An_item_reference_is_vendor_state()
    {
        using ChatRequest request = Exchange.Read("""{"model":"m","input":[{"type":"item_reference","id":"msg_1"}]}""");
        Assert.Equal("item_reference", request.VendorState);
    }

    [Fact]
    public void Custom_tools_and_their_calls_and_results_keep_their_form()
    {
        const string body = """
            {"model":"m","tools":[{"type":"custom","name":"apply_patch","format":{"type":"text"}}],"tool_choice":{"type":"custom","name":"apply_patch"},
             "input":[{"type":"custom_tool_call","call_id":"c1","name":"apply_patch","input":"*** Begin"},{"type":"custom_tool_call_output","call_id":"c1","output":"ok"}]}
            """;
        using ChatRequest request = Exchange.Read(body);
        Assert.True(request.Messages[0].Blocks[0].IsCustomTool);
        Assert.Equal("*** Begin", request.Messages[0].Blocks[0].InputText.ToString());
        request.Messages[1].Blocks[0].IsCustomTool = false;
        (JsonElement json, _) = Exchange.WriteForeign(request);
        Assert.Equal(["custom_tool_call", "custom_tool_call_output"], Types(json));
        Assert.Equal("custom", json.GetProperty("tools")[0].GetProperty("type").GetString());
        Assert.Equal("custom", json.GetProperty("tool_choice").GetProperty("type").GetString());
    }

    [Theory]
    [InlineData("\"auto\"", "Auto", null)]
    [InlineData("\"required\"", "Required", null)]
    [InlineData("\"none\"", "None", null)]
    [InlineData("\"whatever\"", "Unspecified", null)]
    [InlineData("""{"type":"function","name":"f"}""", "Tool", "f")]
    [InlineData("""{"type":"function","function":{"name":"f"}}""", "Tool", "f")]
    [InlineData("""{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"f"}]}""", "Allowed", "f")]
    [InlineData("""{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"f"}}]}}""", "Allowed",
        "f")]
    [InlineData("""{"type":"web_search"}""", "Unspecified", null)]
    public void Every_form_of_tool_choice_is_understood(string choice, string kind, string? name)
    {
        using ChatRequest request =
            Exchange.Read("""{"model":"m","input":"x","tools":[{"type":"function","name":"f","parameters":null}],"tool_choice":""" + choice + "}");
        Assert.Equal(Enum.Parse<ToolChoiceKind>(kind), request.ToolChoice.Kind);
        Assert.Equal(name ?? "", request.ToolChoice.Allowed?[0].ToString() ?? request.ToolChoice.Name.ToString());
        Assert.Equal(kind == "Allowed", request.ToolChoice.AllowedRequired);
    }

    [Fact]
    [Trait("gotcha", "T15")]
    [Trait("gotcha", "T20")]
    public void Hosted_tools_and_a_choice_without_tools_do_not_travel()
    {
        using ChatRequest request = Exchange.Read("""{"model":"m","input":"x","tools":[{"type":"web_search"}],"tool_choice":"required"}""");
        Assert.Equal(ToolKind.Hosted, Assert.Single(request.Tools).Kind);
        request.Tools[0] = request.Tools[0] with { Origin = ProtocolId.Anthropic };
        (JsonElement json, Losses losses) = Exchange.WriteForeign(request);
        Assert.False(json.TryGetProperty("tools", out _));
        Assert.False(json.TryGetProperty("tool_choice", out _));
        Assert.True(losses.Contains(LossField.HostedTool));
    }

    [Fact]
    [Trait("gotcha", "T52")]
    public void A_tool_without_schema_gets_an_empty_one_and_strict_is_said()
    {
        using ChatRequest request = Exchange.Read("""{"model":"m","input":"x","tools":[{"type":"function","name":"f"}]}""");
        (JsonElement json, _) = Exchange.WriteForeign(request);
        JsonElement tool = json.GetProperty("tools")[0];
        Assert.Equal("""{"type":"object","properties":{}}""", tool.GetProperty("parameters").GetRawText());
        Assert.False(tool.GetProperty("strict").GetBoolean());
    }

    [Fact]
    [Trait("gotcha", "T286")]
    public void A_demanded_form_of_answer_is_written_flat_with_a_name()
    {
        using ChatRequest request =
            Exchange.Read("""{"model":"m","input":"x","text":{"verbosity":"low","format":{"type":"json_schema","schema":{"type":"object"}}}}""");
        Assert.True(request.ResponseFormat.Json);
        (JsonElement json, _) = Exchange.WriteForeign(request);
        JsonElement format = json.GetProperty("text").GetProperty("format");
        Assert.Equal("response", format.GetProperty("name").GetString());
        Assert.Equal("object", format.GetProperty("schema").GetProperty("type").GetString());
        Assert.Equal("low", json.GetProperty("text").GetProperty("verbosity").GetString());
    }

    [Fact]
    public void Encrypted_reasoning_is_asked_for_only_where_the_model_reasons()
    {
        using ChatRequest request = Exchange.Read("""{"model":"m","input":"x","reasoning":{"effort":"xhigh","summary":"auto"}}""");
        Assert.Equal(ReasoningEffort.XHigh, request.Reasoning.Effort);
        (JsonElement json, _) = Exchange.WriteForeign(request);
        Assert.Equal("reasoning.encrypted_content", json.GetProperty("include")[0].GetString());
        Assert.Equal("auto", json.GetProperty("reasoning").GetProperty("summary").GetString());
        (JsonElement plain, _) = Exchange.WriteForeign(request, Capabilities.Default with { Reasoning = false });
        Assert.False(plain.TryGetProperty("include", out _));
    }

    [Fact]
    public void Unknown_and_vendor_run_items_keep_their_place_and_raw_form()
    {
        using ChatRequest request = Exchange.Read("""
            {"model":"m","input":[{"role":"user","content":"a"},{"type":"web_search_call","id":"ws_1","status":"completed"},{"type":"brand_new","x":1.50},{"role":"user","content":"b"}]}
            """);
        Assert.Equal([BlockKind.Text, BlockKind.ServerToolUse, BlockKind.Opaque, BlockKind.Text],
            request.Messages.Select(message => message.Blocks[0].Kind));
        Assert.Equal("""{"type":"brand_new","x":1.50}""", request.Messages[2].Blocks[0].Raw.ToString());
        Assert.Equal("web_search", request.Messages[1].Blocks[0].Name.ToString());
        (JsonElement json, Losses losses) = Exchange.WriteForeign(request);
        Assert.Equal(["message", "message"], Types(json));
        Assert.True(losses.Contains(LossField.ServerTool) && losses.Contains(LossField.OpaqueBlock));
    }

    private static Block Call(ChatRequest request, string id)
    {
        Block call = request.Arena.NewBlock(BlockKind.ToolUse);
        call.Id = JsonText.From(id);
        call.Name = JsonText.From("f");
        call.Input = JsonSlice.From("{}"u8);
        return call;
    }

    private static string[] Types(JsonElement json) => [.. json.GetProperty("input").EnumerateArray()
        .Select(item => item.GetProperty("type").GetString()!)];

    // The published shape demands an id that no one but the vendor may invent.
    private static bool HasAnonymousReasoning(ChatRequest request) =>
        request.Messages.SelectMany(message => message.Blocks)
            .Any(block => block.Kind == BlockKind.Thinking && block.Id.IsAbsent && !block.Signature.IsAbsent);

    private static string Conversation(ChatRequest request) =>
        string.Join('\n', request.System.Select(block => block.Text.ToString()).Append(string.Join(
            '\n',
            request.Messages.Select(message => (message.Role, Blocks: message.Blocks.Where(IsExpressible).ToList()))
                .Where(turn => turn.Blocks.Count > 0)
                .Select(turn => $"{turn.Role}: {Exchange.Show(turn.Blocks.Select(WithoutHistoryOnlyFields))}"))))
        + $"\n{request.MaxTokens} {request.Temperature} {request.TopP} {request.Reasoning.Effort} {request.ResponseFormat.Schema}";

    private static bool IsExpressible(Block block) => block.Kind switch
    {
        BlockKind.Text or BlockKind.Refusal => !block.Text.IsNullOrEmpty,
        BlockKind.Thinking => !block.Signature.IsNullOrEmpty,
        BlockKind.ToolUse or BlockKind.ToolResult => true,
        BlockKind.Image or BlockKind.Document => !block.Data.IsNullOrEmpty && block.Id.IsAbsent,
        _ => false,
    };

    private static Block WithoutHistoryOnlyFields(Block block)
    {
        block.Citations?.Clear();
        if (block is { Kind: BlockKind.ToolResult, Children: { Count: > 1 } children } && children.TrueForAll(child => child.Kind == BlockKind.Text))
        {
            children[0].Text = JsonText.From(string.Concat(children.Select(child => child.Text.ToString())));
            children.RemoveRange(1, children.Count - 1);
        }

        return block;
    }
}
