using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Seventh;

/// <summary>Writes a chat request that the adapter has prepared.</summary>
internal static class RequestWriter
{
    /// <summary>Writes <paramref name="request"/> as the next value.</summary>
    public static void Write(ChatRequest request, EgressTarget target, JsonWriter output, ref Losses losses)
    {
        output.StartObject();
        output.Text("model"u8, target.WireModelText);
        if (request.Stream)
        {
            output.Bool("stream"u8, true);
        }

        if (request.MaxTokens is { } cap)
        {
            output.Number("cap"u8, cap);
        }

        output.RawIfPresent("heat"u8, request.Temperature);
        if (request.System.Count > 0)
        {
            output.String("brief"u8, string.Join('\n', from block in request.System select block.Text.ToString()));
        }

        output.StartArray("turns"u8);
        foreach (Message message in request.Messages)
        {
            output.StartObject();
            output.Literal("who"u8, message.Role == Role.Assistant ? "callee"u8 : "caller"u8);
            Items.Write(message.Blocks, output, ref losses);
            output.EndObject();
        }

        output.EndArray();
        WriteTools(request, output);
        if (request.ResponseFormat.Json)
        {
            losses.Add(LossField.ResponseFormat);
        }

        output.EndObject();
    }

    private static void WriteTools(ChatRequest request, JsonWriter output)
    {
        if (request.Tools.Count == 0)
        {
            return;
        }

        output.StartArray("kit"u8);
        foreach (Tool tool in request.Tools)
        {
            output.StartObject();
            output.Text("call"u8, tool.Name);
            output.TextIfPresent("for"u8, tool.Description);
            output.Raw("takes"u8, tool.Schema);
            output.EndObject();
        }

        output.EndArray();
        ToolChoice choice = request.ToolChoice;
        output.TextIfPresent("must"u8, choice.Kind switch
        {
            ToolChoiceKind.Required => JsonText.From("any"),
            ToolChoiceKind.None => JsonText.From("none"),
            ToolChoiceKind.Tool => choice.Name,
            _ => default,
        });
    }
}
