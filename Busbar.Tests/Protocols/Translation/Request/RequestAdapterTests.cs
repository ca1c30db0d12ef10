using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Models;
using Busbar.Protocols.Translation.Request;
using Busbar.Protocols.Translation.Signatures;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Translation.Request;

public sealed class RequestAdapterTests
{
    private static readonly ProtocolId[] All = Enum.GetValues<ProtocolId>();

    [Fact]
    [Trait("gotcha", "T1")]
    public void Unmodelled_fields_never_cross()
    {
        using ChatRequest request = Request();
        request.Extra.Add(new JsonMember(JsonText.From("logit_bias"), default));
        request.Extra.Add(new JsonMember(JsonText.From("guardrailConfig"), default));
        request.Extra.Add(new JsonMember(JsonText.From("novelty"), default));
        TranslationContext context = Prepare(request, ProtocolId.OpenAI, ProtocolId.Anthropic);
        Assert.Empty(request.Extra);
        Assert.True(context.Losses.Contains(LossField.LogitBias) && context.Losses.Contains(LossField.Guardrails)
            && context.Losses.Contains(LossField.ExtraField));
    }

    [Theory]
    [InlineData("""
        "stream":false,"store":false,"background":false,"truncation":"disabled","user":null,"novelty":null,"tools":[],"metadata":null,
        "reasoning":{"effort":"low","summary":"auto"},"text":{"format":{"type":"text"}},"include":["reasoning.encrypted_content"]
        """, false)]
    [InlineData("\"store\":true", true)]
    [InlineData("\"truncation\":\"auto\"", true)]
    [InlineData("\"novelty\":1", true)]
    [InlineData("\"reasoning\":{\"effort\":\"low\",\"novelty\":1}", true)]
    [InlineData("\"text\":{\"novelty\":1}", true)]
    [InlineData("\"include\":[\"file_search_call.results\"]", true)]
    public void Only_what_says_something_and_is_lost_is_counted(string members, bool isLost)
    {
        using ChatRequest request = ChatRequest.Rent();
        byte[] body = System.Text.Encoding.UTF8.GetBytes($"{{\"model\":\"m\",\"input\":\"x\",{members}}}");
        Assert.Null(ProtocolTable.Get(ProtocolId.Responses).ReadRequest(body, default, false, request));
        TranslationContext context = Prepare(request, ProtocolId.Responses, ProtocolId.Anthropic);
        Assert.Equal(isLost, context.Losses.Contains(LossField.ExtraField) || context.Losses.Contains(LossField.Store)
            || context.Losses.Contains(LossField.Truncation));
    }

    [Theory]
    [InlineData("0.7", "0.7", "anthropic")]
    [InlineData("1.7", "1.0", "anthropic")]
    [InlineData("1.7", "1.0", "bedrock")]
    [InlineData("1.7", "1.7", "openai")]
    [InlineData("2.5", "2.0", "gemini")]
    [InlineData("7e-1", "7e-1", "responses")]
    [InlineData("2.5", "1.0", "cohere")]
    [InlineData("0.30", "0.30", "cohere")]
    [Trait("gotcha", "T3")]
    [Trait("gotcha", "T81")]
    public void Temperature_keeps_its_spelling_unless_it_is_out_of_range(string given, string sent, string protocol)
    {
        Assert.True(ProtocolNames.TryParse(protocol, out ProtocolId egress));
        using ChatRequest request = Request();
        request.Temperature = JsonSlice.From(System.Text.Encoding.ASCII.GetBytes(given));
        TranslationContext context = Prepare(request, Other(egress), egress);
        Assert.Equal(sent, request.Temperature.ToString());
        Assert.Equal(given != sent, context.Losses.Contains(LossField.Temperature));
    }

    [Fact]
    [Trait("gotcha", "T6")]
    [Trait("gotcha", "T7")]
    [Trait("gotcha", "T8")]
    public void Only_Anthropic_gets_a_limit_the_caller_did_not_set()
    {
        foreach (ProtocolId egress in All)
        {
            using ChatRequest request = Request();
            Prepare(request, Other(egress), egress);
            Assert.Equal(egress == ProtocolId.Anthropic ? 4096 : null, request.MaxTokens);
            request.MaxTokens = 5;
            Prepare(request, Other(egress), egress);
            Assert.Equal(5, request.MaxTokens);
        }
    }

