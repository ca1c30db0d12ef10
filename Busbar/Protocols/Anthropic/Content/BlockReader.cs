using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic.Content;

/// <summary>
/// Reads content blocks of requests, answers and streams. A block whose fields are all modelled is told by its fields alone; one that says
/// more keeps its raw form too, and one of an unknown type only that.
/// </summary>
internal static class BlockReader
{
    /// <summary>
    /// Reads one block. When it is malformed, <paramref name="fault"/> names the field in the vendor's words, relative to the block, and the
    /// block is opaque.
    /// </summary>
    public static Block Read(JsonNode node, IrArena arena, out string? fault)
    {
        Block block = arena.NewBlock(BlockKind.Opaque);
        block.Origin = ProtocolId.Anthropic;
        var fields = new MemberReader(node);
        JsonText type = fields.Take("type"u8).Text;
        fault = type.IsAbsent ? "type: Field required" : null;
        if (fault is null)
        {
            fault = ReadFields(type, ref fields, block, arena);
        }

        if (fault is not null)
        {
            block.Reset(BlockKind.Opaque);
            block.Origin = ProtocolId.Anthropic;
            block.Raw = node.Raw;
            return block;
        }

        if (block.Kind is BlockKind.Opaque or BlockKind.ToolReference or BlockKind.Summary or BlockKind.ServerToolUse or BlockKind.ServerToolResult
            or BlockKind.ToolChange || fields.HasOthers)
        {
            block.Raw = node.Raw;
        }

        return block;
    }

    /// <summary>Reads the content of a message, tool result or document: a string, an array of blocks, or nothing.</summary>
    public static string? ReadContent(JsonNode content, IrArena arena, List<Block> into)
    {
        if (content.IsString)
        {
            into.Add(arena.NewText(content.Text));
            return null;
        }

        if (!content.IsArray)
        {
            return content.IsNull ? null : "Input should be a valid string or array of blocks";
        }

        int position = 0;
        foreach (JsonNode item in content.Items)
        {
            into.Add(Read(item, arena, out string? fault));
            if (fault is not null)
            {
                return $"{position}.{fault}";
            }

            position++;
        }

        return null;
    }

    private static string? ReadFields(JsonText type, ref MemberReader fields, Block block, IrArena arena) => type switch
    {
        _ when type.Is("text"u8) => ReadText(ref fields, block),
        _ when type.Is("tool_use"u8) => ReadToolUse(ref fields, block, arena),
        _ when type.Is("tool_result"u8) => ReadToolResult(ref fields, block, arena),
        _ when type.Is("thinking"u8) => ReadThinking(ref fields, block),
        _ when type.Is("redacted_thinking"u8) => ReadRedactedThinking(ref fields, block),
        _ when type.Is("image"u8) => ReadImage(ref fields, block),
        _ when type.Is("document"u8) => ReadDocument(ref fields, block, arena),
        _ when type.Is("search_result"u8) => ReadSearchResult(ref fields, block, arena),
        _ when type.Is("tool_reference"u8) => ReadToolReference(ref fields, block),
        _ when type.Is("compaction"u8) => ReadSummary(ref fields, block),
        _ when type.Is("tool_addition"u8) || type.Is("tool_removal"u8) => ReadToolChange(ref fields, block, isRemoval: type.Is("tool_removal"u8)),
        _ when type.Span.EndsWith("_tool_use"u8) => ReadServerToolUse(ref fields, block),
        _ when type.Span.EndsWith("_tool_result"u8) => ReadServerToolResult(ref fields, block),
        _ => null,
    };

    private static string? ReadText(ref MemberReader fields, Block block)
    {
        block.Kind = BlockKind.Text;
        block.Text = fields.Take("text"u8).Text;
        if (block.Text.IsAbsent)
        {
            return "text.text: Field required";
        }

        Citations.ReadAll(fields.Take("citations"u8), block);
        ReadCache(ref fields, block);
        return null;
    }

    private static string? ReadThinking(ref MemberReader fields, Block block)
    {
        block.Kind = BlockKind.Thinking;
        block.Text = fields.Take("thinking"u8).Text;
        block.Signature = fields.Take("signature"u8).Text;
        return block.Text.IsAbsent ? "thinking.thinking: Field required" : null;
    }

    private static string? ReadRedactedThinking(ref MemberReader fields, Block block)
    {
        block.Kind = BlockKind.Thinking;
        block.Redacted = true;
        block.Text = fields.Take("data"u8).Text;
        return block.Text.IsAbsent ? "redacted_thinking.data: Field required" : null;
    }

    private static string? ReadToolUse(ref MemberReader fields, Block block, IrArena arena)
    {
        block.Kind = BlockKind.ToolUse;
        block.Id = fields.Take("id"u8).Text;
        block.Name = fields.Take("name"u8).Text;
        ObjectInput.Read(fields.Take("input"u8), block, arena);
        ReadCache(ref fields, block);
        return block.Id.IsAbsent ? "tool_use.id: Field required" : block.Name.IsAbsent ? "tool_use.name: Field required" : null;
    }

    private static string? ReadToolResult(ref MemberReader fields, Block block, IrArena arena)
    {
        block.Kind = BlockKind.ToolResult;
        block.Id = fields.Take("tool_use_id"u8).Text;
        block.IsError = fields.Take("is_error"u8).IsTrue;
        ReadCache(ref fields, block);
        if (block.Id.IsAbsent)
        {
            return "tool_result.tool_use_id: Field required";
        }

        string? fault = ReadContent(fields.Take("content"u8), arena, block.Children ??= []);
        return fault is null ? null : Join("tool_result.content", fault);
    }

