using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Gemini.Schemas;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini.Tools;

/// <summary>Writes <c>tools</c> and <c>toolConfig</c>.</summary>
internal static class ToolWriter
{
    /// <summary>Writes both, or neither when there is no tool.</summary>
    public static void Write(ChatRequest request, Capabilities capabilities, JsonWriter output, ref Losses losses)
    {
        bool hasFunctions = false;
        bool allStrict = true;
        foreach (Tool tool in request.Tools)
        {
            if (tool.Kind == ToolKind.Function)
            {
                hasFunctions = true;
                allStrict &= tool.Strict == true;
            }
        }

        int before = output.Output.Length;
        output.StartArray("tools"u8);
        int start = output.Output.Length;
        if (hasFunctions)
        {
            output.StartObject();
            output.StartArray("functionDeclarations"u8);
            foreach (Tool tool in request.Tools)
            {
                if (tool.Kind == ToolKind.Function)
                {
                    WriteFunction(tool, capabilities, output, ref losses);
                }
            }

            output.EndArray();
            output.EndObject();
        }

        bool hasHosted = false;
        foreach (Tool tool in request.Tools)
        {
            if (tool.Kind == ToolKind.Hosted && tool.Origin == ProtocolId.Gemini)
            {
                hasHosted = true;
                output.Raw(tool.Raw);
            }
            else if (tool.Kind != ToolKind.Function)
            {
                losses.Add(tool.Kind == ToolKind.Hosted ? LossField.HostedTool : LossField.CustomToolFormat);
            }
        }

        bool isEmpty = output.Output.Length == start;
        output.EndArray();
        if (isEmpty)
        {
            output.Output.Truncate(before);
        }
        else if (hasFunctions)
        {
            // Only Google's developer API, the one that knows ids of calls, asks for the flag.
            WriteConfig(request.ToolChoice, allStrict, hasHosted && capabilities.FunctionCallIds, output);
        }
    }

    private static void WriteFunction(in Tool tool, Capabilities capabilities, JsonWriter output, ref Losses losses)
    {
        output.StartObject();
        output.Text("name"u8, tool.Name);
        output.TextIfPresent("description"u8, tool.Description);
        if (tool.Schema.IsObject && capabilities.JsonSchemaFields)
        {
            output.Raw("parametersJsonSchema"u8, tool.Schema);
        }
        else if (tool.Schema.IsObject)
        {
            SchemaLowering.WriteParameters("parameters"u8, tool.Schema, output, ref losses);
        }

        output.EndObject();
    }

    private static void WriteConfig(in ToolChoice choice, bool allStrict, bool besideHosted, JsonWriter output)
    {
        // Only this mode holds the model to the schemas when it is free to call or not.
        bool isValidated = allStrict && choice.Kind is (ToolChoiceKind.Unspecified or ToolChoiceKind.Auto);
        bool isChosen = choice.Kind != ToolChoiceKind.Unspecified || isValidated;
        if (!isChosen && !besideHosted)
        {
            return;
        }

        output.StartObject("toolConfig"u8);
        if (besideHosted)
        {
            output.Bool("includeServerSideToolInvocations"u8, true);
        }

        if (isChosen)
        {
            WriteChoice(choice, isValidated, output);
        }

        output.EndObject();
    }

    private static void WriteChoice(in ToolChoice choice, bool isValidated, JsonWriter output)
    {
        output.StartObject("functionCallingConfig"u8);
        output.Literal("mode"u8, choice.Kind switch
        {
            _ when isValidated => "VALIDATED"u8,
            ToolChoiceKind.None => "NONE"u8,
            ToolChoiceKind.Required or ToolChoiceKind.Tool => "ANY"u8,
            ToolChoiceKind.Allowed => choice.AllowedRequired ? "ANY"u8 : "VALIDATED"u8,
            _ => "AUTO"u8,
        });
        if (choice.Kind is ToolChoiceKind.Tool or ToolChoiceKind.Allowed)
        {
            output.StartArray("allowedFunctionNames"u8);
            if (choice.Kind == ToolChoiceKind.Tool)
            {
                output.Text(choice.Name);
            }

            foreach (JsonText name in choice.Allowed ?? [])
            {
                output.Text(name);
            }

            output.EndArray();
        }

        output.EndObject();
    }
}