    [Fact]
    [Trait("gotcha", "T13")]
    public void Stop_strings_are_cut_to_what_each_protocol_takes()
    {
        foreach ((ProtocolId egress, int kept) in new[] { (ProtocolId.OpenAI, 4), (ProtocolId.Gemini, 5), (ProtocolId.Cohere, 5),
            (ProtocolId.Responses, 0), (ProtocolId.Anthropic, 7) })
        {
            using ChatRequest request = Request();
            request.Stop.AddRange(Enumerable.Range(0, 7).Select(index => JsonText.From("s" + index)));
            TranslationContext context = Prepare(request, Other(egress), egress);
            Assert.Equal(kept, request.Stop.Count);
            Assert.Equal(kept < 7, context.Losses.Contains(LossField.StopSequences));
        }
    }

    [Fact]
    [Trait("gotcha", "T14")]
    public void Several_candidates_become_one()
    {
        using ChatRequest request = Request();
        request.CandidateCount = 3;
        TranslationContext context = Prepare(request, ProtocolId.OpenAI, ProtocolId.Gemini);
        Assert.Null(request.CandidateCount);
        Assert.True(context.Losses.Contains(LossField.CandidateCount));
    }

    [Fact]
    [Trait("gotcha", "T15")]
    [Trait("gotcha", "T20")]
    [Trait("gotcha", "T95")]
    public void Hosted_tools_stay_behind_and_take_their_choice_with_them()
    {
        foreach (ProtocolId egress in All)
        {
            using ChatRequest request = Request();
            request.Tools.Add(new Tool { Kind = ToolKind.Hosted, Name = JsonText.From("web_search") });
            request.ToolChoice = new ToolChoice { Kind = ToolChoiceKind.Tool, Name = JsonText.From("web_search") };
            request.ParallelToolCalls = false;
            TranslationContext context = Prepare(request, Other(egress), egress);
            Assert.Empty(request.Tools);
            Assert.Equal(ToolChoiceKind.Unspecified, request.ToolChoice.Kind);
            Assert.Null(request.ParallelToolCalls);
            Assert.True(context.Losses.Contains(LossField.HostedTool) && context.Losses.Contains(LossField.ToolChoice));
        }
    }

    [Fact]
    [Trait("gotcha", "T16")]
    public void A_model_that_cannot_think_is_not_asked_to()
    {
        foreach (ProtocolId egress in All)
        {
            using ChatRequest request = Request();
            request.Reasoning = new Reasoning { Effort = ReasoningEffort.High };
            TranslationContext context = Prepare(request, Other(egress), egress, new Capabilities { Reasoning = false });
            Assert.False(request.Reasoning.IsSpecified);
            Assert.True(context.Losses.Contains(LossField.Reasoning));
        }
    }

    [Fact]
    [Trait("gotcha", "T17")]
    public void Effort_words_and_budgets_convert_by_the_table()
    {
        using ChatRequest toClaude = Request();
        toClaude.Reasoning = new Reasoning { Effort = ReasoningEffort.High };
        Prepare(toClaude, ProtocolId.OpenAI, ProtocolId.Anthropic);
        Assert.Equal((ReasoningMode.Budget, 16384L), (toClaude.Reasoning.Mode, toClaude.Reasoning.Budget));
        Assert.True(toClaude.MaxTokens > 16384);

        using ChatRequest toOpenAI = Request();
        toOpenAI.Reasoning = new Reasoning { Mode = ReasoningMode.Budget, Budget = 8192 };
        Prepare(toOpenAI, ProtocolId.Anthropic, ProtocolId.OpenAI);
        Assert.Equal(ReasoningEffort.Medium, toOpenAI.Reasoning.Effort);
    }

    [Theory]
    [InlineData(4096, 3072L)]
    [InlineData(1500, null)]
    [Trait("gotcha", "T83")]
    public void A_budget_leaves_room_for_the_answer(long limit, long? budget)
    {
        using ChatRequest request = Request();
        request.MaxTokens = limit;
        request.Reasoning = new Reasoning { Mode = ReasoningMode.Budget, Budget = 8000 };
        Prepare(request, ProtocolId.Gemini, ProtocolId.Anthropic);
        Assert.Equal(budget, request.Reasoning.IsOn ? request.Reasoning.Budget : null);
    }

    [Fact]
    [Trait("gotcha", "T82")]
    public void Thinking_at_Claude_excludes_sampling_and_forced_calls()
    {
        using ChatRequest request = Request();
        request.Reasoning = new Reasoning { Effort = ReasoningEffort.Low };
        request.Temperature = request.TopP = JsonSlice.From("0.5"u8);
        request.TopK = 4;
        AddTool(request, "f");
        request.ToolChoice = new ToolChoice { Kind = ToolChoiceKind.Tool, Name = JsonText.From("f") };
        Prepare(request, ProtocolId.OpenAI, ProtocolId.Anthropic);
        Assert.True(request.Temperature.IsAbsent && request.TopP.IsAbsent && request.TopK is null);
        Assert.Equal(ToolChoiceKind.Auto, request.ToolChoice.Kind);
        Assert.True(request.ToolChoice.Name.IsAbsent);
    }

