using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Translation.Request.Tools;
using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI.Tools;

/// <summary>Writes <c>tools</c>, and, only beside them, <c>tool_choice</c> and <c>parallel_tool_calls</c>.</summary>
internal static class ToolWriter
{
    /// <summary>Writes the members into the open object.</summary>
    public static void Write(ChatRequest request, JsonWriter output, ref Losses losses)
    {
        int written = 0;
        foreach (Tool tool in request.Tools)
        {
            if (tool.Kind == ToolKind.Hosted)
            {
                // Web search is no tool here but a field beside the tools.
                if (tool.Origin != ProtocolId.OpenAI)
                {
                    losses.Add(LossField.HostedTool);
                }

                continue;
            }

            if (written++ == 0)
            {
                output.StartArray("tools"u8);
            }

            WriteTool(tool, output);
        }

        if (written > 0)
        {
            output.EndArray();
            WriteChoice(request, output, ref losses);
            if (request.ParallelToolCalls is { } parallel)
            {
                output.Bool("parallel_tool_calls"u8, parallel);
            }
        }

        foreach (Tool tool in request.Tools)
        {
            if (tool is { Kind: ToolKind.Hosted, Origin: ProtocolId.OpenAI })
            {
                output.Raw("web_search_options"u8, tool.Raw);
                return;
            }
        }
    }

    private static void WriteTool(in Tool tool, JsonWriter output)
    {
        output.StartObject();
        if (tool.Kind == ToolKind.Custom)
        {
            output.Literal("type"u8, "custom"u8);
            output.StartObject("custom"u8);
            output.Text("name"u8, tool.Name);
            output.TextIfPresent("description"u8, tool.Description);
            CustomFormats.Write(tool.Format, output);
        }
        else
        {
            output.Literal("type"u8, "function"u8);
            output.StartObject("function"u8);
            output.Text("name"u8, tool.Name);
            output.TextIfPresent("description"u8, tool.Description);
            output.Raw("parameters"u8, tool.Schema.IsObject ? tool.Schema.Span : """{"type":"object","properties":{}}"""u8);
            if (tool.Strict is { } strict)
            {
                output.Bool("strict"u8, strict);
            }
        }

        output.EndObject();
        output.EndObject();
    }

    private static void WriteChoice(ChatRequest request, JsonWriter output, ref Losses losses)
    {
        switch (request.ToolChoice.Kind)
        {
            case ToolChoiceKind.Auto:
                output.Literal("tool_choice"u8, "auto"u8);
                break;
            case ToolChoiceKind.None:
                output.Literal("tool_choice"u8, "none"u8);
                break;
            case ToolChoiceKind.Required:
                output.Literal("tool_choice"u8, "required"u8);
                break;
            case ToolChoiceKind.Tool when IsOffered(request, request.ToolChoice.Name):
                output.Name("tool_choice"u8);
                WriteNamed(ToolKinds.Of(request), request.ToolChoice.Name, output);
                break;
            case ToolChoiceKind.Allowed when request.ToolChoice.Allowed is { Count: > 0 } allowed:
                output.StartObject("tool_choice"u8);
                output.Literal("type"u8, "allowed_tools"u8);
                output.StartObject("allowed_tools"u8);
                output.Literal("mode"u8, request.ToolChoice.AllowedRequired ? "required"u8 : "auto"u8);
                output.StartArray("tools"u8);
                Dictionary<JsonText, ToolKind> kinds = ToolKinds.Of(request);
                foreach (JsonText name in allowed)
                {
                    WriteNamed(kinds, name, output);
                }

                output.EndArray();
                output.EndObject();
                output.EndObject();
                break;
            case ToolChoiceKind.Tool or ToolChoiceKind.Allowed:
                losses.Add(LossField.ToolChoice);
                break;
        }
    }

    private static void WriteNamed(Dictionary<JsonText, ToolKind> kinds, JsonText name, JsonWriter output)
    {
        ReadOnlySpan<byte> kind = kinds.GetValueOrDefault(name) == ToolKind.Custom ? "custom"u8 : "function"u8;
        output.StartObject();
        output.Literal("type"u8, kind);
        output.StartObject(kind);
        output.Text("name"u8, name);
        output.EndObject();
        output.EndObject();
    }

    private static bool IsOffered(ChatRequest request, JsonText name)
    {
        foreach (Tool tool in request.Tools)
        {
            if (tool.Kind != ToolKind.Hosted && tool.Name.Equals(name))
            {
                return true;
            }
        }

        return false;
    }
}
