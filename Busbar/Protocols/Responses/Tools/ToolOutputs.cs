using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Responses.Content;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses.Tools;

/// <summary>Reads what the client answers to calls, each kind of call in an item of its own.</summary>
internal static class ToolOutputs
{
    /// <summary>Reads <paramref name="item"/>; false when it answers no call of the client's.</summary>
    public static bool TryRead(JsonNode item, JsonText type, ChatRequest request, out Block? result)
    {
        result = null;
        if (type.IsAbsent || !type.Span.EndsWith("_call_output"u8) && !type.Is("tool_search_output"u8))
        {
            return false;
        }

        bool isSearch = type.Is("tool_search_output"u8);
        ToolForm form = isSearch ? ToolForm.ToolSearch : ClientTools.FormOf(type[..^"_call_output".Length]);
        bool isCustom = type.Is("custom_tool_call_output"u8);
        JsonText id = item["call_id"u8].Text;
        if (form == ToolForm.Function && !isCustom && !type.Is("function_call_output"u8) || (isSearch && id.IsNullOrEmpty))
        {
            return false;
        }

        IrArena arena = request.Arena;
        result = arena.NewBlock(BlockKind.ToolResult);
        result.Id = id.IsAbsent ? item["id"u8].Text : id;
        result.Form = isCustom ? ToolForm.Custom : form;
        result.Origin = ProtocolId.Responses;
        result.Raw = item.Raw;
        switch (form)
        {
            case ToolForm.ToolSearch:
                ReadReferences(item["tools"u8], BlockKind.ToolReference, result.Children ??= [], arena);
                break;
            case ToolForm.Computer:
                ReadScreen(item["output"u8], result, arena);
                break;
            default:
                ReadOutput(item["output"u8], form, result, arena);
                break;
        }

        if (form == ToolForm.ApplyPatch)
        {
            result.IsError = item["status"u8].Text.Is("failed"u8);
            if (result.Children is not { Count: > 0 } && item["status"u8].IsString)
            {
                result.AddChild(arena.NewText(item["status"u8].Text));
            }
        }

        return true;
    }

    /// <summary>Adds a block of <paramref name="kind"/> for every tool of the list, and for every member of its groups.</summary>
    public static void ReadReferences(JsonNode tools, BlockKind kind, List<Block> into, IrArena arena)
    {
        foreach (JsonNode tool in tools.Items)
        {
            bool isGroup = tool["type"u8].Text.Is("namespace"u8);
            if (!isGroup)
            {
                Add(tool, default, kind, into, arena);
            }

            foreach (JsonNode member in isGroup ? tool["tools"u8].Items : default)
            {
                Add(member, tool["name"u8].Text, kind, into, arena);
            }
        }
    }

    private static void Add(JsonNode tool, JsonText group, BlockKind kind, List<Block> into, IrArena arena)
    {
        JsonText name = tool["name"u8].Text;
        Block block = arena.NewBlock(kind);
        block.Origin = ProtocolId.Responses;
        block.Raw = tool.Raw;
        block.Name = name.IsNullOrEmpty ? tool["type"u8].Text : name;
        if (!group.IsNullOrEmpty && !name.IsNullOrEmpty)
        {
            block.Namespace = group;
            block.OwnName = name;
            block.Name = Namespaces.Join(group, name, arena);
        }

        into.Add(block);
    }

    private static void ReadOutput(JsonNode output, ToolForm form, Block result, IrArena arena)
    {
        if (output.IsString)
        {
            result.AddChild(arena.NewText(output.Text));
        }
        else if (output.IsArray && form is not (ToolForm.Shell or ToolForm.LocalShell))
        {
            foreach (JsonNode part in output.Items)
            {
                result.AddChild(InputReader.ReadPart(part, arena));
            }
        }
        else if (!output.IsNull)
        {
            Block json = arena.NewBlock(BlockKind.Json);
            json.Input = output.Raw;
            result.AddChild(json);
        }
    }

    // A screenshot has the members of an input image under another type.
    private static void ReadScreen(JsonNode output, Block result, IrArena arena)
    {
        if (output.IsObject && (output["image_url"u8].IsString || output["file_id"u8].IsString))
        {
            result.AddChild(Media.ReadImage(output, arena));
        }
        else
        {
            ReadOutput(output, ToolForm.Shell, result, arena);
        }
    }
}