    [Fact]
    public void The_version_of_Anthropic_that_refuses_sampling_gets_none()
    {
        using ChatRequest request = Request();
        request.Temperature = request.TopP = JsonSlice.From("1"u8);
        request.TopK = 1;
        EgressTarget target = new() { WireModel = "m", Capabilities = new(), AnthropicVersion = "2026-10-21" };
        TranslationContext context = Context(ProtocolId.OpenAI, ProtocolId.Anthropic, target);
        Assert.Null(RequestAdapter.Prepare(
            request, new ScriptedProtocol(ProtocolId.OpenAI), new ScriptedProtocol(ProtocolId.Anthropic), target, context));
        Assert.True(request.Temperature.IsAbsent && request.TopP.IsAbsent && request.TopK is null);
        Assert.True(context.Losses.Contains(LossField.Temperature) && context.Losses.Contains(LossField.TopP)
            && context.Losses.Contains(LossField.TopK));
    }

    [Fact]
    [Trait("gotcha", "T18")]
    public void Four_cache_marks_survive_to_Anthropic_in_the_order_system_messages_tools()
    {
        using ChatRequest request = Request();
        for (int index = 0; index < 2; index++)
        {
            Block system = request.Arena.NewText(JsonText.From("s"));
            system.Cache = CacheMark.Default;
            request.System.Add(system);
            Block text = request.Arena.NewText(JsonText.From("m"));
            text.Cache = CacheMark.Long;
            request.Messages[0].Blocks.Add(text);
            request.Tools.Add(new Tool { Name = JsonText.From("f" + index), Cache = CacheMark.Short });
        }

        TranslationContext context = Prepare(request, ProtocolId.Bedrock, ProtocolId.Anthropic);
        Assert.All(request.System, static block => Assert.NotEqual(CacheMark.None, block.Cache));
        Assert.Equal(2, request.Messages[0].Blocks.Count(static block => block.Cache == CacheMark.Long));
        Assert.All(request.Tools, static tool => Assert.Equal(CacheMark.None, tool.Cache));
        Assert.True(context.Losses.Contains(LossField.CacheControl));
    }

    [Fact]
    [Trait("gotcha", "T19")]
    public void No_cache_mark_reaches_a_model_that_does_not_know_them()
    {
        foreach (ProtocolId egress in All)
        {
            using ChatRequest request = Request();
            request.Messages[0].Blocks[0].Cache = CacheMark.Default;
            TranslationContext context = Prepare(request, Other(egress), egress, new Capabilities { PromptCaching = false });
            Assert.Equal(CacheMark.None, request.Messages[0].Blocks[0].Cache);
            Assert.True(context.Losses.Contains(LossField.CacheControl));
        }
    }

    [Fact]
    [Trait("gotcha", "T52")]
    public void A_tool_without_a_schema_gets_an_empty_object_schema_everywhere()
    {
        foreach (ProtocolId egress in All)
        {
            using ChatRequest request = Request();
            request.Tools.Add(new Tool { Name = JsonText.From("a") });
            request.Tools.Add(new Tool { Name = JsonText.From("b"), Schema = JsonSlice.From("null"u8) });
            Prepare(request, Other(egress), egress);
            Assert.All(request.Tools, static tool => Assert.Equal("{\"type\":\"object\",\"properties\":{}}", tool.Schema.ToString()));
        }
    }

    [Fact]
    [Trait("gotcha", "T53")]
    [Trait("gotcha", "T62")]
    [Trait("gotcha", "T105")]
    public void Thinking_of_another_vendor_or_without_a_signature_stays_behind()
    {
        foreach (ProtocolId egress in All)
        {
            foreach (ProtocolId origin in new[] { ProtocolId.Anthropic, ProtocolId.Gemini, ProtocolId.Responses })
            {
                using ChatRequest request = Request();
                AddThinking(request, origin, "sig");
                AddThinking(request, origin, "");
                Prepare(request, origin, egress, model: ModelOf(egress));
                int kept = request.Messages.Sum(static message => message.Blocks.Count(static block => block.Kind == BlockKind.Thinking));
                bool isHome = ModelFamily.Accepts(ModelFamily.Of(egress, ModelOf(egress)), ModelFamily.Of(origin))
                    && egress is not (ProtocolId.OpenAI or ProtocolId.Cohere);
                Assert.Equal(isHome ? 1 : 0, kept);
            }
        }
    }

