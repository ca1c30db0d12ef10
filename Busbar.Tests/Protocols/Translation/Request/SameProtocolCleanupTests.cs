using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Models;
using Busbar.Protocols.Translation.Request;
using Busbar.Protocols.Translation.Response;
using Busbar.Protocols.Translation.Signatures;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Translation.Request;

public sealed class SameProtocolCleanupTests
{
    [Fact]
    [Trait("gotcha", "T53")]
    public void Foreign_thinking_is_taken_out_and_the_vendors_own_stays_as_it_is()
    {
        var protocol = new ScriptedProtocol(ProtocolId.Anthropic)
        {
            Request = static request =>
            {
                request.AddMessage(Role.User).Blocks.Add(request.Arena.NewText(JsonText.From("q")));
                Message answer = request.AddMessage(Role.Assistant);
                Add(request, answer, "own", "EqQB");
                Add(request, answer, "foreign", Token(ProtocolId.OpenAI, SignatureUse.Thinking, "deepseek-r1", ""));
                answer.Blocks.Add(request.Arena.NewText(JsonText.From("a")));
            },
        };
        Assert.True(Rewrite(protocol, "claude-opus-4-5"));
        Assert.Equal("Text:q:|Thinking:own:EqQB,Text:a:", protocol.Written);
    }

    [Fact]
    public void A_bound_signature_goes_home_to_its_model_and_nowhere_else()
    {
        var protocol = new ScriptedProtocol(ProtocolId.Anthropic)
        {
            Request = static request =>
            {
                Message answer = request.AddMessage(Role.Assistant);
                Add(request, answer, "hm", Token(ProtocolId.Bedrock, SignatureUse.Thinking, "claude-opus-5-5", "EqQB+/="));
                answer.Blocks.Add(request.Arena.NewText(JsonText.From("a")));
            },
        };
        Assert.True(Rewrite(protocol, "claude-opus-5-5"));
        Assert.Equal("Thinking:hm:EqQB+/=,Text:a:", protocol.Written);
        Assert.True(Rewrite(protocol, "claude-sonnet-5-5"));
        Assert.Equal("Text:a:", protocol.Written);
    }

    [Fact]
    public void A_body_that_only_talks_about_a_token_goes_out_as_it_came()
    {
        var protocol = new ScriptedProtocol(ProtocolId.Anthropic)
        {
            Request = static request => request.AddMessage(Role.User).Blocks.Add(
                request.Arena.NewText(JsonText.From("what is " + Token(ProtocolId.Gemini, SignatureUse.ToolCall, "gemini-3", "x")))),
        };
        Assert.False(Rewrite(protocol, "claude-opus-4-5"));
        Assert.Null(protocol.Written);
    }

    [Fact]
    [Trait("gotcha", "T21")]
    [Trait("gotcha", "T89")]
    public void A_whole_answer_loses_the_providers_identity_and_keeps_its_meaning()
    {
        var target = new EgressTarget { WireModel = "gemini-3-pro", Capabilities = ModelCapabilities.For(ProtocolId.Gemini, "gemini-3-pro") };
        var context = new TranslationContext(ProtocolId.Responses, ProtocolId.Gemini, target);
        context.AddTool(JsonText.From("patch"), new(JsonText.From("patch"), Form: ToolForm.Custom));
        using ChatResponse response = ChatResponse.Rent();
        response.Id = JsonText.From("foreign");
        response.StopReason = StopReason.ToolUse;
        response.Add(BlockKind.ServerToolUse);
        Block call = response.Add(BlockKind.ToolUse);
        call.Id = JsonText.From("g-1");
        call.Name = JsonText.From("patch");
        call.Input = JsonSlice.From("{\"input\":\"a\\nb\"}"u8);
        call.Signature = JsonText.From("c2ln");
        ResponseAdapter.Prepare(response, context);

        Assert.True(response.Id.IsAbsent);
        Assert.Equal([BlockKind.Thinking, BlockKind.ToolUse], response.Blocks.Select(static block => block.Kind));
        Assert.True(SignatureEnvelope.Is(response.Blocks[0].Signature));
        Assert.Equal((true, "a\nb"), (call.IsCustomTool, call.InputText.ToString()));
        Assert.StartsWith("call_", call.Id.ToString());
        Assert.Equal(StopReason.ToolUse, response.StopReason);
        Assert.True(context.Losses.Contains(LossField.ServerTool));
    }

    private static bool Rewrite(ScriptedProtocol protocol, string model)
    {
        var target = new EgressTarget { WireModel = model, Capabilities = ModelCapabilities.For(protocol.Id, model) };
        using var request = new ChatRequest();
        using var output = new PooledBuffer();
        return SameProtocolCleanup.TryRewrite(default, default, false, protocol, target, new TranslationContext(protocol.Id, protocol.Id, target),
            request, output);
    }

    private static void Add(ChatRequest request, Message message, string text, string signature)
    {
        Block thinking = request.Arena.NewBlock(BlockKind.Thinking);
        thinking.Text = JsonText.From(text);
        thinking.Signature = JsonText.From(signature);
        message.Blocks.Add(thinking);
    }

    private static string Token(ProtocolId origin, SignatureUse use, string family, string original)
    {
        using var token = new PooledBuffer();
        SignatureEnvelope.Wrap(origin, use, family, JsonText.From(original), token);
        return System.Text.Encoding.ASCII.GetString(token.Span);
    }
}
