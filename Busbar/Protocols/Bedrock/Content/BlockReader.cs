using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock.Content;

/// <summary>
/// Reads content blocks of requests and answers: objects whose one member says what they are. A block whose fields are all modelled is told by its
/// fields alone; one that says more keeps its raw form too, and one of an unknown kind only that.
/// </summary>
internal static class BlockReader
{
    /// <summary>
    /// Reads the blocks of <paramref name="array"/>. A cache point becomes a mark on the block before it; one that has none, or says more than a mark
    /// holds, stays where it stands. Returns what is wrong, beginning with the block's number; null when nothing is.
    /// </summary>
    public static string? ReadAll(JsonNode array, IrArena arena, List<Block> into)
    {
        int position = 0;
        foreach (JsonNode item in array.Items)
        {
            if (CachePoints.TryRead(item, out CacheMark mark) && into.Count > 0 && into[^1].Cache == CacheMark.None)
            {
                into[^1].Cache = mark;
            }
            else
            {
                into.Add(Read(item, arena, out string? fault));
                if (fault is not null)
                {
                    return $"{position}.{fault}";
                }
            }

            position++;
        }

        return null;
    }

    /// <summary>
    /// Reads one block. When it is malformed, <paramref name="fault"/> names the field, relative to the block, and the block is opaque.
    /// </summary>
    public static Block Read(JsonNode node, IrArena arena, out string? fault)
    {
        Block block = arena.NewBlock(BlockKind.Opaque);
        block.Origin = ProtocolId.Bedrock;
        bool isWhole = true;
        fault = null;
        foreach (JsonMember member in node.Members)
        {
            // An empty member beside one that says something is absent.
            if (member.Value.IsNull || (member.Name.Is("text"u8) && member.Value.Text.IsNullOrEmpty && HasOther(node)))
            {
                isWhole = false;
                continue;
            }

            if (block.Kind != BlockKind.Opaque)
            {
                isWhole = false;
                break;
            }

            isWhole &= ReadMember(member.Name, member.Value, block, arena, out fault);
            if (fault is not null)
            {
                block.Reset(BlockKind.Opaque);
                block.Origin = ProtocolId.Bedrock;
                isWhole = false;
                break;
            }
        }

        if (!isWhole || block.Kind == BlockKind.Opaque)
        {
            block.Raw = node.Raw;
        }

        return block;
    }

    // The result says whether the fields hold everything.
    private static bool HasOther(JsonNode node)
    {
        foreach (JsonMember member in node.Members)
        {
            if (!member.Name.Is("text"u8) && member.Value.IsObject)
            {
                return true;
            }
        }

        return false;
    }

    private static bool ReadMember(JsonText name, JsonNode value, Block block, IrArena arena, out string? fault)
    {
        fault = null;
        if (name.Is("text"u8))
        {
            block.Kind = value.IsString ? BlockKind.Text : BlockKind.Opaque;
            block.Text = value.Text;
            return true;
        }

        if (name.Is("json"u8))
        {
            block.Kind = BlockKind.Json;
            block.Input = value.Raw;
            return true;
        }

        if (!value.IsObject)
        {
            return false;
        }

        var fields = new MemberReader(value);
        bool isWhole = name switch
        {
            _ when name.Is("toolUse"u8) => ReadToolUse(ref fields, block, arena, out fault),
            _ when name.Is("toolResult"u8) => ReadToolResult(ref fields, block, arena, out fault),
            _ when name.Is("reasoningContent"u8) => ReadReasoning(ref fields, block, arena),
            _ when name.Is("citationsContent"u8) => ReadCitations(ref fields, block, arena),
            _ when name.Is("image"u8) => MediaReader.ReadImage(ref fields, block),
            _ when name.Is("document"u8) => MediaReader.ReadDocument(ref fields, block, arena),
            _ when name.Is("video"u8) => MediaReader.ReadVideo(ref fields, block),
            _ when name.Is("audio"u8) => MediaReader.ReadAudio(ref fields, block),
            _ when name.Is("searchResult"u8) => ReadSearchResult(ref fields, block, arena),
            _ when name.Is("guardContent"u8) => ReadGuarded(ref fields, block),
            _ when name.Is("toolAddition"u8) || name.Is("toolRemoval"u8) => ReadToolChange(ref fields, block, isRemoval: name.Is("toolRemoval"u8)),
            _ => false,
        };
        return isWhole && !fields.HasOthers;
    }

