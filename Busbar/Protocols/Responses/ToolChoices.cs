using Busbar.Ir;
using Busbar.Protocols.Translation.Request;
using Busbar.Wire;

namespace Busbar.Protocols.Responses;

/// <summary>The <c>tool_choice</c> member.</summary>
internal static class ToolChoices
{
    /// <summary>Reads <paramref name="value"/>, flat or nested as in the Chat API, when the tools of <paramref name="request"/> are known; unspecified when it is unknown.</summary>
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

        JsonText name = type.IsAbsent ? default : NameOf(value, type, request);
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
        foreach (JsonNode tool in value["tools"u8].Items)
        {
            JsonText type = tool["type"u8].Text;
            if (type.Is("namespace"u8))
            {
                AddGroup(tool["name"u8].Text, request, names);
            }
            else if (NameOf(tool, type, request) is { IsNullOrEmpty: false } name)
            {
                names.Add(name);
            }
        }

        return new ToolChoice { Kind = ToolChoiceKind.Allowed, Allowed = names, AllowedRequired = value["mode"u8].Text.Is("required"u8) };
    }

    private static void AddGroup(JsonText group, ChatRequest request, List<JsonText> names)
    {
        foreach (Tool tool in request.Tools)
        {
            if (tool.Namespace.Equals(group))
            {
                names.Add(tool.Name);
            }
        }
    }

    // A tool in a group may be named with the group, or without when no other has the name; tools the vendor knows are named by their type.
    private static JsonText NameOf(JsonNode entry, JsonText type, ChatRequest request)
    {
        ToolForm form = ClientTools.FormOf(type);
        bool isNamed = type.Is("function"u8) || type.Is("custom"u8);
        JsonText own = entry["name"u8].Text.IsAbsent && isNamed ? entry[type.Span]["name"u8].Text : entry["name"u8].Text;
        JsonText group = entry["namespace"u8].Text;
        JsonText found = default;
        foreach (Tool tool in request.Tools)
        {
            bool isMeant = isNamed
                ? group.IsAbsent ? tool.Form <= ToolForm.Custom && tool.Name.Equals(own) : tool.Namespace.Equals(group) && tool.OwnName.Equals(own)
                : form != ToolForm.Function ? tool.Form == form : tool.Kind == ToolKind.Hosted && IsSameKind(tool, type);
            if (isMeant)
            {
                return tool.Name;
            }

            found = isNamed && group.IsAbsent && tool.OwnName.Equals(own) ? tool.Name : found;
        }

        return found.IsAbsent && isNamed ? own : found;
    }

    // Dated and preview versions of a tool are the same to a choice.
    private static bool IsSameKind(in Tool tool, JsonText type)
    {
        using var tape = new JsonTape();
        JsonText own = tape.TryParse(tool.Raw.Raw) ? tape.Root["type"u8].Text : default;
        return own.Equals(type) || (own.Span.StartsWith("web_search"u8) && type.Span.StartsWith("web_search"u8));
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
