using Busbar.Ir.Request;
using Busbar.Protocols.Responses.Content;
using Busbar.Protocols.Translation.Request.Tools;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses.Tools;

/// <summary>The <c>tool_choice</c> member.</summary>
internal static class ToolChoices
{
    /// <summary>
    /// Reads <paramref name="value"/>, flat or nested as in the Chat API, when the tools of <paramref name="request"/> are known; unspecified when it
    /// is unknown.
    /// </summary>
    public static ToolChoice Read(JsonNode value, ChatRequest request)
    {
        if (value.IsString)
        {
            JsonText word = value.Text;
            return new ToolChoice
            {
                Kind = word.Is("auto"u8) ? ToolChoiceKind.Auto
                    : word.Is("none"u8) ? ToolChoiceKind.None
                    : word.Is("required"u8) ? ToolChoiceKind.Required
                    : ToolChoiceKind.Unspecified,
            };
        }

        JsonText type = value["type"u8].Text;
        if (type.Is("allowed_tools"u8))
        {
            return ReadAllowed(value["allowed_tools"u8].IsObject ? value["allowed_tools"u8] : value, request);
        }

        JsonText name = type.IsAbsent ? default : new OfferedTools(request.Tools).NameOf(value, type);
        return name.IsNullOrEmpty ? default : new ToolChoice { Kind = ToolChoiceKind.Tool, Name = name };
    }

    /// <summary>Writes the choice of a request that has tools.</summary>
    public static void Write(ChatRequest request, JsonWriter output)
    {
        ToolChoice choice = request.ToolChoice;
        switch (choice.Kind)
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
            case ToolChoiceKind.Tool:
                output.Name("tool_choice"u8);
                WriteNamed(ToolKinds.Of(request), choice.Name, output);
                break;
            case ToolChoiceKind.Allowed when choice.Allowed is { } allowed:
                output.StartObject("tool_choice"u8);
                output.Literal("type"u8, "allowed_tools"u8);
                output.Literal("mode"u8, choice.AllowedRequired ? "required"u8 : "auto"u8);
                output.StartArray("tools"u8);
                Dictionary<JsonText, ToolKind> kinds = ToolKinds.Of(request);
                foreach (JsonText name in allowed)
                {
                    WriteNamed(kinds, name, output);
                }

                output.EndArray();
                output.EndObject();
                break;
        }
    }

    private static ToolChoice ReadAllowed(JsonNode value, ChatRequest request)
    {
        var names = new List<JsonText>();
        var offered = new OfferedTools(request.Tools);
        foreach (JsonNode tool in value["tools"u8].Items)
        {
            JsonText type = tool["type"u8].Text;
            if (type.Is("namespace"u8))
            {
                names.AddRange(offered.Group(tool["name"u8].Text));
            }
            else if (offered.NameOf(tool, type) is { IsNullOrEmpty: false } name)
            {
                names.Add(name);
            }
        }

        return new ToolChoice { Kind = ToolChoiceKind.Allowed, Allowed = names, AllowedRequired = value["mode"u8].Text.Is("required"u8) };
    }

    private static void WriteNamed(Dictionary<JsonText, ToolKind> kinds, JsonText name, JsonWriter output)
    {
        output.StartObject();
        if (kinds.GetValueOrDefault(name) == ToolKind.Hosted)
        {
            output.Text("type"u8, name);
            output.EndObject();
            return;
        }

        output.Literal("type"u8, kinds.GetValueOrDefault(name) == ToolKind.Custom ? "custom"u8 : "function"u8);
        output.Text("name"u8, name);
        output.EndObject();
    }
}