    private static bool ReadToolUse(ref MemberReader fields, Block block, IrArena arena, out string? fault)
    {
        block.Id = fields.Take("toolUseId"u8).Text;
        block.Name = fields.Take("name"u8).Text;
        ObjectInput.Read(fields.Take("input"u8), block, arena);
        fault = block.Id.IsNullOrEmpty ? "toolUse.toolUseId" : block.Name.IsNullOrEmpty ? "toolUse.name" : null;

        // Answers call an ordinary one "tool_use", which requests must not: it is no member of the enumeration.
        JsonText type = fields.Take("type"u8).Text;
        block.Kind = type.Is("server_tool_use"u8) ? BlockKind.ServerToolUse : BlockKind.ToolUse;
        return type.IsAbsent;
    }

    private static bool ReadToolResult(ref MemberReader fields, Block block, IrArena arena, out string? fault)
    {
        block.Id = fields.Take("toolUseId"u8).Text;
        JsonText type = fields.Take("type"u8).Text;
        if (!type.IsNullOrEmpty && !type.Is("tool_result"u8))
        {
            block.Kind = BlockKind.ServerToolResult;
            fault = null;
            return false;
        }

        block.Kind = BlockKind.ToolResult;
        block.IsError = fields.Take("status"u8).Text.Is("error"u8);
        fault = block.Id.IsNullOrEmpty ? "toolResult.toolUseId" : null;
        if (fault is null && ReadAll(fields.Take("content"u8), arena, block.Children ??= []) is string inner)
        {
            fault = "toolResult.content." + inner;
        }

        return type.IsAbsent;
    }

    private static bool ReadReasoning(ref MemberReader fields, Block block, IrArena arena)
    {
        JsonText blob = fields.Take("redactedContent"u8).Text;
        if (!blob.IsAbsent)
        {
            block.Kind = BlockKind.Thinking;
            block.Redacted = true;
            return RedactedContent.TryRead(blob, arena, out block.Text);
        }

        JsonNode words = fields.Take("reasoningText"u8);
        var inner = new MemberReader(words);
        JsonText text = inner.Take("text"u8).Text;
        block.Kind = words.IsObject ? BlockKind.Thinking : BlockKind.Opaque;
        block.Text = text.IsAbsent ? JsonText.Empty : text;
        block.Signature = inner.Take("signature"u8).Text;
        return !text.IsAbsent && !inner.HasOthers;
    }

    // The list of pieces is not modelled, so the raw form stays in any case.
    private static bool ReadCitations(ref MemberReader fields, Block block, IrArena arena)
    {
        JsonText text = Texts.Join(fields.Take("content"u8), arena);
        block.Kind = BlockKind.Text;
        block.Text = text.IsAbsent ? JsonText.Empty : text;
        foreach (JsonNode citation in fields.Take("citations"u8).Items)
        {
            if (citation.IsObject)
            {
                block.AddCitation(Citations.Read(citation, arena));
            }
        }

        return false;
    }

    private static bool ReadSearchResult(ref MemberReader fields, Block block, IrArena arena)
    {
        block.Kind = BlockKind.SearchResult;
        block.Title = fields.Take("title"u8).Text;
        block.Data = fields.Take("source"u8).Text;
        return Texts.TryRead(fields.Take("content"u8), arena, block) & MediaReader.ReadCitationsSwitch(ref fields, block);
    }

    // Guarded words are part of the prompt: elsewhere they are plain words, without the guard.
    private static bool ReadGuarded(ref MemberReader fields, Block block)
    {
        block.Text = fields.Take("text"u8)["text"u8].Text;
        block.Kind = block.Text.IsAbsent ? BlockKind.Opaque : BlockKind.Text;
        return false;
    }

    private static bool ReadToolChange(ref MemberReader fields, Block block, bool isRemoval)
    {
        block.Kind = BlockKind.ToolChange;
        block.Name = fields.Take("tool"u8)["name"u8].Text;
        block.IsError = isRemoval;
        return false;
    }
}
