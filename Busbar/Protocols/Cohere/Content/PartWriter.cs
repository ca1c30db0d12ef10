using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Cohere.Content;

/// <summary>Writes blocks as content parts: text, pictures, and thinking of this vendor's own.</summary>
internal static class PartWriter
{
    /// <summary>Whether the block is, or can be written as, text that is not empty.</summary>
    public static bool IsWords(Block block) =>
        OpenAI.Content.PartWriter.IsText(block) && block is not { Kind: BlockKind.Text or BlockKind.Refusal, Text.IsNullOrEmpty: true };

    /// <summary>Whether the block has a part in a turn of the user or of instructions; otherwise the loss is noted.</summary>
    public static bool CanWrite(Block block, ref Losses losses)
    {
        bool can = OpenAI.Content.PartWriter.IsText(block) || block is { Kind: BlockKind.Image, Source: MediaSource.Base64 or MediaSource.Url };
        if (!can)
        {
            losses.Add(OpenAI.Content.PartWriter.Loss(block));
        }

        return can;
    }

    /// <summary>Writes the part as the next value.</summary>
    public static void Write(Block block, JsonWriter output)
    {
        output.StartObject();
        switch (block.Kind)
        {
            case BlockKind.Image:
                output.Literal("type"u8, "image_url"u8);
                output.StartObject("image_url"u8);
                OpenAI.Content.PartWriter.WriteImageUrl(block, output);
                WriteDetail(block.Detail, output);
                output.EndObject();
                break;
            case BlockKind.Thinking:
                output.Literal("type"u8, "thinking"u8);
                output.Text("thinking"u8, block.Text);
                break;
            default:
                output.Literal("type"u8, "text"u8);
                output.Name("text"u8);
                WriteText(block, output);
                break;
        }

        output.EndObject();
    }

    /// <summary>Writes the words of a text-like block as the value whose name stands already.</summary>
    public static void WriteText(Block block, JsonWriter output)
    {
        PooledBuffer raw = output.Output;
        raw.Write((byte)'"');
        OpenAI.Content.PartWriter.AppendText(block, raw);
        raw.Write((byte)'"');
    }

    /// <summary>
    /// Writes the words of all text blocks, with <paramref name="separator"/> (escaped) between them, as the value of <paramref name="name"/>.
    /// </summary>
    public static void WriteJoined(ReadOnlySpan<byte> name, List<Block> blocks, ReadOnlySpan<byte> separator, JsonWriter output)
    {
        output.Name(name);
        PooledBuffer raw = output.Output;
        raw.Write((byte)'"');
        bool isFirst = true;
        foreach (Block block in blocks)
        {
            if (IsWords(block))
            {
                raw.Write(isFirst ? default : separator);
                OpenAI.Content.PartWriter.AppendText(block, raw);
                isFirst = false;
            }
        }

        raw.Write((byte)'"');
    }

    private static void WriteDetail(JsonText detail, JsonWriter output)
    {
        if (!detail.IsAbsent)
        {
            // "original" is a word of other protocols.
            output.Literal("detail"u8, detail.Is("low"u8) ? "low"u8 : detail.Is("auto"u8) ? "auto"u8 : "high"u8);
        }
    }
}