    [Fact]
    [Trait("gotcha", "T54")]
    public void A_vendors_file_does_not_go_to_another_vendor()
    {
        using ChatRequest request = Request();
        Block image = request.Arena.NewBlock(BlockKind.Image);
        image.Source = MediaSource.Vendor;
        image.Origin = ProtocolId.Anthropic;
        image.Data = JsonText.From("file_1");
        request.Messages[0].Blocks.Add(image);
        TranslationContext context = Prepare(request, ProtocolId.Anthropic, ProtocolId.OpenAI);
        Assert.Equal([BlockKind.Text, BlockKind.Text], request.Messages[0].Blocks.Select(static block => block.Kind));
        Assert.StartsWith("[An image was attached here.", request.Messages[0].Blocks[1].Text.ToString());
        Assert.True(context.Losses.Contains(LossField.VendorFile));
    }

    [Fact]
    [Trait("gotcha", "T266")]
    public void Illegal_tool_names_are_renamed_everywhere_and_the_client_sees_its_own()
    {
        string longName = new('x', 100);
        foreach (ProtocolId egress in All)
        {
            using ChatRequest request = Request();
            AddTool(request, "a_b");
            AddTool(request, "a.b");
            AddTool(request, "a b");
            AddTool(request, longName);
            request.ToolChoice = new ToolChoice { Kind = ToolChoiceKind.Tool, Name = JsonText.From("a b") };
            Message assistant = request.AddMessage(Role.Assistant);
            Block call = request.Arena.NewBlock(BlockKind.ToolUse);
            call.Id = JsonText.From("1");
            call.Name = JsonText.From("a b");
            assistant.Blocks.Add(call);
            TranslationContext context = Prepare(request, Other(egress), egress, new Capabilities());

            string[] names = [.. request.Tools.Select(static tool => tool.Name.ToString())];
            Assert.Equal(4, names.Distinct().Count());
            Assert.All(names, name => Assert.InRange(name.Length, 1, egress == ProtocolId.Anthropic ? 128 : 64));
            Assert.All(names, name => Assert.Matches(egress == ProtocolId.Gemini ? "^[A-Za-z_][A-Za-z0-9_.:-]*$" : "^[A-Za-z0-9_-]+$", name));
            Assert.Equal(["a_b", "a.b", "a b", longName], request.Tools.Select(tool => context.ClientTool(tool.Name).Name.ToString()));
            Assert.True(call.Name.Equals(request.Tools[2].Name));
            Assert.True(request.ToolChoice.Name.Equals(request.Tools[2].Name));
        }
    }

    [Fact]
    public void A_request_that_needs_another_vendors_state_is_refused_by_name()
    {
        using ChatRequest request = Request();
        request.VendorState = "previous_response_id";
        GatewayError? error = RequestAdapter.Prepare(
            request, new ScriptedProtocol(ProtocolId.Responses), new ScriptedProtocol(ProtocolId.Anthropic), Target(new(), "m"),
            Context(ProtocolId.Responses, ProtocolId.Anthropic, Target(new(), "m")));
        Assert.Equal((ErrorKind.InvalidRequest, "previous_response_id"), (error!.Kind, error.Param));
    }

    [Fact]
    public void A_schema_the_model_does_not_take_becomes_a_forced_tool_or_a_refusal()
    {
        using ChatRequest request = Request();
        request.ResponseFormat = new ResponseFormat { Json = true, Schema = JsonSlice.From("{\"type\":\"object\"}"u8), Name =
            JsonText.From("my answer") };
        TranslationContext context = Prepare(request, ProtocolId.OpenAI, ProtocolId.Bedrock, new Capabilities { StructuredOutput = false });
        Assert.Equal("my_answer", context.StructuredTool.ToString());
        Assert.Equal(ToolChoiceKind.Tool, request.ToolChoice.Kind);
        Assert.False(request.ResponseFormat.Json);

        using ChatRequest refused = Request();
        refused.ResponseFormat = new ResponseFormat { Json = true, Schema = JsonSlice.From("{}"u8) };
        EgressTarget target = Target(new Capabilities { StructuredOutput = false, ForcedToolChoice = false }, "m");
        GatewayError? error = RequestAdapter.Prepare(
            refused, new ScriptedProtocol(ProtocolId.OpenAI), new ScriptedProtocol(ProtocolId.Bedrock), target,
            Context(ProtocolId.OpenAI, ProtocolId.Bedrock, target));
        Assert.Equal("response_format", error!.Param);
    }

