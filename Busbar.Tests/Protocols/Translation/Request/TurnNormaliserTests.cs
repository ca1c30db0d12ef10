using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Translation.Models;
using Busbar.Protocols.Translation.Request;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Translation.Request;

public sealed class TurnNormaliserTests
{
    private static readonly ProtocolId[] All = Enum.GetValues<ProtocolId>();

    [Fact]
    [Trait("gotcha", "T51")]
    public void Consecutive_assistant_turns_become_one_everywhere()
    {
        foreach (ProtocolId egress in All)
        {
            using ChatRequest request = Talk("u:a", "a:b", "a:c", "u:d");
            Assert.Equal("u:a|a:b,c|u:d", Apply(request, egress, out _));
        }
    }

    [Theory]
    [InlineData("u:q,a#1#2,t=1,t=2,u:next", "u:q|a:#1,#2|u:=1,=2,next")]
    [InlineData("u:q,a#1,u:text,t=1", "u:q|a:#1|u:=1,text")]
    [InlineData("u:q,a#1,u:text=1", "u:q|a:#1|u:=1,text")]
    [InlineData("u:q,t=9", "u:q,out9")]
    [InlineData("a:hello,u:q", "u:.|a:hello|u:q")]
    [InlineData("u:q,a:,u:r", "u:q,r")]
    [InlineData("u:q,s:rule,a:b,s:more", "u:q|a:b")]
    [InlineData("s:only", "u:.")]
    [InlineData("u:q,a#1", "u:q|a:#1")]
    public void Turns_for_strict_providers_alternate_begin_with_the_user_and_keep_results_by_their_calls(string given, string expected)
    {
        foreach (ProtocolId egress in new[] { ProtocolId.Anthropic, ProtocolId.Bedrock, ProtocolId.Gemini })
        {
            using ChatRequest request = Talk(given.Split(','));
            Assert.Equal(expected, Apply(request, egress, out _));
            Assert.DoesNotContain(request.Messages, static message => message.Role is Role.System or Role.Tool);
        }
    }

    [Fact]
    public void Results_in_turns_of_their_own_answer_the_calls_together_everywhere()
    {
        foreach (ProtocolId egress in All)
        {
            using ChatRequest request = Talk("u:q", "a#1#2", "u=1", "u=2", "u:next");
            string told = Apply(request, egress, out Losses losses);
            Assert.EndsWith("=1,=2" + (request.Messages.Count == 3 ? ",next" : "|u:next"), told, StringComparison.Ordinal);
            Assert.False(losses.Contains(LossField.UnansweredCall));
        }
    }

    [Fact]
    public void Hoisted_instructions_keep_their_order_and_moving_them_is_noted()
    {
        using ChatRequest request = Talk("s:one", "u:q", "s:two");
        Apply(request, ProtocolId.Gemini, out Losses losses);
        Assert.Equal(["one", "two"], request.System.Select(static block => block.Text.ToString()));
        Assert.True(losses.Contains(LossField.SystemPosition));

        using ChatRequest kept = Talk("s:one", "u:q", "s:two");
        Assert.Equal("u:q|s:two", Apply(kept, ProtocolId.Anthropic, out losses, new Capabilities { MidSystem = true }));
        Assert.False(losses.Contains(LossField.SystemPosition));
    }

    [Fact]
    public void A_model_without_prefill_gets_the_last_word_from_the_user()
    {
        using ChatRequest request = Talk("u:q", "a:I think");
        Assert.Equal("u:q|a:I think|u:Continue.", Apply(request, ProtocolId.Anthropic, out Losses losses, new Capabilities { Prefill = false }));
        Assert.True(losses.Contains(LossField.AssistantPrefill));
    }

    [Fact]
    public void Arguments_for_strict_providers_are_always_objects()
    {
        foreach ((string? input, string? text, string expected) in new (string?, string?, string)[]
        {
            ("null", null, "{}"), (null, null, "{}"), ("[1]", null, "{\"args\":[1]}"), ("\"x\"", null, "{\"args\":\"x\"}"),
            (null, "{\"a\":1}", "{\"a\":1}"), (null, "{bad \"q\"", "{\"args\":\"{bad \\\"q\\\"\"}"), ("{\"k\":1.0}", null, "{\"k\":1.0}"),
        })
        {
            using ChatRequest request = Talk("u:q", "a#1");
            Block call = request.Messages[1].Blocks[0];
            call.Input = input is null ? default : JsonSlice.From(System.Text.Encoding.UTF8.GetBytes(input));
            call.InputText = text is null ? default : JsonText.From(text);
            Apply(request, ProtocolId.Anthropic, out _);
            Assert.Equal(expected, call.Input.ToString());
        }
    }

    private static string Apply(ChatRequest request, ProtocolId egress, out Losses losses, Capabilities? capabilities = null)
    {
        losses = default;
        TurnNormaliser.Apply(request, egress, capabilities ?? new(), ref losses);
        return string.Join('|', request.Messages.Select(static message =>
            $"{"suat"[(int)message.Role]}:{string.Join(',', message.Blocks.Select(Show))}"));
    }

    private static string Show(Block block) => block.Kind switch
    {
        BlockKind.ToolUse => "#" + block.Id,
        BlockKind.ToolResult => "=" + block.Id,
        _ => block.Text.ToString(),
    };

    // "u:text", "a#id#id", "t=id", "u:text=id"
    private static ChatRequest Talk(params string[] turns)
    {
        var request = new ChatRequest();
        foreach (string turn in turns)
        {
            Message message = request.AddMessage(turn[0] switch { 's' => Role.System, 'u' => Role.User, 'a' => Role.Assistant, _ => Role.Tool });
            foreach (string piece in System.Text.RegularExpressions.Regex.Split(turn[1..], "(?=[:#=])").Where(static piece => piece != ""))
            {
                Block block = request.Arena.NewBlock(piece[0] switch { '#' => BlockKind.ToolUse, '=' => BlockKind.ToolResult, _ => BlockKind.Text });
                block.Text = piece[0] == ':' ? JsonText.From(piece[1..]) : default;
                block.Id = JsonText.From(piece[1..]);
                if (block.Kind == BlockKind.ToolResult)
                {
                    block.AddChild(request.Arena.NewText(JsonText.From("out" + piece[1..])));
                }

                message.Blocks.Add(block);
            }
        }

        return request;
    }
}
