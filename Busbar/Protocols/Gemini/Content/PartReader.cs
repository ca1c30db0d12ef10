using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini.Content;

/// <summary>Reads one part of a content. What the representation does not know is kept opaque at its place.</summary>
internal static class PartReader
{
    private static readonly JsonSlice NoArguments = JsonSlice.From("{}"u8);

    /// <summary>
    /// The block of <paramref name="part"/>; null for a part without data. Calls and results keep the id they came with, which may be none.
    /// </summary>
    public static Block? Read(JsonNode part, IrArena arena)
    {
        if (!part.IsObject)
        {
            return null;
        }

        JsonText signature = Signature(part);
        JsonNode text = part["text"u8];

        // Some clients write every member of the union; the one that says something counts.
        bool isText = text.IsString && !(text.Text.IsNullOrEmpty && HasData(part));
        Block? block = isText ? ReadText(text.Text, part["thought"u8].IsTrue, arena) : ReadData(part, arena);
        if (block is null && !signature.IsAbsent)
        {
            block = ReadText(JsonText.Empty, part["thought"u8].IsTrue, arena);
        }

        if (block is not null)
        {
            block.Signature = signature;
            block.Origin = ProtocolId.Gemini;
        }

        return block;
    }

    /// <summary>The thought signature of a part; absent when it has none.</summary>
    public static JsonText Signature(JsonNode part)
    {
        JsonText signature = Spelling.Get(part, "thoughtSignature"u8, "thought_signature"u8).Text;
        return signature.IsNullOrEmpty ? default : signature;
    }

    /// <summary>The function call of a part; missing or null when it is none.</summary>
    public static JsonNode Call(JsonNode part) => Spelling.Get(part, "functionCall"u8, "function_call"u8);

    private static bool HasData(JsonNode part) =>
        Call(part).IsObject
        || Spelling.Get(part, "functionResponse"u8, "function_response"u8).IsObject
        || Spelling.Get(part, "inlineData"u8, "inline_data"u8).IsObject
        || Spelling.Get(part, "fileData"u8, "file_data"u8).IsObject;

    private static Block ReadText(JsonText text, bool isThought, IrArena arena)
    {
        Block block = arena.NewBlock(isThought ? BlockKind.Thinking : BlockKind.Text);
        block.Text = text;
        return block;
    }

    private static Block? ReadData(JsonNode part, IrArena arena)
    {
        if (Call(part) is { IsObject: true } call)
        {
            return ReadCall(call, arena);
        }

        if (Spelling.Get(part, "functionResponse"u8, "function_response"u8) is { IsObject: true } result)
        {
            return ReadResult(result, arena);
        }

        // A picture the model drew on the way is not part of its answer.
        if (part["thought"u8].IsTrue)
        {
            return Raw(BlockKind.Opaque, part, arena);
        }

        if (Spelling.Get(part, "inlineData"u8, "inline_data"u8) is { IsObject: true } data)
        {
            return MediaParts.ReadInline(data, arena) ?? Raw(BlockKind.Opaque, part, arena);
        }

        if (Spelling.Get(part, "fileData"u8, "file_data"u8) is { IsObject: true } file)
        {
            return MediaParts.ReadFile(file, arena) ?? Raw(BlockKind.Opaque, part, arena);
        }

        return ReadServerTool(part, arena);
    }

    private static Block ReadCall(JsonNode call, IrArena arena)
    {
        Block block = arena.NewBlock(BlockKind.ToolUse);
        block.Id = call["id"u8].Text;
        block.Name = call["name"u8].Text;
        ObjectInput.Read(call["args"u8], block, arena);
        block.Input = block.Input.IsNull && block.InputText.IsAbsent ? NoArguments : block.Input;
        return block;
    }

    private static Block ReadResult(JsonNode result, IrArena arena)
    {
        Block block = arena.NewBlock(BlockKind.ToolResult);
        block.Id = result["id"u8].Text;
        block.Name = result["name"u8].Text;
        ReadOutput(block, result["response"u8], arena);
        foreach (JsonNode part in new OneOrMany(result["parts"u8]))
        {
            if (Read(part, arena) is { } media)
            {
                block.AddChild(media);
            }
        }

        return block;
    }

    // "output" and "error" are the documented keys; any other object is the output itself.
    private static void ReadOutput(Block block, JsonNode response, IrArena arena)
    {
        JsonNode value = response;
        int members = 0;
        foreach (JsonMember member in response.Members)
        {
            members++;
            if (member.Name.Is("output"u8) || member.Name.Is("error"u8))
            {
                value = member.Value;
                block.IsError = member.Name.Is("error"u8);
            }
        }

        if (members != 1 || value.IsMissing)
        {
            value = response;
            block.IsError = false;
        }

        if (members == 0 && response.IsObject)
        {
            return;
        }

        if (value.IsString)
        {
            block.AddChild(arena.NewText(value.Text));
        }
        else if (!value.IsNull)
        {
            Block json = arena.NewBlock(BlockKind.Json);
            json.Input = value.Raw;
            block.AddChild(json);
        }
    }

    private static Block? ReadServerTool(JsonNode part, IrArena arena)
    {
        bool hasData = false;
        foreach (JsonMember member in part.Members)
        {
            ReadOnlySpan<byte> name = member.Name.Span;
            if (member.Value.IsNull || name.SequenceEqual("thought"u8) || name.SequenceEqual("thoughtSignature"u8)
                || name.SequenceEqual("thought_signature"u8))
            {
                continue;
            }

            if (Is(name, "executableCode"u8, "executable_code"u8) || Is(name, "toolCall"u8, "tool_call"u8))
            {
                return ServerTool(BlockKind.ServerToolUse, part, member.Value, arena);
            }

            if (Is(name, "codeExecutionResult"u8, "code_execution_result"u8) || Is(name, "toolResponse"u8, "tool_response"u8))
            {
                return ServerTool(BlockKind.ServerToolResult, part, member.Value, arena);
            }

            hasData = true;
        }

        return hasData ? Raw(BlockKind.Opaque, part, arena) : null;
    }

    private static Block ServerTool(BlockKind kind, JsonNode part, JsonNode value, IrArena arena)
    {
        Block block = Raw(kind, part, arena);
        block.Id = value["id"u8].Text;
        block.Name = Spelling.Get(value, "toolType"u8, "tool_type"u8).Text;
        return block;
    }

    private static Block Raw(BlockKind kind, JsonNode part, IrArena arena)
    {
        Block block = arena.NewBlock(kind);
        block.Raw = part.Raw;
        return block;
    }

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> camel, ReadOnlySpan<byte> snake) => name.SequenceEqual(camel)
        || name.SequenceEqual(snake);
}