    [Fact]
    [Trait("gotcha", "T29")]
    public void Ids_inside_a_result_are_fitted_with_the_calls_they_belong_to()
    {
        using ChatRequest request = Request();
        JsonText id = JsonText.From("call with spaces/" + new string('x', 60));
        Block call = request.Arena.NewBlock(BlockKind.ToolUse);
        Block result = request.Arena.NewBlock(BlockKind.ToolResult);
        Block nested = request.Arena.NewBlock(BlockKind.ToolResult);
        call.Name = JsonText.From("f");
        call.Id = result.Id = nested.Id = id;
        result.AddChild(nested);
        request.AddMessage(Role.Assistant).Blocks.Add(call);
        request.AddMessage(Role.User).Blocks.Add(result);
        Prepare(request, ProtocolId.Cohere, ProtocolId.Anthropic);
        Assert.Matches("^toolu_[A-Za-z0-9_-]+$", call.Id.ToString());
        Assert.Equal([call.Id.ToString(), call.Id.ToString()], [result.Id.ToString(), nested.Id.ToString()]);
    }

    [Fact]
    public void A_wrapped_tool_signature_is_put_back_on_the_call_at_its_own_vendor_and_dropped_elsewhere()
    {
        foreach ((ProtocolId egress, string model, string expected) in new[]
        {
            (ProtocolId.Gemini, "gemini-3-pro", "c2ln"),
            (ProtocolId.Gemini, "gemini-4-pro", "skip_thought_signature_validator"),
            (ProtocolId.OpenAI, "gemini-3-pro", "c2ln"),
            (ProtocolId.Bedrock, "anthropic.claude-opus-4-5", ""),
        })
        {
            using ChatRequest request = Request();
            using var token = new PooledBuffer();
            SignatureEnvelope.Wrap(ProtocolId.Gemini, SignatureUse.ToolCall, "gemini-3", JsonText.From("c2ln"), token);
            AddThinking(request, ProtocolId.Anthropic, System.Text.Encoding.ASCII.GetString(token.Span));
            Block call = request.Arena.NewBlock(BlockKind.ToolUse);
            call.Id = JsonText.From("1");
            call.Name = JsonText.From("f");
            request.Messages[^1].Blocks.Add(call);
            Prepare(request, ProtocolId.Anthropic, egress, ModelCapabilities.For(egress, model), model);
            Assert.Equal(expected, call.Signature.ToString());
            Assert.Equal(BlockKind.ToolUse, Assert.Single(request.Messages[^1].Blocks).Kind);
        }
    }

    private static string ModelOf(ProtocolId egress) => egress switch
    {
        ProtocolId.Anthropic => "claude-opus-4-5",
        ProtocolId.Bedrock => "us.anthropic.claude-opus-4-5-v1:0",
        ProtocolId.Gemini => "gemini-3-pro",
        ProtocolId.Cohere => "command-a",
        _ => "gpt-5.2",
    };

    private static ProtocolId Other(ProtocolId egress) => egress == ProtocolId.OpenAI ? ProtocolId.Anthropic : ProtocolId.OpenAI;

    private static ChatRequest Request()
    {
        var request = new ChatRequest();
        request.AddMessage(Role.User).Blocks.Add(request.Arena.NewText(JsonText.From("hello")));
        return request;
    }

    private static void AddTool(ChatRequest request, string name) => request.Tools.Add(new Tool { Name = JsonText.From(name) });

    private static void AddThinking(ChatRequest request, ProtocolId origin, string signature)
    {
        Block thinking = request.Arena.NewBlock(BlockKind.Thinking);
        thinking.Origin = origin;
        thinking.Text = JsonText.From("hm");
        thinking.Signature = JsonText.From(signature);
        request.AddMessage(Role.Assistant).Blocks.Add(thinking);
    }

    private static EgressTarget Target(Capabilities capabilities, string model) => new() { WireModel = model, Capabilities = capabilities };

    private static TranslationContext Context(ProtocolId ingress, ProtocolId egress, EgressTarget target) => new(ingress, egress, target);

    private static TranslationContext Prepare(ChatRequest request, ProtocolId ingress, ProtocolId egress, Capabilities? capabilities = null,
        string model = "m")
    {
        EgressTarget target = Target(capabilities ?? new(), model);
        TranslationContext context = Context(ingress, egress, target);
        Assert.Null(RequestAdapter.Prepare(request, new ScriptedProtocol(ingress), new ScriptedProtocol(egress), target, context));
        return context;
    }
}
