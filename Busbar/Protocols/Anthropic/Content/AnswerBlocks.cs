using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic.Content;

/// <summary>
/// Writes content blocks of answers, which carry more keys than those of requests: <c>citations</c>, <c>caller</c>, an empty <c>signature</c>.
/// </summary>
internal static class AnswerBlocks
{
    /// <summary>Whether the block can be shown; notes the loss when it cannot.</summary>
    public static bool CanWrite(Block block, ref Losses losses)
    {
        LossField? loss = block.Kind switch
        {
            _ when BlockWriter.IsReplayed(block) => null,
            BlockKind.Text or BlockKind.Refusal or BlockKind.Json or BlockKind.Thinking or BlockKind.ToolUse => null,
            _ => BlockLoss.Of(block.Kind),
        };
        if (loss is LossField field)
        {
            losses.Add(field);
        }

        return loss is null;
    }

    /// <summary>Writes one block, which <see cref="CanWrite"/> has let pass, as the next value.</summary>
    public static void Write(Block block, JsonWriter output, ref Losses losses)
    {
        if (BlockWriter.IsReplayed(block))
        {
            output.Raw(block.Raw);
            return;
        }

        output.StartObject();
        switch (block.Kind)
        {
            case BlockKind.ToolUse:
                WriteCall(block.Id, block.Name, output);
                BlockWriter.WriteInput(block, output, ref losses);
                break;
            case BlockKind.Thinking:
                BlockWriter.WriteThinking(block, output);
                break;
            case BlockKind.Json:
                output.Literal("type"u8, "text"u8);
                output.Stringified("text"u8, block.Input);
                output.Null("citations"u8);
                break;
            default:
                output.Literal("type"u8, "text"u8);
                output.Text("text"u8, block.Text);
                WriteCitations(block, output);
                break;
        }

        output.EndObject();
    }

    /// <summary>Writes what a call begins with, everything but its <c>input</c>.</summary>
    public static void WriteCall(JsonText id, JsonText name, JsonWriter output)
    {
        output.Literal("type"u8, "tool_use"u8);
        output.Text("id"u8, id);
        output.Text("name"u8, name);
        output.Raw("caller"u8, """{"type":"direct"}"""u8);
    }

    private static void WriteCitations(Block block, JsonWriter output)
    {
        if (block.Citations is not { Count: > 0 } citations)
        {
            output.Null("citations"u8);
            return;
        }

        output.StartArray("citations"u8);
        foreach (Citation citation in citations)
        {
            Citations.Write(citation, output);
        }

        output.EndArray();
    }
}
