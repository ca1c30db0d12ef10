using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols.Responses;

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
            _ when type.Is("reasoning"u8) => ReadReasoning(item, arena),
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

    private static bool IsVendorRun(JsonText type) =>
        type.Is("web_search_call"u8) || type.Is("file_search_call"u8) || type.Is("code_interpreter_call"u8)
        || type.Is("image_generation_call"u8) || type.Is("mcp_call"u8);

    private static Block ReadFunctionCall(JsonNode item, IrArena arena)
    {
        Block block = arena.NewBlock(BlockKind.ToolUse);
        block.Id = item["call_id"u8].Text;
        block.Name = item["name"u8].Text;
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
        block.Name = item["name"u8].Text;
        block.InputText = item["input"u8].IsString ? item["input"u8].Text : JsonText.Empty;
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
