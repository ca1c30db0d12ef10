using System.Globalization;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols;
using Busbar.Wire.Json;

namespace Busbar.Demo;

/// <summary>The one answer simulated providers give, in the representation that all protocols are written from.</summary>
internal static class SimulatedAnswer
{
    private const int BytesPerToken = 4;

    /// <summary>
    /// Fills <paramref name="answer"/>: a sentence that names the provider and tells the length of the last user text, and a call of a tool when
    /// <paramref name="request"/> demands one.
    /// </summary>
    public static void Build(SimulatedProvider provider, ChatRequest request, ChatResponse answer)
    {
        (int characters, int bytes) = LastUserText(request);
        JsonText text = JsonText.From(string.Create(
            CultureInfo.InvariantCulture,
            $"This is {provider.Name}, which speaks the {provider.Protocol.Name()} protocol. Your last message has {characters} characters. No " +
                $"model was asked, and no key was spent."));

        // Writers repeat an answer of their own protocol as it was read; this one was never read.
        answer.Source = Foreign(provider.Protocol);
        answer.Model = JsonText.From(provider.Model);
        answer.Add(BlockKind.Text).Text = text;
        answer.StopReason = StopReason.EndTurn;
        if (Demanded(request) is { IsAbsent: false } tool)
        {
            Block call = answer.Add(BlockKind.ToolUse);
            call.Id = JsonText.From(Ids.Random("call_", 24));
            call.Name = tool;
            call.Input = JsonSlice.From("{}"u8);
            answer.StopReason = StopReason.ToolUse;
        }

        answer.Usage = new Usage { IsReported = true, Input = 1 + (bytes / BytesPerToken), Output = 1 + (text.Escaped.Length / BytesPerToken) };
    }

    /// <summary>A protocol other than <paramref name="own"/>.</summary>
    public static ProtocolId Foreign(ProtocolId own) => own == ProtocolId.OpenAI ? ProtocolId.Anthropic : ProtocolId.OpenAI;

    private static JsonText Demanded(ChatRequest request)
    {
        ToolChoice choice = request.ToolChoice;
        return request.Tools.Count == 0
            ? default
            : choice.Kind switch
            {
                ToolChoiceKind.Tool => choice.Name,
                ToolChoiceKind.Required => request.Tools[0].Name,
                ToolChoiceKind.Allowed when choice is { AllowedRequired: true, Allowed: [var first, ..] } => first,
                _ => default,
            };
    }

    private static (int Characters, int Bytes) LastUserText(ChatRequest request)
    {
        if (request.Messages.FindLast(message => message.Role == Role.User) is not { } last)
        {
            return default;
        }

        int characters = 0;
        int bytes = 0;
        foreach (Block block in last.Blocks)
        {
            if (block.Kind == BlockKind.Text)
            {
                characters += block.Text.ToString().EnumerateRunes().Count();
                bytes += block.Text.Escaped.Length;
            }
        }

        return (characters, bytes);
    }
}
