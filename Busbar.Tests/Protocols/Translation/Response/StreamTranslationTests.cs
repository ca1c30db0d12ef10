using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Models;
using Busbar.Protocols.Translation.Response;
using Busbar.Protocols.Translation.Signatures;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Translation.Response;

public sealed class StreamTranslationTests
{
    [Fact]
    [Trait("gotcha", "T257")]
    public void An_end_without_terminal_is_not_complete_and_can_still_be_told_as_an_error()
    {
        var stream = new Exchange(ProtocolId.OpenAI, ProtocolId.Anthropic, "m");
        stream.Play(static events => events.AddText(0, JsonText.From("half")));
        stream.Translation.Complete(stream.Output);
        Assert.False(stream.Translation.IsComplete);
        stream.Translation.WriteError(ErrorMapping.Interrupted, stream.Output);
        stream.Translation.WriteError(ErrorMapping.Interrupted, stream.Output);
        Assert.Single(stream.Ingress.Errors);
        stream.Translation.Dispose();
    }

    [Fact]
    [Trait("gotcha", "T254")]
    public void After_a_providers_error_nothing_more_is_written()
    {
        var stream = new Exchange(ProtocolId.OpenAI, ProtocolId.Anthropic, "m");
        stream.Play(static events =>
        {
            events.AddText(0, JsonText.From("a"));
            events.Add(StreamEventKind.Error).Error = new StreamError(FaultClass.Overloaded, default);
        });
        int written = stream.Output.Length;
        stream.Play(static events => events.AddText(0, JsonText.From("b")));
        stream.Translation.Complete(stream.Output);
        stream.Translation.WriteKeepAlive(stream.Output);
        Assert.Equal(FaultClass.Overloaded, stream.Translation.Error!.Class);
        Assert.Equal(written, stream.Output.Length);
        Assert.Equal(0, stream.Ingress.KeepAlives);
    }

    [Fact]
    public void The_prelude_is_not_content()
    {
        var stream = new Exchange(ProtocolId.OpenAI, ProtocolId.Anthropic, "m");
        stream.Play(static events => events.Add(StreamEventKind.MessageStart));
        stream.Play(static events => events.AddStart(0, BlockKind.Text));
        Assert.False(stream.Translation.HasContent);
        stream.Play(static events => events.AddText(0, JsonText.From("x")));
        Assert.True(stream.Translation.HasContent);
    }

    [Fact]
    public void A_gemini_calls_signature_reaches_an_Anthropic_client_in_a_thinking_block_before_the_call()
    {
        var stream = new Exchange(ProtocolId.Gemini, ProtocolId.Anthropic, "gemini-3-pro");
        stream.Play(static events =>
        {
            ref StreamEvent start = ref events.AddStart(0, BlockKind.ToolUse);
            start.Id = JsonText.From("g1");
            start.Name = JsonText.From("f");
            ref StreamEvent input = ref events.Add(StreamEventKind.InputDelta);
            input.Text = JsonText.From("{}");
            ref StreamEvent signature = ref events.Add(StreamEventKind.SignatureDelta);
            signature.Text = JsonText.From("c2ln");
            signature.Origin = ProtocolId.Gemini;
            events.AddStop(0);
            events.Add(StreamEventKind.MessageStop);
        });
        Assert.Equal([BlockKind.Thinking, BlockKind.ToolUse], stream.Ingress.Seen.Blocks.Select(static block => block.Kind));
        using var arena = new IrArena();
        Assert.True(SignatureEnvelope.TryUnwrap(JsonText.From(stream.Ingress.Seen.Blocks[0].Signature), arena, out _, out SignatureUse use,
            out string family, out JsonText original));
        Assert.Equal((SignatureUse.ToolCall, "gemini-3", "c2ln"), (use, family, original.ToString()));
        Assert.StartsWith("toolu_", stream.Ingress.Seen.Blocks[1].Id);
    }

    [Fact]
    public void A_signature_among_words_follows_them_and_does_not_cut_them_in_two()
    {
        var stream = new Exchange(ProtocolId.Gemini, ProtocolId.Anthropic, "gemini-3-pro");
        stream.Play(static events =>
        {
            events.AddStart(0, BlockKind.Text);
            events.AddText(0, JsonText.From("one "));
            ref StreamEvent signature = ref events.Add(StreamEventKind.SignatureDelta);
            signature.Text = JsonText.From("c2ln");
            signature.Origin = ProtocolId.Gemini;
            events.Add(StreamEventKind.MessageDelta);
        });
        stream.Play(static events =>
        {
            events.AddText(0, JsonText.From("two"));
            events.AddStop(0);
            events.Add(StreamEventKind.MessageStop);
        });

        Assert.Equal([BlockKind.Text, BlockKind.Thinking], stream.Ingress.Seen.Blocks.Select(static block => block.Kind));
        Assert.Equal("one two", stream.Ingress.Seen.Blocks[0].Text);
        using var arena = new IrArena();
        Assert.True(SignatureEnvelope.TryUnwrap(JsonText.From(stream.Ingress.Seen.Blocks[1].Signature), arena, out _, out SignatureUse use, out _,
            out JsonText original));
        Assert.Equal((SignatureUse.Preceding, "c2ln"), (use, original.ToString()));
    }

