using System.Globalization;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Forms;
using Busbar.Protocols.Responses.Tools;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses.Content;

/// <summary>
/// Reads the <c>input</c> of a request. Every item becomes one message; message or block remembers the item, so that it can be replayed as it was.
/// </summary>
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
            return new GatewayError(ErrorKind.InvalidRequest, "Invalid type for 'input': expected a string or an array of input items.",
                Param: "input", Code: "invalid_type");
        }

        int position = 0;
        foreach (JsonNode item in input.Items)
        {
            if (ReadItem(item, position++, request) is { } error)
            {
                return error;
            }
        }

        return null;
    }

    private static GatewayError? ReadItem(JsonNode item, int position, ChatRequest request)
    {
        if (!item.IsObject)
        {
            return new GatewayError(ErrorKind.InvalidRequest, "Invalid type for 'input': every input item must be an object.", Param: "input",
                Code: "invalid_type");
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
        else if (ToolOutputs.TryRead(item, type, request, out Block? result))
        {
            request.AddMessage(Role.Tool).Blocks.Add(result!);
            return type.Is("tool_search_output"u8) ? ToolReader.Read(item["tools"u8], Place(position) + ".tools", isLoaded: true, request) : null;
        }
        else if (type.Is("additional_tools"u8))
        {
            Message message = request.AddMessage(Role.System);
            message.Raw = item.Raw;
            ToolOutputs.ReadReferences(item["tools"u8], BlockKind.ToolChange, message.Blocks, request.Arena);
            return ToolReader.Read(item["tools"u8], Place(position) + ".tools", isLoaded: true, request);
        }
        else if (type.Is("agent_message"u8))
        {
            ReadAgentMessage(item, request);
        }
        else if (type.Is("compaction_trigger"u8))
        {
            request.WantsSummary = true;
            Block trigger = Items.Read(item, type, request.Arena);
            trigger.Name = type;
            request.AddMessage(Role.User).Blocks.Add(trigger);
        }
        else
        {
            Role role = !type.IsAbsent && type.Span.EndsWith("_output"u8) ? Role.Tool : Role.Assistant;
            request.AddMessage(role).Blocks.Add(Items.Read(item, type, request.Arena));
        }

        return null;
    }

    private static string Place(int position) => "input[" + position.ToString(CultureInfo.InvariantCulture) + "]";

    // What one agent says to another is what a user says to the model that reads it.
    private static void ReadAgentMessage(JsonNode item, ChatRequest request)
    {
        Message message = request.AddMessage(Role.User);
        message.Raw = item.Raw;
        JsonText author = item["author"u8].Text, recipient = item["recipient"u8].Text;
        if (!author.IsNullOrEmpty || !recipient.IsNullOrEmpty)
        {
            JsonText[] words = recipient.IsNullOrEmpty ? [From, author, End] : author.IsNullOrEmpty ? [Addressed, recipient, End]
                : [From, author, To, recipient, End];
            message.Blocks.Add(request.Arena.NewText(request.Arena.Join(words, default)));
        }

        foreach (JsonNode part in item["content"u8].Items)
        {
            message.Blocks.Add(ReadPart(part, request.Arena));
        }

        if (item["content"u8].IsString)
        {
            message.Blocks.Add(request.Arena.NewText(item["content"u8].Text));
        }
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

    /// <summary>Reads one part of a message or of a result.</summary>
    public static Block ReadPart(JsonNode part, IrArena arena)
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
        block.Cache = OpenAI.Content.CacheBreakpoints.Read(part);
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

    private static readonly JsonText From = JsonText.From("[Message from ");
    private static readonly JsonText To = JsonText.From(" to ");
    private static readonly JsonText Addressed = JsonText.From("[Message to ");
    private static readonly JsonText End = JsonText.From("]");
    private static readonly JsonText Mp3 = JsonText.From("audio/mpeg");
    private static readonly JsonText Wav = JsonText.From("audio/wav");
}