    private static string? ReadImage(ref MemberReader fields, Block block)
    {
        block.Kind = BlockKind.Image;
        ReadCache(ref fields, block);
        JsonNode source = fields.Take("source"u8);
        if (!source.IsObject)
        {
            return "image.source: Field required";
        }

        if (!ReadMediaSource(source, block))
        {
            fields.Return("source"u8);
        }

        return block.Data.IsAbsent ? "image.source: Input does not match the expected shape" : null;
    }

    private static string? ReadDocument(ref MemberReader fields, Block block, IrArena arena)
    {
        block.Kind = BlockKind.Document;
        block.Title = fields.Take("title"u8).Text;
        block.Context = fields.Take("context"u8).Text;
        ReadCache(ref fields, block);
        ReadCitationsSwitch(ref fields, block);
        JsonNode source = fields.Take("source"u8);
        if (!source.IsObject)
        {
            return "document.source: Field required";
        }

        if (source["type"u8].Text.Is("text"u8))
        {
            block.Source = MediaSource.Text;
            block.MediaType = source["media_type"u8].Text;
            block.Text = source["data"u8].Text;
            return block.Text.IsAbsent ? "document.source.data: Field required" : null;
        }

        if (source["type"u8].Text.Is("content"u8))
        {
            block.Source = MediaSource.Blocks;
            string? fault = ReadContent(source["content"u8], arena, block.Children ??= []);
            return fault is null ? null : Join("document.source.content", fault);
        }

        if (!ReadMediaSource(source, block))
        {
            fields.Return("source"u8);
        }

        return block.Data.IsAbsent ? "document.source: Input does not match the expected shape" : null;
    }

    private static string? ReadSearchResult(ref MemberReader fields, Block block, IrArena arena)
    {
        block.Kind = BlockKind.SearchResult;
        block.Title = fields.Take("title"u8).Text;
        block.Data = fields.Take("source"u8).Text;
        ReadCache(ref fields, block);
        ReadCitationsSwitch(ref fields, block);
        string? fault = ReadContent(fields.Take("content"u8), arena, block.Children ??= []);
        return fault is null ? null : Join("search_result.content", fault);
    }

    private static string? ReadToolReference(ref MemberReader fields, Block block)
    {
        block.Kind = BlockKind.ToolReference;
        block.Name = fields.Take("tool_name"u8).Text;
        return block.Name.IsNullOrEmpty ? "tool_reference.tool_name: Field required" : null;
    }

    private static string? ReadSummary(ref MemberReader fields, Block block)
    {
        block.Kind = BlockKind.Summary;
        block.Text = fields.Take("content"u8).Text;
        return null;
    }

    private static string? ReadToolChange(ref MemberReader fields, Block block, bool isRemoval)
    {
        block.Kind = BlockKind.ToolChange;
        JsonNode tool = fields.Take("tool"u8);
        block.Name = (tool["definition"u8].IsObject ? tool["definition"u8] : tool)["name"u8].Text;
        block.IsError = isRemoval;
        return null;
    }

    private static string? ReadServerToolUse(ref MemberReader fields, Block block)
    {
        block.Kind = BlockKind.ServerToolUse;
        block.Id = fields.Take("id"u8).Text;
        block.Name = fields.Take("name"u8).Text;
        block.Input = fields.Take("input"u8).Raw;
        return null;
    }

    private static string? ReadServerToolResult(ref MemberReader fields, Block block)
    {
        block.Kind = BlockKind.ServerToolResult;
        block.Id = fields.Take("tool_use_id"u8).Text;
        return null;
    }

    private static bool ReadMediaSource(JsonNode source, Block block)
    {
        var fields = new MemberReader(source);
        JsonText type = fields.Take("type"u8).Text;
        if (type.Is("base64"u8))
        {
            block.Source = MediaSource.Base64;
            block.MediaType = fields.Take("media_type"u8).Text;
            block.Data = fields.Take("data"u8).Text;
        }
        else if (type.Is("url"u8))
        {
            block.Source = MediaSource.Url;
            block.Data = fields.Take("url"u8).Text;
        }
        else
        {
            // A file id, or a kind of reference that only this vendor can resolve.
            block.Source = MediaSource.Vendor;
            JsonText file = fields.Take("file_id"u8).Text;
            block.Data = file.IsAbsent ? JsonText.Empty : file;
        }

        return !fields.HasOthers && (block.Source != MediaSource.Vendor || type.Is("file"u8));
    }

    private static void ReadCitationsSwitch(ref MemberReader fields, Block block)
    {
        JsonNode citations = fields.Take("citations"u8);
        block.CitationsEnabled = citations["enabled"u8].Bool;
        if (citations.IsObject && block.CitationsEnabled is null)
        {
            fields.Return("citations"u8);
        }
    }

    private static void ReadCache(ref MemberReader fields, Block block)
    {
        if (!CacheControl.TryRead(fields.Take("cache_control"u8), out block.Cache))
        {
            fields.Return("cache_control"u8);
        }
    }

    /// <summary>
    /// Puts a path before a fault: one inside an array starts with the element's number and continues the path, any other is about the value itself.
    /// </summary>
    public static string Join(string path, string fault) => char.IsAsciiDigit(fault[0]) ? $"{path}.{fault}" : $"{path}: {fault}";
}
