using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols.Responses;

/// <summary>The <c>tool_choice</c> member.</summary>
internal static class ToolChoices
{
    /// <summary>Reads <paramref name="value"/>, flat or nested as in the Chat API; unspecified when it names a tool the vendor runs, or is unknown.</summary>
    public static ToolChoice Read(JsonNode value)
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
            return ReadAllowed(value["allowed_tools"u8].IsObject ? value["allowed_tools"u8] : value);
        }

        JsonText name = NameOf(value, type);
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
                WriteNamed(request, choice.Name, output);
                break;
            case ToolChoiceKind.Allowed when choice.Allowed is { } allowed:
                output.StartObject("tool_choice"u8);
                output.Literal("type"u8, "allowed_tools"u8);
                output.Literal("mode"u8, choice.AllowedRequired ? "required"u8 : "auto"u8);
                output.StartArray("tools"u8);
                foreach (JsonText name in allowed)
                {
                    WriteNamed(request, name, output);
                }

                output.EndArray();
                output.EndObject();
                break;
        }
    }

    private static ToolChoice ReadAllowed(JsonNode value)
    {
        var names = new List<JsonText>();
        foreach (JsonNode tool in value["tools"u8].Items)
        {
            JsonText name = NameOf(tool, tool["type"u8].Text);
            if (!name.IsNullOrEmpty)
            {
                names.Add(name);
            }
        }

        return new ToolChoice { Kind = ToolChoiceKind.Allowed, Allowed = names, AllowedRequired = value["mode"u8].Text.Is("required"u8) };
    }

    private static JsonText NameOf(JsonNode tool, JsonText type)
    {
        if (!type.Is("function"u8) && !type.Is("custom"u8))
        {
            return default;
        }

        JsonText flat = tool["name"u8].Text;
        return flat.IsAbsent ? tool[type.Span]["name"u8].Text : flat;
    }

    private static void WriteNamed(ChatRequest request, JsonText name, JsonWriter output)
    {
        output.StartObject();
        output.Literal("type"u8, IsCustom(request, name) ? "custom"u8 : "function"u8);
        output.Text("name"u8, name);
        output.EndObject();
    }

    private static bool IsCustom(ChatRequest request, JsonText name)
    {
        foreach (Tool tool in request.Tools)
        {
            if (tool.Kind == ToolKind.Custom && tool.Name.Equals(name))
            {
                return true;
            }
        }

        return false;
    }
}
