using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols.Cohere;

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

        Block block = arena.NewBlock(BlockKind.ToolUse);
        block.Id = call["id"u8].Text.IsNullOrEmpty ? JsonText.From(Ids.Uuid()) : call["id"u8].Text;
        block.Name = function["name"u8].Text.IsAbsent ? JsonText.Empty : function["name"u8].Text;
        JsonNode arguments = function["arguments"u8];
        if (arguments.IsString && !JsonSyntax.Trim(arguments.Text.Span).IsEmpty)
        {
            block.Input = arena.StoreParsed(arguments.Text);
            block.InputText = block.Input.IsAbsent ? arguments.Text : default;
        }
        else
        {
            block.Input = arguments.IsObject ? arguments.Raw : NoArguments;
        }

        return block;
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
            if (block.InputText.IsAbsent)
            {
                output.Stringified("arguments"u8, block.Input.IsNull ? NoArguments : block.Input);
            }
            else
            {
                output.Text("arguments"u8, block.InputText);
            }

            output.EndObject();
            output.EndObject();
        }

        if (isOpen)
        {
            output.EndArray();
        }
    }

    private static readonly JsonSlice NoArguments = JsonSlice.From("{}"u8);
}
