using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Cohere.Tools;

/// <summary>
/// Writes <c>tools</c>, and, only beside them, <c>strict_tools</c> and <c>tool_choice</c>. The protocol cannot name a tool to call: where one is
/// demanded, no other is offered.
/// </summary>
internal static class ToolWriter
{
    /// <summary>Writes the members into the open object; false when no tool is offered.</summary>
    public static bool Write(ChatRequest request, JsonWriter output, ref Losses losses)
    {
        int written = 0;
        int strict = 0;
        foreach (Tool tool in request.Tools)
        {
            if (tool.Kind != ToolKind.Function)
            {
                losses.Add(LossField.HostedTool);
                continue;
            }

            if (!IsOffered(request.ToolChoice, tool.Name))
            {
                continue;
            }

            if (written++ == 0)
            {
                output.StartArray("tools"u8);
            }

            strict += tool.Strict == true ? 1 : 0;
            output.StartObject();
            output.Literal("type"u8, "function"u8);
            output.StartObject("function"u8);
            output.Text("name"u8, tool.Name);
            output.TextIfPresent("description"u8, tool.Description);
            output.Raw("parameters"u8, tool.Schema.IsObject ? tool.Schema.Span : """{"type":"object","properties":{}}"""u8);
            output.EndObject();
            output.EndObject();
        }

        if (written == 0)
        {
            if (request.ToolChoice.Kind is ToolChoiceKind.Required or ToolChoiceKind.Tool or ToolChoiceKind.Allowed)
            {
                losses.Add(LossField.ToolChoice);
            }

            return false;
        }

        output.EndArray();
        if (strict == written)
        {
            output.Bool("strict_tools"u8, true);
        }
        else if (strict > 0)
        {
            losses.Add(LossField.ToolStrict);
        }

        WriteChoice(request.ToolChoice, output);
        return true;
    }

    private static bool IsOffered(in ToolChoice choice, JsonText name) => choice.Kind switch
    {
        ToolChoiceKind.Tool => choice.Name.Equals(name),
        ToolChoiceKind.Allowed => choice.Allowed is null || choice.Allowed.Contains(name),
        _ => true,
    };

    private static void WriteChoice(in ToolChoice choice, JsonWriter output)
    {
        bool isForced = choice.Kind is ToolChoiceKind.Required or ToolChoiceKind.Tool
            || (choice.Kind == ToolChoiceKind.Allowed && choice.AllowedRequired);
        if (isForced)
        {
            output.Literal("tool_choice"u8, "REQUIRED"u8);
        }
        else if (choice.Kind == ToolChoiceKind.None)
        {
            output.Literal("tool_choice"u8, "NONE"u8);
        }
    }
}
