using System.Globalization;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.OpenAI.Content;
using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI.Tools;

/// <summary>The request's <c>tools</c>, <c>tool_choice</c> and <c>parallel_tool_calls</c>, their predecessors <c>functions</c> and
/// <c>function_call</c>, and <c>web_search_options</c>, which does what a tool does elsewhere.</summary>
internal static class ToolFields
{
    private static readonly JsonText SearchField = JsonText.From("web_search_options");

    /// <summary>Reads them; null on success.</summary>
    public static GatewayError? Read(JsonNode root, ChatRequest request)
    {
        request.ParallelToolCalls = root["parallel_tool_calls"u8].Bool;
        JsonNode tools = root["tools"u8];
        if (!(tools.IsNull || tools.IsArray))
        {
            return Refusals.WrongType("tools", "an array of objects");
        }

        int position = 0;
        foreach (JsonNode tool in tools.Items)
        {
            if (!TryRead(tool, request.Arena, out Tool read))
            {
                return Refusals.WrongType("tools[" + position.ToString(CultureInfo.InvariantCulture) + "]", "a tool object");
            }

            request.Tools.Add(read);
            position++;
        }

        foreach (JsonNode function in root["functions"u8].Items)
        {
            if (function["name"u8].IsString)
            {
                request.Tools.Add(ReadFunction(function));
            }
        }

        if (root["web_search_options"u8] is { IsObject: true } search)
        {
            request.Tools.Add(new Tool { Kind = ToolKind.Hosted, Name = SearchField, Raw = search.Raw, Origin = ProtocolId.OpenAI });
        }

        JsonNode choice = root["tool_choice"u8];
        request.ToolChoice = ReadChoice(choice.IsNull ? root["function_call"u8] : choice);
        return null;
    }

    private static bool TryRead(JsonNode tool, IrArena arena, out Tool read)
    {
        JsonNode function = tool["function"u8];
        JsonNode custom = tool["custom"u8];
        JsonText type = tool["type"u8].Text;
        if (!custom["name"u8].Text.IsNullOrEmpty)
        {
            read = new Tool
            {
                Kind = ToolKind.Custom,
                Name = custom["name"u8].Text,
                Description = custom["description"u8].Text,
                Format = CustomFormats.Read(custom["format"u8], arena),
            };
        }
        else if (type.Is("custom"u8) && tool["name"u8].IsString)
        {
            // Cursor sends the flat form of the Responses API.
            read = new Tool
            {
                Kind = ToolKind.Custom,
                Name = tool["name"u8].Text,
                Description = tool["description"u8].Text,
                Format = CustomFormats.Read(tool["format"u8], arena),
            };
        }
        else if (type.IsAbsent || type.Is("function"u8) || (tool["name"u8].IsString && tool["parameters"u8].IsObject))
        {
            read = ReadFunction(function.IsObject ? function : tool);
        }
        else
        {
            read = new Tool { Kind = ToolKind.Hosted, Name = type };
        }

        read.Cache = CacheBreakpoints.Read(tool);
        if (read.Cache == CacheMark.None)
        {
            read.Cache = CacheBreakpoints.Read(function);
        }

        read.Raw = tool.Raw;
        read.Origin = ProtocolId.OpenAI;
        return tool.IsObject && !read.Name.IsNullOrEmpty;
    }

    private static Tool ReadFunction(JsonNode function)
    {
        JsonNode schema = function["parameters"u8];
        if (schema.IsNull)
        {
            schema = function["input_schema"u8];
        }

        return new Tool
        {
            Kind = ToolKind.Function,
            Name = function["name"u8].Text,
            Description = function["description"u8].Text,
            Schema = schema.IsObject ? schema.Raw : default,
            Strict = function["strict"u8].Bool,
            Origin = ProtocolId.OpenAI,
        };
    }

    private static ToolChoice ReadChoice(JsonNode choice)
    {
        JsonText word = choice.Text;
        if (!word.IsAbsent)
        {
            return new ToolChoice { Kind = Mode(word) };
        }

        JsonNode allowed = choice["allowed_tools"u8].IsObject ? choice["allowed_tools"u8] : choice;
        if (choice["type"u8].Text.Is("allowed_tools"u8) && allowed["tools"u8].IsArray)
        {
            var names = new List<JsonText>();
            foreach (JsonNode tool in allowed["tools"u8].Items)
            {
                JsonText name = Name(tool);
                if (!name.IsNullOrEmpty)
                {
                    names.Add(name);
                }
            }

            return new ToolChoice { Kind = ToolChoiceKind.Allowed, Allowed = names, AllowedRequired = allowed["mode"u8].Text.Is("required"u8) };
        }

        JsonText named = Name(choice);
        return named.IsNullOrEmpty ? new ToolChoice { Kind = Mode(choice["type"u8].Text) }
            : new ToolChoice { Kind = ToolChoiceKind.Tool, Name = named };
    }

    private static JsonText Name(JsonNode tool)
    {
        JsonNode holder = tool["function"u8].IsObject ? tool["function"u8] : tool["custom"u8].IsObject ? tool["custom"u8] : tool;
        return holder["name"u8].Text;
    }

    // "any" is what several compatible hosts say for "required".
    private static ToolChoiceKind Mode(JsonText word) =>
        word.Is("auto"u8) ? ToolChoiceKind.Auto
        : word.Is("none"u8) ? ToolChoiceKind.None
        : word.Is("required"u8) || word.Is("any"u8) ? ToolChoiceKind.Required
        : ToolChoiceKind.Unspecified;
}
