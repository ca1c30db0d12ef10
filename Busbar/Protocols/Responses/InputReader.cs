using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols.Responses;

/// <summary>Reads the <c>input</c> of a request. Every item becomes one message; message or block remembers the item, so that it can be replayed as it was.</summary>
internal static class InputReader
{
    /// <summary>Reads <paramref name="input"/> into the messages of <paramref name="request"/>; null on success.</summary>
    public static GatewayError? Read(JsonNode input, ChatRequest request)
    {
        if (input.IsString)
        {
            Message message = request.AddMessage(Role.User);
            message.Raw = input.Raw;
            message.Blocks.Add(request.Arena.NewText(input.Text));
            return null;
        }

        if (!input.IsArray)
        {
            return new GatewayError(ErrorKind.InvalidRequest, "Invalid type for 'input': expected a string or an array of input items.", Param: "input", Code: "invalid_type");
        }

        foreach (JsonNode item in input.Items)
        {
            if (ReadItem(item, request) is { } error)
            {
                return error;
            }
        }

        return null;
    }

    private static GatewayError? ReadItem(JsonNode item, ChatRequest request)
    {
        if (!item.IsObject)
        {
            return new GatewayError(ErrorKind.InvalidRequest, "Invalid type for 'input': every input item must be an object.", Param: "input", Code: "invalid_type");
        }

        JsonText type = item["type"u8].Text;
        if (type.Is("message"u8) || (type.IsAbsent && !item["role"u8].IsNull))
        {
            return ReadMessage(item, request);
        }

        if (type.Is("item_reference"u8) || (type.IsAbsent && !item["id"u8].IsNull))
        {
            request.VendorState ??= "item_reference";
            request.AddMessage(Role.Assistant).Blocks.Add(Items.Read(item, type, request.Arena));
        }
        else if (type.Is("function_call_output"u8) || type.Is("custom_tool_call_output"u8))
        {
            request.AddMessage(Role.Tool).Blocks.Add(ReadToolResult(item, type.Is("custom_tool_call_output"u8), request.Arena));
        }
        else if (type.Is("additional_tools"u8))
        {
            Message message = request.AddMessage(Role.System);
            message.Raw = item.Raw;
            ReadAddedTools(item["tools"u8], message, request.Arena);
        }
        else
        {
            Role role = !type.IsAbsent && type.Span.EndsWith("_output"u8) ? Role.Tool : Role.Assistant;
            request.AddMessage(role).Blocks.Add(Items.Read(item, type, request.Arena));
        }

        return null;
    }

    private static GatewayError? ReadMessage(JsonNode item, ChatRequest request)
    {
        JsonText role = item["role"u8].Text;
        Role? known = role switch
        {
            _ when role.Is("user"u8) => Role.User,
            _ when role.Is("assistant"u8) => Role.Assistant,
            _ when role.Is("system"u8) || role.Is("developer"u8) => Role.System,
            _ => null,
        };
        if (known is null)
        {
            return new GatewayError(
                ErrorKind.InvalidRequest,
                "Invalid value for 'role'. Supported values are: 'assistant', 'system', 'developer', and 'user'.",
                Param: "input",
                Code: "invalid_value");
        }

        Message message = request.AddMessage(known.Value);
        message.Raw = item.Raw;
        JsonNode content = item["content"u8];
        if (content.IsArray)
        {
            foreach (JsonNode part in content.Items)
            {
                message.Blocks.Add(ReadPart(part, request.Arena));
            }
        }
        else
        {
            message.Blocks.Add(request.Arena.NewText(content.IsString ? content.Text : JsonText.Empty));
        }

        JsonText phase = item["phase"u8].Text;
        foreach (Block block in message.Blocks)
        {
            block.Phase = phase;
        }

        return null;
    }

    private static Block ReadToolResult(JsonNode item, bool custom, IrArena arena)
    {
        Block result = arena.NewBlock(BlockKind.ToolResult);
        result.Id = item["call_id"u8].Text;
        result.IsCustomTool = custom;
        result.Origin = ProtocolId.Responses;
        result.Raw = item.Raw;
        JsonNode output = item["output"u8];
        if (output.IsString)
        {
            result.AddChild(arena.NewText(output.Text));
        }
        else if (output.IsArray)
        {
            foreach (JsonNode part in output.Items)
            {
                result.AddChild(ReadPart(part, arena));
            }
        }
        else if (!output.IsNull)
        {
            Block json = arena.NewBlock(BlockKind.Json);
            json.Input = output.Raw;
            result.AddChild(json);
        }

        return result;
    }

    private static void ReadAddedTools(JsonNode tools, Message message, IrArena arena)
    {
        foreach (JsonNode tool in tools.Items)
        {
            Block change = arena.NewBlock(BlockKind.ToolChange);
            change.Name = tool["name"u8].Text;
            change.Raw = tool.Raw;
            change.Origin = ProtocolId.Responses;
            message.Blocks.Add(change);
        }
    }

    private static Block ReadPart(JsonNode part, IrArena arena)
    {
        if (part.IsString)
        {
            return arena.NewText(part.Text);
        }

        JsonText type = part["type"u8].Text;
        Block block = type switch
        {
            _ when type.Is("input_text"u8) || type.Is("output_text"u8) || type.Is("text"u8) => ReadText(part, arena),
            _ when type.Is("refusal"u8) => ReadRefusal(part, arena),
            _ when type.Is("input_image"u8) => Media.ReadImage(part, arena),
            _ when type.Is("input_file"u8) => Media.ReadFile(part, arena),
            _ when type.Is("input_audio"u8) => ReadAudio(part["input_audio"u8], arena),
            _ => ReadOpaque(part, arena),
        };
        block.Cache = OpenAI.CacheBreakpoints.Read(part);
        return block;
    }

    private static Block ReadText(JsonNode part, IrArena arena)
    {
        JsonText text = part["text"u8].Text;
        Block block = arena.NewText(text.IsAbsent ? JsonText.Empty : text);
        foreach (JsonNode annotation in part["annotations"u8].Items)
        {
            block.AddCitation(Annotations.Read(annotation));
        }

        return block;
    }

    private static Block ReadRefusal(JsonNode part, IrArena arena)
    {
        Block block = arena.NewBlock(BlockKind.Refusal);
        block.Text = part["refusal"u8].Text;
        return block;
    }

    private static Block ReadAudio(JsonNode audio, IrArena arena)
    {
        Block block = arena.NewBlock(BlockKind.Audio);
        block.Source = MediaSource.Base64;
        block.Data = audio["data"u8].Text;
        block.MediaType = audio["format"u8].Text.Is("mp3"u8) ? Mp3 : Wav;
        return block;
    }

    private static Block ReadOpaque(JsonNode part, IrArena arena)
    {
        Block block = arena.NewBlock(BlockKind.Opaque);
        block.Origin = ProtocolId.Responses;
        block.Raw = part.Raw;
        return block;
    }

    private static readonly JsonText Mp3 = JsonText.From("audio/mpeg");
    private static readonly JsonText Wav = JsonText.From("audio/wav");
}