    [Fact]
    public void Unsigned_thinking_is_marked_for_the_way_back_and_a_Claude_signature_between_its_two_homes_is_not_touched()
    {
        var unsigned = new Exchange(ProtocolId.OpenAI, ProtocolId.Anthropic, "deepseek-r1");
        unsigned.Play(static events =>
        {
            events.AddStart(0, BlockKind.Thinking);
            events.AddText(0, JsonText.From("hm"));
            events.Add(StreamEventKind.MessageStop);
        });
        Assert.True(SignatureEnvelope.Is(JsonText.From(Assert.Single(unsigned.Ingress.Seen.Blocks).Signature)));

        var signed = new Exchange(ProtocolId.Bedrock, ProtocolId.Anthropic, "us.anthropic.claude-opus-4-5-v1:0");
        signed.Play(static events =>
        {
            events.AddStart(0, BlockKind.Thinking);
            events.AddText(0, JsonText.From("hm"));
            events.Add(StreamEventKind.SignatureDelta).Text = JsonText.From("EqQB+/=");
            events.Add(StreamEventKind.MessageStop);
        });
        Assert.Equal("EqQB+/=", Assert.Single(signed.Ingress.Seen.Blocks).Signature);
    }

    [Fact]
    public void The_stand_in_for_a_demanded_form_is_shown_as_text()
    {
        var stream = new Exchange(ProtocolId.Bedrock, ProtocolId.OpenAI, "m");
        stream.Context.SetStructuredTool(JsonText.From("response"));
        stream.Play(static events =>
        {
            ref StreamEvent start = ref events.AddStart(0, BlockKind.ToolUse);
            start.Id = JsonText.From("t");
            start.Name = JsonText.From("response");
            events.Add(StreamEventKind.InputDelta).Text = JsonText.From("{\"a\":");
            events.Add(StreamEventKind.InputDelta).Text = JsonText.From("1}");
            events.Add(StreamEventKind.MessageDelta).StopReason = StopReason.ToolUse;
            events.Add(StreamEventKind.MessageStop);
        });
        Assert.Equal((BlockKind.Text, "{\"a\":1}"), (stream.Ingress.Seen.Blocks[0].Kind, stream.Ingress.Seen.Blocks[0].Text));
        Assert.Equal(StopReason.EndTurn, stream.Translation.StopReason);
    }

    [Fact]
    public void A_disguised_free_text_call_comes_back_as_its_free_text()
    {
        var stream = new Exchange(ProtocolId.Anthropic, ProtocolId.Responses, "m");
        stream.Context.AddTool(JsonText.From("apply_patch"), new(JsonText.From("apply_patch"), Form: ToolForm.Custom));
        stream.Play(static events =>
        {
            ref StreamEvent start = ref events.AddStart(0, BlockKind.ToolUse);
            start.Id = JsonText.From("toolu_1");
            start.Name = JsonText.From("apply_patch");
            events.Add(StreamEventKind.InputDelta).Text = JsonText.From("{\"input\":\"*** a\\n");
            events.Add(StreamEventKind.InputDelta).Text = JsonText.From("\\\"b\\\"\"}");
            events.Add(StreamEventKind.MessageStop);
        });
        Assert.Equal("*** a\n\"b\"", Assert.Single(stream.Ingress.Seen.Blocks).Text);
        Assert.Equal("call_1", stream.Ingress.Seen.Blocks[0].Id);
    }

    [Fact]
    [Trait("gotcha", "T266")]
    public void A_renamed_tool_has_the_clients_name_in_the_stream()
    {
        var stream = new Exchange(ProtocolId.OpenAI, ProtocolId.Gemini, "m");
        stream.Context.AddTool(JsonText.From("a_b"), new(JsonText.From("a.b")));
        stream.Play(static events =>
        {
            events.AddStart(0, BlockKind.ToolUse).Name = JsonText.From("a_b");
            events.Add(StreamEventKind.MessageStop);
        });
        Assert.Equal("a.b", Assert.Single(stream.Ingress.Seen.Blocks).Name);
    }

    [Fact]
    public void A_whole_answer_becomes_a_full_stream()
    {
        var stream = new Exchange(ProtocolId.OpenAI, ProtocolId.Anthropic, "m");
        using ChatResponse whole = ChatResponse.Rent();
        whole.Add(BlockKind.Text).Text = JsonText.From("hi");
        Block call = whole.Add(BlockKind.ToolUse);
        call.Id = JsonText.From("call_1");
        call.Name = JsonText.From("f");
        call.Input = JsonSlice.From("{\"a\":\"b\"}"u8);
        whole.StopReason = StopReason.ToolUse;
        whole.Usage = new Usage { Output = 3, IsReported = true };
        stream.Translation.Feed(whole, stream.Output);
        Assert.True(stream.Translation.IsComplete);
        Assert.Equal([("", "hi"), ("toolu_1", "{\"a\":\"b\"}")], stream.Ingress.Seen.Blocks.Select(static block => (block.Id, block.Text)));
        Assert.Equal(3, stream.Translation.Usage.Output);
    }

    private sealed class Exchange
    {
        public Exchange(ProtocolId egress, ProtocolId ingress, string model)
        {
            Egress = new ScriptedProtocol(egress);
            Ingress = new ScriptedProtocol(ingress);
            Context = new TranslationContext(ingress, egress,
                new EgressTarget { WireModel = model, Capabilities = ModelCapabilities.For(egress, model) });
            Translation = new StreamTranslation(Egress, Ingress, Context, new StreamContext(default, false, false, static () => 0));
        }

        public ScriptedProtocol Egress { get; }

        public ScriptedProtocol Ingress { get; }

        public TranslationContext Context { get; }

        public StreamTranslation Translation { get; }

        public PooledBuffer Output { get; } = new();

        public void Play(Action<StreamEvents> script)
        {
            Egress.Script.Add(script);
            Translation.Feed(ScriptedProtocol.Frame(Egress.Script.Count - 1), Output);
        }
    }
}
