using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Seventh;

/// <summary>What a turn consists of: <c>say</c>, <c>use</c> and <c>did</c>.</summary>
internal static class Items
{
    /// <summary>Reads the items of a turn; false when one of them is none.</summary>
    public static bool TryRead(JsonNode items, IrArena arena, List<Block> blocks)
    {
        foreach (JsonNode item in items.Items)
        {
            if (item["say"u8] is { IsString: true } say)
            {
                blocks.Add(arena.NewText(say.Text));
            }
            else if (item["use"u8] is { IsString: true } use)
            {
                Block call = arena.NewBlock(BlockKind.ToolUse);
                call.Id = item["as"u8].Text;
                call.Name = use.Text;
                call.Input = arena.StoreParsed(item["with"u8].Text);
                blocks.Add(call);
            }
            else if (item["did"u8] is { IsString: true } did)
            {
                Block result = arena.NewBlock(BlockKind.ToolResult);
                result.Id = did.Text;
                result.AddChild(arena.NewText(item["gave"u8].Text));
                blocks.Add(result);
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Writes the blocks of a turn; what has no item is noted.</summary>
    public static void Write(List<Block> blocks, JsonWriter output, ref Losses losses)
    {
        output.StartArray("items"u8);
        foreach (Block block in blocks)
        {
            switch (block.Kind)
            {
                case BlockKind.Text or BlockKind.Refusal:
                    output.StartObject();
                    output.Text("say"u8, block.Text);
                    output.EndObject();
                    break;
                case BlockKind.ToolUse:
                    output.StartObject();
                    output.Text("use"u8, block.Name);
                    output.Text("as"u8, block.Id);
                    if (block.InputText.IsAbsent)
                    {
                        output.Stringified("with"u8, block.Input.IsNull ? JsonSlice.From("{}"u8) : block.Input);
                    }
                    else
                    {
                        output.Text("with"u8, block.InputText);
                    }

                    output.EndObject();
                    break;
                case BlockKind.ToolResult:
                    output.StartObject();
                    output.Text("did"u8, block.Id);
                    output.String("gave"u8, string.Concat(from child in block.Children ?? [] select child.Text.ToString()));
                    output.EndObject();
                    break;
                default:
                    losses.Add(block.Kind == BlockKind.Thinking ? LossField.Thinking : LossField.OpaqueBlock);
                    break;
            }
        }

        output.EndArray();
    }
}
