using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Gemini.Tools;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini.Content;

/// <summary>Writes <c>systemInstruction</c> and <c>contents</c>.</summary>
internal static class ContentWriter
{
    /// <summary>Writes both.</summary>
    public static void Write(ChatRequest request, Capabilities capabilities, JsonWriter output, ref Losses losses)
    {
        WriteInstructions(request.System, output, ref losses);
        Dictionary<JsonText, JsonText>? names = null;
        output.StartArray("contents"u8);
        foreach (Message message in request.Messages)
        {
            output.StartObject();
            output.Literal("role"u8, message.Role == Role.Assistant ? "model"u8 : "user"u8);
            output.StartArray("parts"u8);
            WriteParts(message, request.Messages, capabilities, ref names, output, ref losses);
            output.EndArray();
            output.EndObject();
        }

        output.EndArray();
    }

    /// <summary>Writes <c>contents</c> as they were read, apart from what was changed since.</summary>
    public static void Repeat(List<Message> messages, JsonWriter output, ref Losses losses)
    {
        output.StartArray("contents"u8);
        foreach (Message message in messages)
        {
            output.StartObject();
            output.Literal("role"u8, message.Role == Role.Assistant ? "model"u8 : "user"u8);
            output.StartArray("parts"u8);
            foreach (Block block in message.Blocks)
            {
                PartWriter.Repeat(block, output, ref losses);
            }

            output.EndArray();
            output.EndObject();
        }

        output.EndArray();
    }

    private static void WriteInstructions(List<Block> system, JsonWriter output, ref Losses losses)
    {
        if (system.Count == 0)
        {
            return;
        }

        output.StartObject("systemInstruction"u8);
        output.StartArray("parts"u8);
        foreach (Block block in system)
        {
            if (block.Kind != BlockKind.Text || !block.Text.IsNullOrEmpty)
            {
                PartWriter.Write(block, false, output, ref losses);
            }
        }

        output.EndArray();
        output.EndObject();
    }

    private static void WriteParts(
        Message message,
        List<Message> history,
        Capabilities capabilities,
        ref Dictionary<JsonText, JsonText>? names,
        JsonWriter output,
        ref Losses losses)
    {
        bool isWritten = false;
        foreach (Block block in message.Blocks)
        {
            if (block.Kind == BlockKind.ToolResult)
            {
                names ??= Names(history);
                JsonText name = names.TryGetValue(block.Id, out JsonText called) ? called : block.Name.IsNullOrEmpty ? block.Id : block.Name;
                ResultWriter.Write(block, name, capabilities.FunctionCallIds ? block.Id : default, capabilities.ToolResultParts, output);
                isWritten = true;
            }
        }

        // A turn must answer all calls before it says anything else.
        foreach (Block block in message.Blocks)
        {
            if (block.Kind == BlockKind.ToolResult)
            {
                ResultWriter.WriteMedia(block, capabilities.ToolResultParts, output, ref losses);
            }
            else
            {
                isWritten |= PartWriter.Write(block, capabilities.FunctionCallIds, output, ref losses);
            }
        }

        if (!isWritten)
        {
            PartWriter.Text(JsonText.Empty, false, default, output);
        }
    }

    private static Dictionary<JsonText, JsonText> Names(List<Message> history)
    {
        var names = new Dictionary<JsonText, JsonText>();
        foreach (Message message in history)
        {
            foreach (Block block in message.Blocks)
            {
                if (block.Kind == BlockKind.ToolUse)
                {
                    names[block.Id] = block.Name;
                }
            }
        }

        return names;
    }
}
