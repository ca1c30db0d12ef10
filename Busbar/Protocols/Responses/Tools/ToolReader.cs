using System.Globalization;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Responses.Content;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses.Tools;

/// <summary>Reads lists of tools: the one of the request, and those that items of the input bring along.</summary>
internal static class ToolReader
{
    /// <summary>
    /// Adds the tools of the list <paramref name="tools"/>, which stands at <paramref name="path"/>, to <paramref name="request"/>; null on success.
    /// <paramref name="isLoaded"/> says that an item holds the list.
    /// </summary>
    public static GatewayError? Read(JsonNode tools, string path, bool isLoaded, ChatRequest request)
    {
        int position = 0;
        foreach (JsonNode tool in tools.Items)
        {
            string place = path + "[" + position.ToString(CultureInfo.InvariantCulture) + "]";
            position++;
            if (!tool.IsObject)
            {
                continue;
            }

            GatewayError? error = tool["type"u8].Text.Is("namespace"u8)
                ? ReadNamespace(tool, place, isLoaded, request)
                : Add(Read(tool), place, isLoaded, request);
            if (error is not null)
            {
                return error;
            }
        }

        return null;
    }

    private static GatewayError? ReadNamespace(JsonNode group, string path, bool isLoaded, ChatRequest request)
    {
        JsonText name = group["name"u8].Text;
        JsonNode members = group["tools"u8];
        if (name.IsNullOrEmpty)
        {
            return Missing(path + ".name");
        }

        if (members.IsNull)
        {
            return Missing(path + ".tools");
        }

        if (!members.IsArray || members[0].IsMissing)
        {
            return new(
                ErrorKind.InvalidRequest,
                $"Invalid '{path}.tools': expected an array of at least one tool. Name the tools of the namespace, or leave the namespace out.",
                Param: path + ".tools",
                Code: "invalid_value");
        }

        JsonSlice raw = group.Raw;
        int position = 0;
        foreach (JsonNode member in members.Items)
        {
            Tool tool = Read(member);
            tool.Namespace = name;
            tool.OwnName = tool.Name;
            tool.Name = Namespaces.Join(name, tool.OwnName, request.Arena);
            tool.Description = Describe(group["description"u8].Text, tool.Description, request.Arena);
            tool.Raw = raw;
            raw = default;
            string place = path + ".tools[" + (position++).ToString(CultureInfo.InvariantCulture) + "]";
            if (tool.OwnName.IsNullOrEmpty)
            {
                return Missing(place + ".name");
            }

            if (Add(tool, place, isLoaded, request) is { } error)
            {
                return error;
            }
        }

        return null;
    }

    // What the group is about is said nowhere else once its members stand alone.
    private static JsonText Describe(JsonText group, JsonText own, IrArena arena) =>
        group.IsNullOrEmpty ? own : own.IsNullOrEmpty ? group : arena.Join([group, own], "\\n\\n"u8);

    private static GatewayError? Add(Tool tool, string path, bool isLoaded, ChatRequest request)
    {
        if (tool.Kind != ToolKind.Hosted && tool.Name.IsNullOrEmpty)
        {
            return Missing(path + ".name");
        }

        tool.IsLoaded = isLoaded;
        request.Tools.Add(tool);
        return null;
    }

    private static Tool Read(JsonNode tool)
    {
        JsonText type = tool["type"u8].Text;
        JsonNode nested = tool["function"u8];
        JsonNode definition = nested.IsObject ? nested : tool;
        JsonNode schema = definition["parameters"u8];
        var read = new Tool { Name = definition["name"u8].Text, Raw = tool.Raw, Origin = ProtocolId.Responses };
        if (ClientTools.TryRead(tool, type, ref read))
        {
            return read;
        }

        // A type that is not known here but comes with a name and a schema can only be run by who wrote them.
        bool isFunction = type.IsAbsent || type.Is("function"u8) || (!read.Name.IsNullOrEmpty && schema.IsObject);
        read.Kind = isFunction ? ToolKind.Function : type.Is("custom"u8) ? ToolKind.Custom : ToolKind.Hosted;
        if (read.Kind == ToolKind.Hosted)
        {
            read.Name = read.Name.IsNullOrEmpty ? type : read.Name;
            return read;
        }

        read.Description = definition["description"u8].Text;
        read.Schema = schema.IsNull ? default : schema.Raw;
        read.Strict = definition["strict"u8].Bool;
        read.Format = tool["format"u8].IsNull ? default : tool["format"u8].Raw;
        read.IsDeferred = definition["defer_loading"u8].IsTrue;
        return read;
    }

    private static GatewayError Missing(string path) =>
        new(ErrorKind.InvalidRequest, $"Missing required parameter: '{path}'.", Param: path, Code: "missing_required_parameter");
}
