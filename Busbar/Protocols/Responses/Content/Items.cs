using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Responses.Tools;
using Busbar.Protocols.Translation.Signatures;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses.Content;

/// <summary>Reads the items that requests (as history) and answers (as output) have in common, each as one block.</summary>
internal static class Items
{
    /// <summary>Reads any item but a message. What the representation does not model keeps its raw form and its place.</summary>
    public static Block Read(JsonNode item, JsonText type, IrArena arena)
    {
        Block block = type switch
        {
            _ when type.Is("function_call"u8) => ReadFunctionCall(item, arena),
            _ when type.Is("custom_tool_call"u8) => ReadCustomCall(item, arena),
            _ when IsTypedCall(item, type, out ToolForm form) => ReadTypedCall(item, form, arena),
            _ when type.Is("reasoning"u8) => ReadReasoning(item, arena),
            _ when type.Is("compaction"u8) || type.Is("compaction_summary"u8) || type.Is("context_compaction"u8) => ReadSummary(item, arena),
            _ when type.Is("image_generation_call"u8) && item["result"u8].IsString => ReadGeneratedImage(item, arena),
            _ when IsVendorRun(type) => ReadVendorCall(item, type, arena),
            _ => arena.NewBlock(BlockKind.Opaque),
        };
        block.Origin = ProtocolId.Responses;
        block.Raw = item.Raw;
        return block;
    }

    /// <summary>Whether <paramref name="type"/> asks the client to run a function or custom tool.</summary>
    public static bool IsCall(JsonText type) => type.Is("function_call"u8) || type.Is("custom_tool_call"u8);

    /// <summary>Whether <paramref name="item"/> is a call of a tool that the API knows by its type and the client runs.</summary>
    public static bool IsTypedCall(JsonNode item, JsonText type, out ToolForm form)
    {
        form = !type.Span.EndsWith("_call"u8) ? ToolForm.Function : ClientTools.FormOf(type[..^"_call".Length]);

        // A search or a container that the vendor runs has nobody to answer it.
        bool isVendorRun = form switch
        {
            ToolForm.ToolSearch => item["call_id"u8].IsNull || item["execution"u8].Text.Is("server"u8),
            ToolForm.Shell => item["environment"u8]["type"u8].Text.Span.StartsWith("container"u8),
            _ => false,
        };
        return form != ToolForm.Function && !isVendorRun;
    }

    private static bool IsVendorRun(JsonText type) =>
        type.Is("tool_search_call"u8) || type.Is("web_search_call"u8) || type.Is("file_search_call"u8) || type.Is("code_interpreter_call"u8)
        || type.Is("image_generation_call"u8) || type.Is("mcp_call"u8);

    private static Block ReadFunctionCall(JsonNode item, IrArena arena)
    {
        Block block = arena.NewBlock(BlockKind.ToolUse);
        block.Id = item["call_id"u8].Text;
        ReadName(item, block, arena);
        JsonNode arguments = item["arguments"u8];
        if (!arguments.IsString)
        {
            // Some servers send the object itself.
            block.Input = arguments.IsNull ? default : arguments.Raw;
        }
        else if (!arguments.Text.IsNullOrEmpty)
        {
            block.Input = arena.StoreParsed(arguments.Text);
            block.InputText = block.Input.IsAbsent ? arguments.Text : default;
        }

        return block;
    }

    private static Block ReadCustomCall(JsonNode item, IrArena arena)
    {
        Block block = arena.NewBlock(BlockKind.ToolUse);
        block.IsCustomTool = true;
        block.Id = item["call_id"u8].Text;
        ReadName(item, block, arena);
        block.InputText = item["input"u8].IsString ? item["input"u8].Text : JsonText.Empty;
        return block;
    }

    /// <summary>Reads the name of the called tool, and the group it is in.</summary>
    public static void ReadName(JsonNode item, Block block, IrArena arena)
    {
        block.Name = item["name"u8].Text;
        JsonText group = item["namespace"u8].Text;

        // A tool without a group that a search has loaded is called in a group of its own name.
        if (!group.IsNullOrEmpty && !group.Equals(block.Name))
        {
            block.Namespace = group;
            block.OwnName = block.Name;
            block.Name = Namespaces.Join(group, block.OwnName, arena);
        }
    }

    private static Block ReadTypedCall(JsonNode item, ToolForm form, IrArena arena)
    {
        Block block = arena.NewBlock(BlockKind.ToolUse);
        block.Form = form;
        block.Id = item["call_id"u8].IsNull ? item["id"u8].Text : item["call_id"u8].Text;
        block.Name = ClientTools.NameOf(form);
        JsonNode argument = item[form switch
        {
            ToolForm.ToolSearch => "arguments"u8,
            ToolForm.ApplyPatch => "operation"u8,
            ToolForm.Computer => item["actions"u8].IsNull ? "action"u8 : "actions"u8,
            _ => "action"u8,
        }];
        if (argument.IsString)
        {
            block.Input = arena.StoreParsed(argument.Text);
            block.InputText = block.Input.IsAbsent ? argument.Text : default;
        }
        else if (form == ToolForm.Computer && !argument.IsNull)
        {
            using var actions = new PooledBuffer(argument.Raw.Raw.Length + 16);
            actions.Write(argument.IsArray ? "{\"actions\":"u8 : "{\"actions\":["u8);
            actions.Write(argument.Raw.Span);
            actions.Write(argument.IsArray ? "}"u8 : "]}"u8);
            block.Input = new(arena.Store(actions.Span));
        }
        else
        {
            block.Input = argument.IsNull ? default : argument.Raw;
        }

        return block;
    }

    // Only what this gateway summed up itself can be read by another model.
    private static Block ReadSummary(JsonNode item, IrArena arena)
    {
        Block block = arena.NewBlock(BlockKind.Summary);
        if (SignatureEnvelope.TryUnwrap(item["encrypted_content"u8].Text, arena, out _, out SignatureUse use, out _, out JsonText text)
            && use == SignatureUse.Summary)
        {
            block.Text = text;
        }

        return block;
    }

    private static Block ReadReasoning(JsonNode item, IrArena arena)
    {
        Block block = arena.NewBlock(BlockKind.Thinking);
        block.Id = item["id"u8].Text;
        block.Text = ReasoningText.Read(item, arena);
        block.Signature = item["encrypted_content"u8].Text;
        return block;
    }

    private static Block ReadGeneratedImage(JsonNode item, IrArena arena)
    {
        Block block = arena.NewBlock(BlockKind.Image);
        block.Id = item["id"u8].Text;
        block.Source = MediaSource.Base64;
        block.Data = item["result"u8].Text;
        JsonText format = item["output_format"u8].Text;
        block.MediaType = format.Is("jpeg"u8) ? Jpeg : format.Is("webp"u8) ? Webp : Png;
        return block;
    }

    private static Block ReadVendorCall(JsonNode item, JsonText type, IrArena arena)
    {
        Block block = arena.NewBlock(BlockKind.ServerToolUse);
        block.Id = item["id"u8].Text;
        block.Name = type[..^"_call".Length];
        return block;
    }

    private static readonly JsonText Png = JsonText.From("image/png");
    private static readonly JsonText Jpeg = JsonText.From("image/jpeg");
    private static readonly JsonText Webp = JsonText.From("image/webp");
}
