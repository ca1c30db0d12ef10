using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Cohere.Tools;

/// <summary>Entries of <c>tool_calls</c> in whole messages.</summary>
internal static class ToolCalls
{
    /// <summary>Reads one entry; null when it is not a call.</summary>
    public static Block? Read(JsonNode call, IrArena arena)
    {
        JsonNode function = call["function"u8];
        if (!function.IsObject)
        {
            return null;
        }

        JsonText id = call["id"u8].Text;
        return OpenAI.Tools.ToolCalls.ReadFunction(function, id.IsNullOrEmpty ? JsonText.From(Ids.Uuid()) : id, arena);
    }

    /// <summary>Writes the calls among <paramref name="blocks"/>, if any, as the value of <c>tool_calls</c>.</summary>
    public static void Write(List<Block> blocks, JsonWriter output)
    {
        bool isOpen = false;
        foreach (Block block in blocks)
        {
            if (block.Kind != BlockKind.ToolUse)
            {
                continue;
            }

            if (!isOpen)
            {
                output.StartArray("tool_calls"u8);
                isOpen = true;
            }

            output.StartObject();
            output.Text("id"u8, block.Id);
            output.Literal("type"u8, "function"u8);
            output.StartObject("function"u8);
            output.Text("name"u8, block.Name);
            OpenAI.Tools.ToolCalls.WriteInput("arguments"u8, block, output);
            output.EndObject();
            output.EndObject();
        }

        if (isOpen)
        {
            output.EndArray();
        }
    }
}
